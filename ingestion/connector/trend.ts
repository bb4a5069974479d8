import type { Queryable } from '../store/queryable.ts';
import { bins, delayWithin } from './statistics.ts';

/** A full hour: when it began (ms since the epoch), its events, and within how many seconds half, and 95 of 100, were accepted. */
export type Hour = {
  start: number;
  events: number;
  /** The median of the same hour of the days before; null while fewer than three are known. */
  usual: number | null;
  p50Seconds: number | null;
  p95Seconds: number | null;
};

/** The full hours of the last day, oldest first, without those before the connector was made; and events that came again in them. */
export type Trend = { hours: Hour[]; repeated: number };

const hourMs = 3_600_000;
const shownHours = 24;
/** So many days before are compared with, and so many at least. */
const comparedDays = 14;
const leastDays = 3;

type Counted = { events: number; repeated: number };

/** What the polls of the connector have added up to, by the hour; an hour without an entry had none. */
export async function readTrend(
  db: Queryable,
  { id, createdAt }: { id: string; createdAt: number },
  now: number,
): Promise<Trend> {
  const current = Math.floor(now / hourMs);
  const first = current - shownHours;
  const counted = await countByHour(db, id, { from: first - comparedDays * 24, to: current });
  const delays = await delaysByHour(db, id, { from: first, to: current });
  const born = Math.ceil(createdAt / hourMs);
  const eventsIn = (hour: number) => counted.get(hour)?.events ?? 0;
  const hours = Array.from({ length: shownHours }, (_, index) => first + index).filter((hour) => hour >= born);
  const usualIn = (hour: number) => {
    const before = Array.from({ length: comparedDays }, (_, day) => hour - 24 * (day + 1)).filter((one) => one >= born);
    return before.length < leastDays ? null : median(before.map(eventsIn));
  };
  return {
    hours: hours.map((hour) => ({
      start: hour * hourMs,
      events: eventsIn(hour),
      usual: usualIn(hour),
      p50Seconds: delayWithin(delays.get(hour) ?? [], 0.5),
      p95Seconds: delayWithin(delays.get(hour) ?? [], 0.95),
    })),
    repeated: hours.reduce((sum, hour) => sum + (counted.get(hour)?.repeated ?? 0), 0),
  };
}

/** From the first hour up to the second, which does not count; in hours since the epoch. */
type Span = { from: number; to: number };

const hourOf = 'floor(extract(epoch from bucket) / 3600)::int';
const within = 'connector_id = $1 and bucket >= $2 and bucket < $3';
const bounds = ({ from, to }: Span) => [new Date(from * hourMs), new Date(to * hourMs)];

async function countByHour(db: Queryable, id: string, span: Span): Promise<Map<number, Counted>> {
  const { rows } = await db.query<Counted & { hour: number }>(
    `select ${hourOf} as hour, sum(events)::bigint as events, sum(repeated)::bigint as repeated
       from statistics where ${within} group by 1`,
    [id, ...bounds(span)],
  );
  return new Map(rows.map((row) => [row.hour, row]));
}

/** Added up by the store: to read each five minutes' bins here would cost more than all else of a status. */
const addedBins = Array.from({ length: bins }, (_, bin) => `sum(delays[${bin + 1}])`).join(', ');

async function delaysByHour(db: Queryable, id: string, span: Span): Promise<Map<number, number[]>> {
  const { rows } = await db.query<{ hour: number; delays: string[] }>(
    `select ${hourOf} as hour, array[${addedBins}] as delays from statistics where ${within} group by 1`,
    [id, ...bounds(span)],
  );
  return new Map(rows.map(({ hour, delays }) => [hour, delays.map(Number)]));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return Math.round((low + high) / 2);
}
