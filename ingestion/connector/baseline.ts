import type { Extremes } from './arrivals.ts';

/**
 * What a connector's own polls have taught of its traffic: one row each, written by `baselines.ts` once an hour. Hours are counted
 * since the epoch and days begin at midnight, both in UTC.
 */
export type Baseline = {
  /** The hour after the last one that is in it; 0 before any is. */
  until: number;
  /** The events of each hour of the last six weeks, at the hour modulo their number; -1 where they say nothing of what is usual. */
  counts: number[];
  /** The extremes of each of the last six weeks' days, the oldest first. */
  silences: number[];
  falls: number[];
  rises: number[];
};

export const hourMs = 3_600_000;
/** So many weeks are remembered. */
export const keptWeeks = 6;
const keptDays = keptWeeks * 7;
const keptHours = keptDays * 24;

/** Before anything was learned. */
export function emptyBaseline(): Baseline {
  return { until: 0, counts: Array<number>(keptHours).fill(-1), silences: [], falls: [], rises: [] };
}

/** The events of an hour; null where they say nothing of what is usual. */
export function eventsIn({ until, counts }: Baseline, hour: number): number | null {
  if (hour < 0 || hour >= until || hour < until - keptHours) return null;
  const events = counts[hour % keptHours] ?? -1;
  return events < 0 ? null : events;
}

/** With one more hour; nothing is known of what lies between it and the last one. Null events say nothing of what is usual. */
export function withHour(before: Baseline, hour: number, events: number | null): Baseline {
  if (hour < before.until) return before;
  const counts = [...before.counts];
  for (let gap = Math.max(before.until, hour - keptHours + 1); gap < hour; gap++) counts[gap % keptHours] = -1;
  counts[hour % keptHours] = events ?? -1;
  return { ...before, until: hour + 1, counts };
}

/** With one more day's extremes. */
export function withDay(before: Baseline, { silence, fall, rise }: Extremes): Baseline {
  const add = (values: number[], value: number | null) =>
    value === null ? values : [...values, value].slice(-keptDays);
  return {
    ...before,
    silences: add(before.silences, silence),
    falls: add(before.falls, fall),
    rises: add(before.rises, rise),
  };
}
