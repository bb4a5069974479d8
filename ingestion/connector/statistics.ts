import type { Queryable } from '../store/database.ts';

/** What one poll adds to the statistics. */
export type Tally = {
  events: number;
  bytes: number;
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
  const counts = { events: 0, bytes: 0, oktaCalls: 0, azureCalls: 0, retries: 0, repeated: 0, refused: 0 };
  return { ...counts, delays: Array<number>(bins).fill(0) };
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

/** Adds a poll to its five minutes. */
export async function recordTally(
  tx: Queryable,
  connectorId: string,
  { tally, now }: { tally: Tally; now: number },
): Promise<void> {
  if (tally.events + tally.oktaCalls + tally.repeated + tally.refused === 0) return;
  await tx.query(
    `insert into statistics as s (connector_id, bucket, events, bytes, okta_calls, azure_calls, retries, repeated, refused, delays)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (connector_id, bucket) do update
        set events = s.events + excluded.events, bytes = s.bytes + excluded.bytes,
            okta_calls = s.okta_calls + excluded.okta_calls, azure_calls = s.azure_calls + excluded.azure_calls,
            retries = s.retries + excluded.retries, repeated = s.repeated + excluded.repeated,
            refused = s.refused + excluded.refused,
            delays = array(select a + b from unnest(s.delays, excluded.delays) as bin(a, b))`,
    [
      connectorId,
      new Date(now - (now % bucketMs)),
      tally.events,
      tally.bytes,
      tally.oktaCalls,
      tally.azureCalls,
      tally.retries,
      tally.repeated,
      tally.refused,
      tally.delays,
    ],
  );
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

/** What the connector's polls have added up to since `since`; all 0, delays null, where there were none. */
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
