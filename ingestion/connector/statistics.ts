import type { Queryable } from '../store/queryable.ts';

/** What has happened since the last save. It is added to the statistics, and to what the checkpoint says was sent, as one. */
export type Tally = {
  events: number;
  bytes: number;
  /** Rows that may stand in the workspace beside one of the same event, at most; see `Checkpoint`. */
  possiblyDuplicated: number;
  /** Requests to each, and how many of them were made again after a fault. */
  oktaCalls: number;
  azureCalls: number;
  retries: number;
  repeated: number;
  refused: number;
  /** How many events took from `published` to Azure's acceptance up to 2^n seconds; the last has all that took longer. */
  delays: number[];
};

/** So many bins has a count of delays; the last holds all that took longer. */
export const bins = 20;

/** A tally of nothing. */
export function emptyTally(): Tally {
  const sent = { events: 0, bytes: 0, possiblyDuplicated: 0, repeated: 0, refused: 0 };
  return { ...sent, oktaCalls: 0, azureCalls: 0, retries: 0, delays: Array<number>(bins).fill(0) };
}

/** Whether nothing is counted. */
export function isEmpty({ delays: _, ...counts }: Tally): boolean {
  return Object.values(counts).every((count) => count === 0);
}

/** Empties a tally that others go on counting in; what it held. */
export function takeTally(tally: Tally): Tally {
  const taken = { ...tally };
  Object.assign(tally, emptyTally());
  return taken;
}

/** Adds `more` to a tally. */
export function addTally(tally: Tally, { delays, ...counts }: Tally): void {
  for (const [name, count] of Object.entries(counts)) tally[name as keyof typeof counts] += count;
  tally.delays = tally.delays.map((count, bin) => count + (delays[bin] ?? 0));
}

/** Of each chunk about this many events are measured: parsing every time would cost more than all else about them. */
const sample = 25;

/**
 * Counts a chunk that Azure took at `now`: when its events were published (ISO 8601), and its bytes before compression. What was
 * published before `since` was read back, and did not take that long.
 */
export function countChunk(
  tally: Tally,
  { published, bytes, now, since }: { published: string[]; bytes: number; now: number; since: number },
): void {
  tally.events += published.length;
  tally.bytes += bytes;
  const stride = Math.max(1, Math.floor(published.length / sample));
  for (let at = 0; at < published.length; at += stride) {
    const publishedAt = Date.parse(published[at] ?? '');
    if (!(publishedAt >= since)) continue;
    const seconds = (now - publishedAt) / 1000;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(Math.log2(Math.max(seconds, 1)))));
    tally.delays[bin] = (tally.delays[bin] ?? 0) + Math.min(stride, published.length - at);
  }
}

const bucketMs = 5 * 60_000;

/** What a tally is in SQL, column by column. */
export const tallyColumns = [
  ['bucket', 'timestamptz'],
  ['events', 'bigint'],
  ['bytes', 'bigint'],
  ['okta_calls', 'int'],
  ['azure_calls', 'int'],
  ['retries', 'int'],
  ['repeated', 'int'],
  ['refused', 'int'],
  ['delays', 'text'],
  ['is_empty', 'boolean'],
] as const;

/**
 * SQL that adds tallies to their five minutes, for use within the statement that saves what is counted: `from` is the query
 * there that yields `tallyColumns` beside each connector's id.
 */
export function tallySql(from: string): string {
  return `insert into statistics as s
            (connector_id, bucket, events, bytes, okta_calls, azure_calls, retries, repeated, refused, delays)
     select connector_id, bucket, events, bytes, okta_calls, azure_calls, retries, repeated, refused, delays::bigint[]
       from ${from} where not is_empty
     on conflict (connector_id, bucket) do update
        set events = s.events + excluded.events, bytes = s.bytes + excluded.bytes,
            okta_calls = s.okta_calls + excluded.okta_calls, azure_calls = s.azure_calls + excluded.azure_calls,
            retries = s.retries + excluded.retries, repeated = s.repeated + excluded.repeated,
            refused = s.refused + excluded.refused,
            delays = array(select a + b from unnest(s.delays, excluded.delays) as bin(a, b))`;
}

