import { type Column, OperationalInsightsManagementClient, type Table } from '@azure/arm-operationalinsights';
import columns from '../../deploy/columns.json' with { type: 'json' };
import type { TableSettings, Workspace } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import type { World } from '../world.ts';
import { armOptions, azure, idParts, nullWhenMissing } from './arm.ts';

export const tableName = 'OktaSystemLogs_CL';
/** The connecting of a connector may take two minutes. */
const operationMs = 120_000;

/**
 * Makes the table, or adds the columns that an existing one lacks; nobody's columns, tier or retention are changed.
 * Waits for Azure's long-running operation and returns the table's tier and retention as they are. Throws ConnectorError.
 */
export async function ensureTable(world: World, workspace: Workspace, settings: TableSettings): Promise<TableSettings> {
  const { subscription, resourceGroup, name } = idParts(workspace.id);
  const client = new OperationalInsightsManagementClient(world.credential, subscription, armOptions(world));
  const existing = await azure(() => client.tables.get(resourceGroup, name, tableName).catch(nullWhenMissing));
  const wanted = existing ? extended(existing) : created(settings);
  const table = wanted
    ? await azure(() =>
        client.tables.createOrUpdate(resourceGroup, name, tableName, wanted, {
          abortSignal: AbortSignal.timeout(operationMs),
        }),
      )
    : existing;
  return {
    plan: table?.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics',
    retentionDays: table?.retentionInDays ?? settings.retentionDays,
    totalRetentionDays: table?.totalRetentionInDays ?? settings.totalRetentionDays,
  };
}

function created({ plan, retentionDays, totalRetentionDays }: TableSettings): Table {
  return {
    plan,
    // The lake tier has no analytics retention of its own.
    ...(plan === 'Analytics' ? { retentionInDays: retentionDays } : {}),
    totalRetentionInDays: totalRetentionDays,
    schema: { name: tableName, description: 'Okta System Log, written by Patchbay', columns: columns as Column[] },
  };
}

/** The table with our missing columns added; null when it has them all. */
function extended(existing: Table): Table | null {
  const there = new Map((existing.schema?.columns ?? []).map((column) => [column.name ?? '', column]));
  const clash = columns.find(
    ({ name, type }) => there.has(name) && there.get(name)?.type?.toLowerCase() !== type.toLowerCase(),
  );
  if (clash) {
    const text = `The table has a column ${clash.name} of type ${there.get(clash.name)?.type}; it must be ${clash.type}.`;
    throw new ConnectorError('azure-refused', { code: 'ColumnTypeDiffers', text, subject: clash.name });
  }
  const lacking = columns.filter(({ name }) => !there.has(name)) as Column[];
  if (lacking.length === 0) return null;
  const { plan, retentionInDays, totalRetentionInDays } = existing;
  return {
    ...(plan ? { plan } : {}),
    ...(retentionInDays && plan === 'Analytics' ? { retentionInDays } : {}),
    ...(totalRetentionInDays ? { totalRetentionInDays } : {}),
    schema: { name: tableName, columns: [...there.values(), ...lacking] },
  };
}
