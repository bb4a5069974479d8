import { type Column, OperationalInsightsManagementClient, type Table } from '@azure/arm-operationalinsights';
import logColumns from '../../../deploy/columns.json' with { type: 'json' };
import healthColumns from '../../../deploy/health-columns.json' with { type: 'json' };
import type { TableSettings, Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';

export const tableName = 'OktaSystemLogs_CL';
/** The connecting of a connector may take two minutes. */
const operationMs = 120_000;

/** A table of ours, with the columns that it has at least. */
export type OwnTable = { name: string; description: string; columns: Column[] };

export const logTable: OwnTable = {
  name: tableName,
  description: 'Okta System Log, written by Patchbay',
  columns: logColumns as Column[],
};

export const healthTable: OwnTable = {
  name: 'OktaConnectorHealth_CL',
  description: 'Health of the Okta connectors, written by Patchbay',
  columns: healthColumns as Column[],
};

/** The table as it is; null when the workspace has none. Throws ConnectorError. */
export function readTable(
  runtime: Runtime,
  workspace: Workspace,
  { name }: OwnTable,
  abortSignal?: AbortSignal,
): Promise<Table | null> {
  const { resourceGroup, name: workspaceName } = idParts(workspace.id);
  const { tables } = insights(runtime, workspace);
  const options = abortSignal ? { abortSignal } : {};
  return azure(() => tables.get(resourceGroup, workspaceName, name, options).catch(nullWhenMissing));
}

/** What a table is to be, and as what it was read before, if it was. */
type Wanted = { table: OwnTable; settings: TableSettings; existing?: Table | null };

/**
 * Makes the table, or adds the columns that an existing one lacks; nobody's columns, tier or retention are changed.
 * Waits for Azure's long-running operation and returns the table's tier and retention as they are. Throws ConnectorError.
 */
export async function ensureTable(
  runtime: Runtime,
  workspace: Workspace,
  { table, settings, existing }: Wanted,
): Promise<TableSettings> {
  const found = existing === undefined ? await readTable(runtime, workspace, table) : existing;
  if (found) checkFit(found);
  const wanted = found ? extended(found, table) : created(table, settings);
  return asItIs(wanted ? await writeTable(runtime, workspace, wanted) : found, settings);
}

/**
 * Gives the table another retention, and no other tier; columns that it lacks are added besides. Returns it as it is then.
 * Throws ConnectorError.
 */
export async function changeRetention(
  runtime: Runtime,
  workspace: Workspace,
  { table, settings, existing }: Wanted & { existing: Table },
): Promise<TableSettings> {
  checkFit(existing);
  const { columns = [] } = (extended(existing, table) ?? existing).schema ?? {};
  const plan = existing.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics';
  const wanted = { plan, ...retentionOf({ ...settings, plan }), schema: { name: table.name, columns } };
  return asItIs(await writeTable(runtime, workspace, wanted), settings);
}

function writeTable(runtime: Runtime, workspace: Workspace, wanted: Table): Promise<Table> {
  const { resourceGroup, name } = idParts(workspace.id);
  const { tables } = insights(runtime, workspace);
  return inTime(runtime, (abortSignal) =>
    tables.createOrUpdate(resourceGroup, name, wanted.schema?.name ?? '', wanted, { abortSignal }),
  );
}

function insights(runtime: Runtime, { id }: Workspace): OperationalInsightsManagementClient {
  return new OperationalInsightsManagementClient(runtime.credential, idParts(id).subscription, armOptions(runtime));
}

function asItIs(table: Table | null, settings: TableSettings): TableSettings {
  return {
    plan: table?.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics',
    retentionDays: table?.retentionInDays ?? settings.retentionDays,
    totalRetentionDays: table?.totalRetentionInDays ?? settings.totalRetentionDays,
  };
}

function created(table: OwnTable, settings: TableSettings): Table {
  return { plan: settings.plan, ...retentionOf(settings), schema: table };
}

/** Runs a long-running operation; one that has not ended in time goes on at Azure, and is looked after by the next try. */
async function inTime<T>(runtime: Runtime, call: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  runtime.sleep(operationMs, done.signal).then(
    () => late.abort(),
    () => {},
  );
  try {
    return await azure(() => call(late.signal));
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new ConnectorError('azure-busy', { code: 'TableUpdating', text: 'Not done after two minutes.' }, error);
  } finally {
    done.abort();
  }
}

/** Whether rows of ours can go into a table that is there already, now and as it is. */
function checkFit({ provisioningState, plan, schema }: Table): void {
  if (provisioningState && provisioningState !== 'Succeeded') {
    const text = `The table's provisioning state is ${provisioningState}.`;
    throw new ConnectorError('azure-busy', { code: 'TableUpdating', text });
  }
  if (schema?.tableSubType === 'Classic') {
    throw new ConnectorError('table-unfit', { code: 'ClassicTable', text: 'The table has the subtype Classic.' });
  }
  if (plan === 'Basic') {
    throw new ConnectorError('table-unfit', { code: 'BasicPlan', text: 'The table has the plan Basic.' });
  }
}

function retentionOf({ plan, retentionDays, totalRetentionDays }: TableSettings): Table {
  return {
    // The lake tier has no analytics retention of its own.
    ...(plan === 'Analytics' ? { retentionInDays: retentionDays } : {}),
    totalRetentionInDays: totalRetentionDays,
  };
}

/** The table with our missing columns added; null when it has them all. */
function extended(existing: Table, { name: tableName, columns }: OwnTable): Table | null {
  const there = new Map((existing.schema?.columns ?? []).map((column) => [column.name ?? '', column]));
  const clash = columns.find(
    ({ name = '', type }) => there.has(name) && there.get(name)?.type?.toLowerCase() !== type?.toLowerCase(),
  );
  if (clash) {
    const name = clash.name ?? '';
    const text = `The table has a column ${name} of type ${there.get(name)?.type}; it must be ${clash.type}.`;
    throw new ConnectorError('table-unfit', { code: 'ColumnTypeDiffers', text, subject: name });
  }
  const lacking = columns.filter(({ name = '' }) => !there.has(name));
  if (lacking.length === 0) return null;
  const { plan, retentionInDays, totalRetentionInDays } = existing;
  return {
    ...(plan ? { plan } : {}),
    ...(retentionInDays && plan === 'Analytics' ? { retentionInDays } : {}),
    ...(totalRetentionInDays ? { totalRetentionInDays } : {}),
    schema: { name: tableName, columns: [...there.values(), ...lacking] },
  };
}