/** The values of `tallyColumns`, for what was counted up to `now`. */
export function tallyValues(tally: Tally, now: number): unknown[] {
  const { events, bytes, oktaCalls, azureCalls, retries, repeated, refused, delays } = tally;
  const bucket = new Date(now - (now % bucketMs));
  return [bucket, events, bytes, oktaCalls, azureCalls, retries, repeated, refused, `{${delays}}`, isEmpty(tally)];
}

/** The traffic of a span: counts, and the delays within which half, and 95 of 100, events arrived (null without events). */
export type Traffic = {
  events: number;
  bytes: number;
  requests: number;
  retries: number;
  repeated: number;
  refused: number;
  p50Seconds: number | null;
  p95Seconds: number | null;
};

/** What a connector's saves have added up to since `since`; all 0, delays null, where there were none. */
export async function readTraffic(db: Queryable, connectorId: string, since: number): Promise<Traffic> {
  const { rows } = await db.query<{
    events: number;
    bytes: number;
    requests: number;
    retries: number;
    repeated: number;
    refused: number;
    delays: string[];
  }>(
    `select events, bytes, okta_calls + azure_calls as requests, retries, repeated, refused, delays
       from statistics where connector_id = $1 and bucket >= $2`,
    [connectorId, new Date(since)],
  );
  const delays = Array<number>(bins).fill(0);
  for (const row of rows)
    for (const [bin, count] of row.delays.entries()) delays[bin] = (delays[bin] ?? 0) + Number(count);
  const sum = (of: 'events' | 'bytes' | 'requests' | 'retries' | 'repeated' | 'refused') =>
    rows.reduce((all, row) => all + row[of], 0);
  return {
    events: sum('events'),
    bytes: sum('bytes'),
    requests: sum('requests'),
    retries: sum('retries'),
    repeated: sum('repeated'),
    refused: sum('refused'),
    p50Seconds: delayWithin(delays, 0.5),
    p95Seconds: delayWithin(delays, 0.95),
  };
}

/** How many events each of these connectors has sent since `since`; who sent none is absent. */
export async function readEventsSince(
  db: Queryable,
  connectorIds: string[],
  since: number,
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; events: number }>(
    `select connector_id as id, sum(events)::bigint as events from statistics
      where connector_id = any($1) and bucket >= $2 group by connector_id`,
    [connectorIds, new Date(since)],
  );
  return new Map(rows.map(({ id, events }) => [id, events]));
}

/** Within how many seconds this part (0 to 1) of what is counted in bins arrived: the upper end of its bin; null when nothing is. */
export function delayWithin(delays: number[], part: number): number | null {
  const all = delays.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let passed = 0;
  const bin = delays.findIndex((count) => {
    passed += count;
    return passed >= part * all;
  });
  return 2 ** bin;
}

const dayMs = 86_400_000;

/** How many events a connector sent in the day before `now`, and in the day before that. */
export type TwoDays = { name: string; events: number; before: number };

/** Those of a tenant's connectors that sent any in the two days before `now`, the busiest first. */
export async function readTwoDays(db: Queryable, tenantId: string, now: number): Promise<TwoDays[]> {
  const { rows } = await db.query<TwoDays>(
    `select name, coalesce(sum(events) filter (where bucket >= $2), 0)::bigint as events,
            coalesce(sum(events) filter (where bucket < $2), 0)::bigint as before
       from statistics join connectors on connectors.id = connector_id
      where tenant_id = $1 and bucket >= $3 group by connectors.id
     having sum(events) > 0 order by events desc, name`,
    [tenantId, new Date(now - dayMs), new Date(now - 2 * dayMs)],
  );
  return rows;
}

const keptMs = 90 * 86_400_000;

/** Takes away what is older than 90 days. */
export async function pruneStatistics(db: Queryable, now: number): Promise<void> {
  await db.query('delete from statistics where bucket < $1', [new Date(now - keptMs)]);
}
