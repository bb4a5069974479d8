import type pg from 'pg';
import { findGone, type Resource } from '../azure/resources/resource.ts';
import { tableName } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { readSince } from '../connector/checkpoint.ts';
import { type Connector, isLake, type SeenRows, seenSince, unseen, type Workspace } from '../connector/connector.ts';
import { type Check, recordCheck } from '../connector/observations.ts';
import { readEventsSince } from '../connector/statistics.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { findLost, isLate, type Late } from './lost-rows.ts';

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
  const daySince = at - dayMs - ((at - dayMs) % bucketMs);
  const day = { since: daySince, sent: await readEventsSince(pool, ids, daySince) };
  const deadline = runtime.deadline(answerTimeoutMs).signal;
  const [gone, rows] = await Promise.all([
    told(findGone(resources, { runtime, workspace, connectors, signal: deadline })),
    // The lake tier can't be looked into.
    isLake(first) ? null : told(ask(runtime, workspace, { day, signal: deadline })),
  ]);
  const answer = rows?.value ?? { rows: new Map<string, SeenRows>(), cut: null };
  const problem = rows?.problem ?? (answer.cut && { reason: 'azure-unreachable' as const, evidence: answer.cut });
  const late = rows ? connectors.flatMap((connector) => lateOf(connector, answer.rows.get(connector.id), at)) : [];
  const lost = await findLost(runtime, { workspace, late, now: at }, deadline);
  for (const { id } of connectors) {
    // Who is absent from a part may be in the rest of it.
    const seen = answer.rows.get(id) ?? (rows?.value && !answer.cut ? nothing : null);
    const missing = gone.value ? (gone.value.get(id) ?? null) : undefined;
    await recordCheck(pool, id, {
      at,
      since: since.get(id) ?? null,
      rows: seen,
      problem,
      gone: missing,
      lost: lost.get(id),
    });
  }
}

/** Whoever waits for rows that this look does not show, though they should be there by now. */
function lateOf(connector: Connector, rows: SeenRows | undefined, at: number): Late[] {
  const { unseenSince } = connector.status;
  if (!isLate(unseenSince, at)) return [];
  const seen = { at, ...(rows ?? nothing) };
  return seenSince({ ...unseen, seen }, unseenSince) ? [] : [{ connector, since: unseenSince }];
}

const nothing: SeenRows = { rows: 0, newestEvent: null, newestArrival: null };

type Told<T> = { value: T; problem: null } | { value: null; problem: NonNullable<Check['problem']> };

async function told<T>(asked: Promise<T>): Promise<Told<T>> {
  try {
    return { value: await asked, problem: null };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { value: null, problem: { reason: error.reason, evidence: error.evidence } };
  }
}

type Day = { since: number; sent: Map<string, number> };

async function ask(
  runtime: Runtime,
  workspace: Workspace,
  { day, signal }: { day: Day; signal: AbortSignal },
): Promise<{ rows: Map<string, SeenRows>; cut: Evidence | null }> {
  const query = queryFor(day.since);
  const { rows, cut } = await queryWorkspace(runtime, workspace, { query, days, signal });
  return { rows: new Map(rows.map((row) => [String(row.ConnectorId), rowsIn(row, day)])), cut };
}

function rowsIn({ ConnectorId, Rows, NewestEvent, NewestArrival, OfDay }: Record<string, unknown>, day: Day): SeenRows {
  const time = (value: unknown) =>
    value === null || value === undefined ? null : new Date(value as string | Date).getTime();
  return {
    rows: Number(Rows),
    newestEvent: time(NewestEvent),
    newestArrival: time(NewestArrival),
    day: { since: day.since, sent: day.sent.get(String(ConnectorId)) ?? 0, visible: Number(OfDay) },
  };
}
