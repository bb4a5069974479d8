import type pg from 'pg';
import { findGone, type Resource } from '../azure/resources/resource.ts';
import { tableName } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { readSince } from '../connector/checkpoint.ts';
import { type Connector, isLake, type Workspace } from '../connector/connector.ts';
import { type Check, recordCheck } from '../connector/observations.ts';
import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** One question per workspace, for all its connectors. A connector without a row is absent from the answer. */
const query = `${tableName}
| where TimeGenerated > ago(2d)
| summarize Rows = count(), NewestEvent = max(PublishedTime), NewestArrival = max(ingestion_time()) by ConnectorId`;

const answerTimeoutMs = 60_000;

type Rows = NonNullable<Check['rows']>;

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
  const problem = rows?.problem ?? null;
  for (const { id } of connectors) {
    const seen = rows?.value ? (rows.value.get(id) ?? nothing) : null;
    const missing = gone.value ? (gone.value.get(id) ?? null) : undefined;
    await recordCheck(pool, id, { at, since: since.get(id) ?? null, rows: seen, problem, gone: missing });
  }
}

const nothing: Rows = { rows: 0, newestEvent: null, newestArrival: null };

type Told<T> = { value: T; problem: null } | { value: null; problem: NonNullable<Check['problem']> };

async function told<T>(asked: Promise<T>): Promise<Told<T>> {
  try {
    return { value: await asked, problem: null };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { value: null, problem: { reason: error.reason, evidence: error.evidence } };
  }
}

async function ask(runtime: Runtime, workspace: Workspace, signal: AbortSignal): Promise<Map<string, Rows>> {
  const { rows } = await queryWorkspace(runtime, workspace, { query, days: 2, signal });
  return new Map(rows.map((row) => [String(row.ConnectorId), rowsIn(row)]));
}

function rowsIn({ Rows, NewestEvent, NewestArrival }: Record<string, unknown>): Rows {
  const time = (value: unknown) =>
    value === null || value === undefined ? null : new Date(value as string | Date).getTime();
  return { rows: Number(Rows), newestEvent: time(NewestEvent), newestArrival: time(NewestArrival) };
}
