import type { Arrivals, Quarter } from '../connector/arrivals.ts';

/** The last hour is compared with the two before it. */
const nowQuarters = 4;
const beforeQuarters = 8;
/** Hours that usually have less than this part of what the last one has say nothing of it: it is the day that begins. */
const leastBefore = 0.65;
/** So many events have to be expected: fewer spread too much. */
const leastExpected = 20;
const prior = 4;
/** It is over when this part of what came before comes again; after a day it is what is usual from now on. */
const overFrom = 0.7;
const overBelow = 1.5;
const longestMs = 24 * 3_600_000;

/**
 * What has become of the volume at the end of a quarter of an hour: a drop or a surge begins, goes on or ends; else the day's
 * extremes follow. Against the hours before it, not against the week alone: a holiday comes with the morning, a source that loses
 * part of its events does so from one minute to the next. Pure.
 */
export function shiftAfter(arrivals: Arrivals, now: number): Arrivals {
  if (arrivals.shift) return isOver(arrivals, arrivals.shift, now) ? { ...arrivals, shift: null } : arrivals;
  const found = comparedWithBefore(arrivals);
  if (!found) return arrivals;
  const { fall, level } = found;
  const { limits } = arrivals.usual;
  const kind = beyond(fall, limits.fall) ? 'drop' : beyond(-fall, limits.rise) ? 'surge' : null;
  if (kind) return { ...arrivals, shift: { kind, since: now - nowQuarters * quarterMs, level } };
  const { extremes } = arrivals;
  return {
    ...arrivals,
    extremes: {
      ...extremes,
      fall: Math.max(extremes.fall ?? fall, fall),
      rise: Math.max(extremes.rise ?? -fall, -fall),
    },
  };
}

const quarterMs = 900_000;
const beyond = (shift: number, limit: number | null) => limit !== null && shift >= limit;

/** How far the last hour is below what it should have had, as ln, by which part of the usual came before; null where that says nothing. */
function comparedWithBefore({ quarters }: Arrivals): { fall: number; level: number } | null {
  const full = quarters.slice(0, -1);
  if (full.length < nowQuarters + beforeQuarters) return null;
  const last = total(full.slice(-nowQuarters));
  const before = total(full.slice(-nowQuarters - beforeQuarters, -nowQuarters));
  const hours = beforeQuarters / nowQuarters;
  if (before.expected / hours < last.expected * leastBefore) return null;
  // A burst that ends is no drop.
  const level = Math.min(1, (before.brought + prior) / (before.expected + prior));
  const expected = last.expected * level;
  return expected < leastExpected ? null : { fall: Math.log((expected + 1) / (last.brought + 1)), level };
}

function isOver({ quarters }: Arrivals, { kind, since, level }: NonNullable<Arrivals['shift']>, now: number): boolean {
  if (now - since > longestMs) return true;
  if (quarters.length <= nowQuarters) return false;
  // Whatever came before a surge, what is usual is none.
  return kind === 'drop' ? partOf(quarters, level) >= overFrom : partOf(quarters, 1) <= overBelow;
}

/** Which part of what came before came in the last full hour. */
function partOf(quarters: Quarter[], level: number): number {
  const last = lastHour(quarters, level);
  return (last.brought + 1) / (last.usual + 1);
}

/** What came in the last full hour, and what should have. */
export function lastHour(quarters: Quarter[], level: number): { brought: number; usual: number } {
  const { brought, expected } = total(quarters.slice(0, -1).slice(-nowQuarters));
  return { brought, usual: expected * level };
}

function total(quarters: Quarter[]): { brought: number; expected: number } {
  return {
    brought: quarters.reduce((all, [brought]) => all + brought, 0),
    expected: quarters.reduce((all, [, expected]) => all + expected, 0),
  };
}
