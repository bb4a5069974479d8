import { type Column, OperationalInsightsManagementClient, type Table } from '@azure/arm-operationalinsights';
import columns from '../../deploy/columns.json' with { type: 'json' };
import type { TableSettings, Workspace } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import type { World } from '../world.ts';
import { armOptions, azure, idParts, nullWhenMissing } from './arm.ts';

export const tableName = 'OktaSystemLogs_CL';
/** The connecting of a connector may take two minutes. */
const operationMs = 120_000;

/** The table as it is; null when the workspace has none. Throws ConnectorError. */
export async function readTable(world: World, workspace: Workspace, abortSignal?: AbortSignal): Promise<Table | null> {
  const { resourceGroup, name } = idParts(workspace.id);
  const options = abortSignal ? { abortSignal } : {};
  return azure(() =>
    insights(world, workspace).tables.get(resourceGroup, name, tableName, options).catch(nullWhenMissing),
  );
}

/**
 * Makes the table, or adds the columns that the `existing` one lacks; nobody's columns, tier or retention are changed.
 * Waits for Azure's long-running operation and returns the table's tier and retention as they are. Throws ConnectorError.
 */
export async function ensureTable(
  world: World,
  workspace: Workspace,
  { existing, settings }: { existing: Table | null; settings: TableSettings },
): Promise<TableSettings> {
  const wanted = existing ? extended(existing) : created(settings);
  const table = wanted ? await writeTable(world, workspace, wanted) : existing;
  return asItIs(table, settings);
}

/**
 * Gives the table another retention, and no other tier; columns that it lacks are added besides. Returns it as it is then.
 * Throws ConnectorError.
 */
export async function keepTable(
  world: World,
  workspace: Workspace,
  { existing, settings }: { existing: Table; settings: TableSettings },
): Promise<TableSettings> {
  const { schema } = extended(existing) ?? existing;
  const { plan = 'Analytics' } = existing;
  const wanted = { ...retentionOf({ ...settings, plan: plan === 'Auxiliary' ? plan : 'Analytics' }), plan };
  return asItIs(await writeTable(world, workspace, { ...wanted, schema: columnsOf(schema) }), settings);
}

/** Of a schema what may be written. */
function columnsOf(schema: Table['schema']): Table['schema'] {
  return { name: tableName, columns: schema?.columns ?? [] };
}

function writeTable(world: World, workspace: Workspace, wanted: Table): Promise<Table> {
  const { resourceGroup, name } = idParts(workspace.id);
  const abortSignal = AbortSignal.timeout(operationMs);
  return azure(() =>
    insights(world, workspace).tables.createOrUpdate(resourceGroup, name, tableName, wanted, { abortSignal }),
  );
}

function insights(world: World, { id }: Workspace): OperationalInsightsManagementClient {
  return new OperationalInsightsManagementClient(world.credential, idParts(id).subscription, armOptions(world));
}

function asItIs(table: Table | null, settings: TableSettings): TableSettings {
  return {
    plan: table?.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics',
    retentionDays: table?.retentionInDays ?? settings.retentionDays,
    totalRetentionDays: table?.totalRetentionInDays ?? settings.totalRetentionDays,
  };
}

function created({ plan, retentionDays, totalRetentionDays }: TableSettings): Table {
  return {
    plan,
    ...retentionOf({ plan, retentionDays, totalRetentionDays }),
    schema: { name: tableName, description: 'Okta System Log, written by Patchbay', columns: columns as Column[] },
  };
}

function retentionOf({ plan, retentionDays, totalRetentionDays }: TableSettings): Table {
  return {
    // The lake tier has no analytics retention of its own.
    ...(plan === 'Analytics' ? { retentionInDays: retentionDays } : {}),
    totalRetentionInDays: totalRetentionDays,
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
