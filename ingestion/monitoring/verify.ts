import type pg from 'pg';
import type { Shape } from '../azure/arm/shape.ts';
import { tableName } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { readSent } from '../connector/checkpoint.ts';
import type { Connector } from '../connector/connector.ts';
import { visibleWithinMs } from '../connector/limits.ts';
import { readTraffic } from '../connector/statistics.ts';
import type { Verification } from '../connector/verification.ts';
import type { Runtime } from '../runtime/runtime.ts';

const dayMs = 86_400_000;
const bucketMs = 5 * 60_000;
const sampled = 5;

/** Rows may be two days older than their arrival: that far back a connector may begin to read. */
const days = 4;

/**
 * Compares what was sent in the last day, or since the connector or its table was made, with what a query finds of it. Throws
 * ConnectorError, as `queryWorkspace` does.
 */
export async function compareWithVisible(
  { runtime, pool }: { runtime: Runtime; pool: pg.Pool },
  connector: Connector,
  deadline: AbortSignal,
): Promise<Verification> {
  const now = runtime.now();
  const { workspace } = connector.settings;
  const since = countedFrom(connector, now);
  const ask = (query: string, columns: Shape) =>
    queryWorkspace(runtime, workspace, { query, columns, days, signal: deadline });
  const [counted, sample, sent] = await Promise.all([
    ask(totalsQuery(connector, since), totalColumns),
    ask(sampleQuery(connector), sampleColumns),
    sentSince(pool, connector, { since, now }),
  ]);
  // A part of the newest rows is as good a sample.
  const { rows, cut } = counted;
  return { since, ...sent, ...totalsIn(rows[0] ?? {}), sample: sample.rows.map(sampleIn), cut };
}

/** What was sent before the last day, or to a table that is gone, is not counted. */
function countedFrom({ createdAt, observation }: Connector, now: number): number {
  const from = Math.max(createdAt, observation?.tableMadeAt ?? 0, now - dayMs);
  return Math.max(createdAt, from - (from % bucketMs));
}

async function sentSince(
  pool: pg.Pool,
  { id, createdAt }: Connector,
  { since, now }: { since: number; now: number },
): Promise<Pick<Verification, 'sent' | 'late' | 'possiblyTwice'>> {
  const checkpoint = (await readSent(pool, [id])).get(id);
  const counted = await readTraffic(pool, id, since);
  const lately = await readTraffic(pool, id, now - visibleWithinMs - bucketMs);
  // Its first five minutes began before the connector did: of all that it ever sent, the checkpoint tells.
  const sent = since === createdAt ? (checkpoint?.sentEvents ?? 0) : counted.events;
  return { sent, late: lately.events, possiblyTwice: checkpoint?.possiblyDuplicatedEvents ?? 0 };
}

function totalsQuery({ id, createdAt }: Connector, since: number): string {
  return `${tableName}
| where ConnectorId == "${id}" and ingestion_time() >= datetime(${new Date(since).toISOString()})
| extend Arrived = ingestion_time()
| extend ToCome = PublishedTime > now() + 1d
| extend Delay = iff(PublishedTime >= datetime(${new Date(createdAt).toISOString()}) and not(ToCome), datetime_diff('second', Arrived, PublishedTime), long(null))
| summarize Rows = count(), Events = count_distinct(EventOriginalUid), NewestEvent = maxif(PublishedTime, not(ToCome)),
    ToCome = countif(ToCome), NewestArrival = max(Arrived), percentiles(Delay, 50, 95)`;
}

const totalColumns = {
  Rows: 'number',
  Events: 'number',
  'NewestEvent?': 'time',
  ToCome: 'number',
  'NewestArrival?': 'time',
  'percentile_Delay_50?': 'number',
  'percentile_Delay_95?': 'number',
} as const;

type Row = Record<string, unknown>;

function timeIn(value: unknown): number | null {
  return value === null || value === undefined || value === '' ? null : new Date(value as string | Date).getTime();
}

function totalsIn(row: Row) {
  const whole = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return {
    rows: Number(row.Rows ?? 0),
    events: Number(row.Events ?? 0),
    newestEvent: timeIn(row.NewestEvent),
    toCome: Number(row.ToCome ?? 0),
    newestArrival: timeIn(row.NewestArrival),
    p50Seconds: whole(row.percentile_Delay_50),
    p95Seconds: whole(row.percentile_Delay_95),
  };
}

function sampleQuery({ id }: Connector): string {
  return `${tableName}
| where ConnectorId == "${id}" and PublishedTime <= now() + 1d
| top ${sampled} by PublishedTime desc
| project PublishedTime, EventOriginalType, EventResult`;
}

const sampleColumns = { 'PublishedTime?': 'time', 'EventOriginalType?': 'text', 'EventResult?': 'text' } as const;

function sampleIn(row: Row): Verification['sample'][number] {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { published: timeIn(row.PublishedTime), type: text(row.EventOriginalType), result: text(row.EventResult) };
}
