import { LogsQueryClient, LogsQueryResultStatus, type LogsTable } from '@azure/monitor-query';
import type pg from 'pg';
import { azure } from './azure/arm.ts';
import { tableName } from './azure/table.ts';
import type { Connector, Sight, Workspace } from './connector.ts';
import { saveSight } from './connectors.ts';
import { ConnectorError } from './errors.ts';
import type { World } from './world.ts';

/** One question per workspace, for all its connectors. A connector without a row is absent from the answer. */
const query = `${tableName}
| where TimeGenerated > ago(2d)
| summarize Rows = count(), NewestEvent = max(PublishedTime), NewestArrival = max(ingestion_time()) by ConnectorId`;

const answerTimeoutMs = 60_000;

type Seen = NonNullable<Sight['seen']>;

/** Looks once into the workspace that `connectors` share, and writes what it saw of each. */
export async function look(parts: { world: World; pool: pg.Pool }, connectors: Connector[]): Promise<void> {
  const { world, pool } = parts;
  const workspace = connectors[0]?.settings.workspace;
  if (!workspace) return;
  const at = world.now();
  try {
    const rows = await ask(world, workspace);
    for (const { id } of connectors) {
      const seen: Seen = { at, ...(rows.get(id) ?? { rows: 0, newestEvent: null, newestArrival: null }) };
      await saveSight(pool, id, { triedAt: at, seen, problem: null });
    }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const problem = { reason: error.reason, evidence: error.evidence };
    // A look without an answer says nothing new: what was seen before stays.
    for (const { id, sight } of connectors)
      await saveSight(pool, id, { triedAt: at, seen: sight?.seen ?? null, problem });
  }
}

async function ask(world: World, workspace: Workspace): Promise<Map<string, Omit<Seen, 'at'>>> {
  const client = new LogsQueryClient(world.credential, {
    endpoint: world.cloud.logs,
    audience: world.cloud.logs,
    httpClient: world.http,
    retryOptions: { maxRetries: 2 },
  });
  const result = await azure(() =>
    client.queryWorkspace(
      workspace.customerId,
      query,
      { duration: 'P2D' },
      { abortSignal: AbortSignal.timeout(answerTimeoutMs) },
    ),
  );
  const tables = result.status === LogsQueryResultStatus.Success ? result.tables : result.partialTables;
  return new Map(tables[0] ? rowsOf(tables[0]) : []);
}

function rowsOf(table: LogsTable): [string, Omit<Seen, 'at'>][] {
  const at = (name: string) => table.columnDescriptors.findIndex((column) => column.name === name);
  const time = (value: unknown) =>
    value === null || value === undefined ? null : new Date(value as string | Date).getTime();
  return table.rows.map((row) => [
    String(row[at('ConnectorId')]),
    {
      rows: Number(row[at('Rows')]),
      newestEvent: time(row[at('NewestEvent')]),
      newestArrival: time(row[at('NewestArrival')]),
    },
  ]);
}
