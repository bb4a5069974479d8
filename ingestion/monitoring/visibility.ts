import { LogsQueryClient, LogsQueryResultStatus, type LogsTable } from '@azure/monitor-query';
import type pg from 'pg';
import { azure } from '../azure/arm/client.ts';
import { findGone, type Gone, type Resource } from '../azure/resources/resource.ts';
import { tableName } from '../azure/resources/table.ts';
import { readSince, rewindCheckpoint } from '../connector/checkpoint.ts';
import { type Connector, isLake, type Observation, unseen, type Workspace } from '../connector/connector.ts';
import { listInWorkspace, saveObservation } from '../connector/connectors.ts';
import { visibleWithinMs } from '../connector/verdict.ts';
import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Queryable, transaction } from '../store/database.ts';

/** One question per workspace, for all its connectors. A connector without a row is absent from the answer. */
const query = `${tableName}
| where TimeGenerated > ago(2d)
| summarize Rows = count(), NewestEvent = max(PublishedTime), NewestArrival = max(ingestion_time()) by ConnectorId`;

const answerTimeoutMs = 60_000;

type Seen = NonNullable<Observation['seen']>;

/** What a look has found out, and what kept it from that; `since` is how far each connector had delivered before it. */
type VisibilityCheck = {
  at: number;
  since: Map<string, number>;
  rows: Told<Map<string, Omit<Seen, 'at'>>> | null;
  gone: Told<Map<string, Gone>>;
};

/**
 * Looks once into the workspace that `connectors` share, whether the `resources` are there and which rows are visible, and writes what it saw of each.
 */
export async function checkVisibility(
  parts: { runtime: Runtime; pool: pg.Pool; resources: readonly Pick<Resource, 'findGone'>[] },
  connectors: Connector[],
): Promise<void> {
  const { runtime, pool, resources } = parts;
  const [first] = connectors;
  if (!first) return;
  const { workspace } = first.settings;
  const at = runtime.now();
  const since = await readSince(
    pool,
    connectors.map(({ id }) => id),
  );
  const deadline = runtime.deadline(answerTimeoutMs).signal;
  const [gone, rows] = await Promise.all([
    told(findGone(resources, { runtime, workspace, connectors, signal: deadline })),
    // The lake tier can't be looked into.
    isLake(first) ? null : told(ask(runtime, workspace, deadline)),
  ]);
  for (const connector of connectors) await save(pool, connector, { at, since, gone, rows });
}

/** A look without an answer says nothing new: what was seen before stays. */
async function save(pool: pg.Pool, connector: Connector, check: VisibilityCheck): Promise<void> {
  const { id, observation } = connector;
  const before = observation ?? unseen;
  const { at, rows } = check;
  const seen = rows?.value ? { at, ...(rows.value.get(id) ?? nothing) } : before.seen;
  const now: Observation = { triedAt: at, seen, problem: rows?.problem ?? null, ...presence(before, id, check) };
  await transaction(pool, async (tx) => {
    await saveObservation(tx, id, now);
    if (now.gone?.reason === 'table-missing' && before.gone?.reason !== 'table-missing') await rewind(tx, connector);
  });
}

const nothing = { rows: 0, newestEvent: null, newestArrival: null };

function presence(
  before: Observation,
  id: string,
  { at, since, rows, gone }: VisibilityCheck,
): Pick<Observation, 'there' | 'gone'> {
  const reason = gone.value?.get(id);
  // A table that answers a query is there, whatever else Azure says at this moment.
  const unclear = !gone.value || (reason === 'table-missing' && rows?.value);
  if (unclear) return { there: before.there, gone: before.gone };
  return reason
    ? { there: before.there, gone: { at, reason } }
    : { there: { at, since: since.get(id) ?? at }, gone: null };
}

/**
 * Whoever finds that the table is gone calls it before making it anew: no connector of the workspace sends to it until it is
 * there again, and what they have sent since it was last seen is sent once more. Nothing is there that could be repeated.
 */
export async function tableIsGone(pool: pg.Pool, { id }: Workspace, now: number): Promise<void> {
  await transaction(pool, async (tx) => {
    for (const connector of await listInWorkspace(tx, id)) {
      const gone = { at: now, reason: 'table-missing' as const };
      await saveObservation(tx, connector.id, { ...(connector.observation ?? unseen), gone });
      await rewind(tx, connector);
    }
  });
}

/** The table was made anew: all connectors of the workspace may send again. */
export async function tableIsThere(pool: pg.Pool, { id }: Workspace): Promise<void> {
  for (const { id: connectorId, observation } of await listInWorkspace(pool, id)) {
    if (observation?.gone?.reason === 'table-missing')
      await saveObservation(pool, connectorId, { ...observation, gone: null });
  }
}

/** To where everything had been delivered when the table was last seen; where it never was, to the connector's beginning. */
async function rewind(tx: Queryable, { id, observation, createdAt, settings }: Connector): Promise<void> {
  const began = createdAt - settings.backfillHours * 3_600_000;
  await rewindCheckpoint(tx, id, Math.max((observation?.there?.since ?? began) - visibleWithinMs, began));
}

type Told<T> = { value: T; problem: null } | { value: null; problem: NonNullable<Observation['problem']> };

async function told<T>(asked: Promise<T>): Promise<Told<T>> {
  try {
    return { value: await asked, problem: null };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { value: null, problem: { reason: error.reason, evidence: error.evidence } };
  }
}

async function ask(
  runtime: Runtime,
  workspace: Workspace,
  deadline: AbortSignal,
): Promise<Map<string, Omit<Seen, 'at'>>> {
  const client = new LogsQueryClient(runtime.credential, {
    endpoint: runtime.cloud.logs,
    audience: runtime.cloud.logs,
    httpClient: runtime.http,
    retryOptions: { maxRetries: 2 },
  });
  const result = await azure(() =>
    client.queryWorkspace(workspace.customerId, query, { duration: 'P2D' }, { abortSignal: deadline }),
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
