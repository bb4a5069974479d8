import { type Column, OperationalInsightsManagementClient, type Table } from '@azure/arm-operationalinsights';
import logColumns from '../../../deploy/columns.json' with { type: 'json' };
import healthColumns from '../../../deploy/health-columns.json' with { type: 'json' };
import type { TableSettings, Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Capping } from '../../judgement/lost.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type Need, need } from '../access/rights.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { checkFit, extendedTable, newTable, retainedTable, settingsOf, type TableShape } from './table-body.ts';

export const tableName = 'OktaSystemLogs_CL';
/** The connecting of a connector may take two minutes. */
const operationMs = 120_000;

export const logTableShape: TableShape = {
  name: tableName,
  description: 'Okta System Log, written by Patchbay',
  columns: logColumns as Column[],
};

export const healthTableShape: TableShape = {
  name: 'OktaConnectorHealth_CL',
  description: 'Health of the Okta connectors, written by Patchbay',
  columns: healthColumns as Column[],
};

/** What making a table takes on the workspace. */
export const tableNeed: Need = need('Microsoft.OperationalInsights/workspaces/tables/write');

/** The table as it is; null when the workspace has none. Throws ConnectorError, also when `signal` is over. */
export function readTable(
  runtime: Runtime,
  workspace: Workspace,
  { shape, signal }: { shape: TableShape; signal?: AbortSignal },
): Promise<Table | null> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  return azure(() => client.tables.get(resourceGroup, name, shape.name, abortedBy(signal)).catch(nullWhenMissing));
}

/** Makes sure that the workspace is there. Throws ConnectorError, `workspace-gone` when it is not. */
export async function checkWorkspace(runtime: Runtime, workspace: Workspace, signal: AbortSignal): Promise<void> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  await azure(() => client.workspaces.get(resourceGroup, name, abortedBy(signal)));
}

/** Whether the workspace takes data, and when its daily cap is reset, in Azure's words. Throws ConnectorError. */
export async function readCapping(runtime: Runtime, workspace: Workspace, signal: AbortSignal): Promise<Capping> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  const found = await azure(() => client.workspaces.get(resourceGroup, name, abortedBy(signal)));
  const { dataIngestionStatus = '', quotaNextResetTime = null } = found.workspaceCapping ?? {};
  return { status: dataIngestionStatus, resetsAt: quotaNextResetTime };
}

/** What a table is to be, and as what it was read before, if it was. */
type Wanted = { shape: TableShape; settings: TableSettings; existing?: Table | null };

/**
 * Makes the table, or adds the columns that an existing one lacks; nobody's columns, tier or retention are changed.
 * Waits for Azure's long-running operation and returns the table's tier and retention as they are. Throws ConnectorError.
 * Source: learn.microsoft.com/rest/api/loganalytics/tables/create-or-update.
 */
export async function ensureTable(runtime: Runtime, workspace: Workspace, wanted: Wanted): Promise<TableSettings> {
  const { shape, settings } = wanted;
  const existing = wanted.existing === undefined ? await readTable(runtime, workspace, { shape }) : wanted.existing;
  if (existing) checkFit(existing);
  const body = existing ? extendedTable(existing, shape) : newTable(shape, settings);
  return settingsOf(body ? await writeTable(runtime, workspace, body) : existing, settings);
}

/**
 * Gives the table another retention, and no other tier; columns that it lacks are added besides. Returns it as it is then.
 * Throws ConnectorError.
 */
export async function changeRetention(
  runtime: Runtime,
  workspace: Workspace,
  { shape, settings, existing }: Wanted & { existing: Table },
): Promise<TableSettings> {
  checkFit(existing);
  return settingsOf(await writeTable(runtime, workspace, retainedTable(existing, shape, settings)), settings);
}

function writeTable(runtime: Runtime, workspace: Workspace, body: Table): Promise<Table> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  return inTime(runtime, (signal) =>
    client.tables.createOrUpdate(resourceGroup, name, body.schema?.name ?? '', body, abortedBy(signal)),
  );
}

function insights(runtime: Runtime, { id }: Workspace) {
  const { subscription, resourceGroup, name } = idParts(id);
  const client = new OperationalInsightsManagementClient(runtime.credential, subscription, armOptions(runtime));
  return { client, resourceGroup, name };
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
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
