import type pg from 'pg';
import { findGone, type Resource } from '../azure/resources/resource.ts';
import { tableName } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { readSince } from '../connector/checkpoint.ts';
import { type Connector, isLake, type SeenRows, type Workspace } from '../connector/connector.ts';
import { type Check, recordCheck } from '../connector/observations.ts';
import { readEventsSince } from '../connector/statistics.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { findLost, latelySince, lateOf } from './lost-rows.ts';

const dayMs = 86_400_000;
const bucketMs = 5 * 60_000;
const answerTimeoutMs = 60_000;

/** Rows may be two days older than their arrival, and those of the last day are counted. */
const days = 3;

/**
 * One question per workspace, for all its connectors. A connector without a row is absent from a whole answer. An event that says
 * of itself that it is of a time to come is not the newest one.
 */
function queryFor(since: number): string {
  return `${tableName}
| where TimeGenerated > ago(${days}d)
| extend Arrived = ingestion_time()
| summarize Rows = count(), NewestEvent = maxif(PublishedTime, PublishedTime <= now() + 1d), NewestArrival = max(Arrived),
    OfDay = countif(Arrived >= datetime(${new Date(since).toISOString()})) by ConnectorId`;
}

const columns = {
  ConnectorId: 'text',
  Rows: 'number',
  'NewestEvent?': 'time',
  'NewestArrival?': 'time',
  OfDay: 'number',
} as const;

/**
 * Checks once the workspace that `connectors` share, whether the `resources` are there and which rows are visible, and writes
 * what it saw of each.
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
  const ids = connectors.map(({ id }) => id);
  const since = await readSince(pool, ids);
  const daySince = countedFrom(connectors, at);
  const sent = await readEventsSince(pool, ids, daySince);
  const lately = await readEventsSince(pool, ids, latelySince(at));
  const deadline = runtime.deadline(answerTimeoutMs).signal;
  const [gone, rows] = await Promise.all([
    told(findGone(resources, { runtime, workspace, connectors, signal: deadline })),
    // The lake tier can't be looked into.
    isLake(first) ? null : told(ask(runtime, workspace, { since: daySince, signal: deadline })),
  ]);
  const answer = rows?.value ?? { rows: new Map<string, Counted>(), cut: null };
  const problem = rows?.problem ?? (answer.cut && { reason: 'azure-unreachable' as const, evidence: answer.cut });
  // Who is absent from a part, or was not asked for with an answer, may have rows all the same.
  const absent = rows?.value && !answer.cut ? nothing : null;
  const seen = connectors.map((connector) => {
    const counted = answer.rows.get(connector.id) ?? absent;
    return { connector, rows: counted && ofDay(counted, { since: daySince, sent: sent.get(connector.id) ?? 0 }) };
  });
  const late = seen.flatMap(({ connector, rows }) =>
    lateOf(connector, { rows, at, lately: lately.get(connector.id) ?? 0 }),
  );
  const lost = await findLost(runtime, { workspace, late, now: at }, deadline);
  for (const { connector, rows } of seen) {
    const { id } = connector;
    const missing = gone.value ? (gone.value.get(id) ?? null) : undefined;
    await recordCheck(pool, id, { at, since: since.get(id) ?? null, rows, problem, gone: missing, lost: lost.get(id) });
  }
}

/** A day ago, or when the table was made anew: what was sent to one that is gone can't be compared. */
function countedFrom(connectors: Connector[], at: number): number {
  const from = Math.max(at - dayMs, ...connectors.map(({ observation }) => observation?.tableMadeAt ?? 0));
  return from - (from % bucketMs);
}

function ofDay({ visible, ...rows }: Counted, { since, sent }: { since: number; sent: number }): SeenRows {
  return { ...rows, day: { since, sent, visible } };
}

/** The rows of a connector, and how many of them have come within a day. */
type Counted = Omit<SeenRows, 'day'> & { visible: number };

const nothing: Counted = { rows: 0, newestEvent: null, newestArrival: null, visible: 0 };

type Told<T> = { value: T; problem: null } | { value: null; problem: NonNullable<Check['problem']> };

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
  { since, signal }: { since: number; signal: AbortSignal },
): Promise<{ rows: Map<string, Counted>; cut: Evidence | null }> {
  const { rows, cut } = await queryWorkspace(runtime, workspace, { query: queryFor(since), columns, days, signal });
  return { rows: new Map(rows.map((row) => [String(row.ConnectorId), countedIn(row)])), cut };
}

function countedIn({ Rows, NewestEvent, NewestArrival, OfDay }: Record<string, unknown>): Counted {
  const time = (value: unknown) =>
    value === null || value === undefined ? null : new Date(value as string | Date).getTime();
  return {
    rows: Number(Rows),
    newestEvent: time(NewestEvent),
    newestArrival: time(NewestArrival),
    visible: Number(OfDay),
  };
}
