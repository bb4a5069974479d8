import type { Usual } from '../connector/arrivals.ts';
import { type Baseline, eventsIn, keptWeeks } from '../connector/baseline.ts';

/** A count of fewer is too small for its median to say much. */
const smallCount = 40;
/** Fewer weeks of an hour may all be odd: of what the days like it say then, this part counts. */
const enoughWeeks = 3;
const fewWeeksPart = 0.7;
/** So many events make a group of hours enough to go by. */
const enoughEvents = 30;
/** Days that have as much at an hour, within this factor, are like each other. */
const likeFactor = 1.6;

/** An hour beside that has less than this part of one is where the day begins or ends. */
const edgePart = 0.5;

/**
 * What is to be expected in the hour before this one, in it, and in the one after. Clocks that change move an org's day by an hour
 * in UTC, and nobody says in which zone its people live. So where the day begins or ends, by the hours beside, no more is expected
 * than in the lesser of the two: the day may come an hour late, or be over an hour early.
 */
export function expectedRates(baseline: Baseline, hour: number): Usual['rates'] {
  const [first, before, here, after, last] = [-2, -1, 0, 1, 2].map((by) => usualRate(baseline, hour + by)) as Five;
  return [unlessEdge(before, first, here), unlessEdge(here, before, after), unlessEdge(after, here, last)];
}

type Five = [number, number, number, number, number];

function unlessEdge(rate: number, ...beside: number[]): number {
  const least = Math.min(...beside);
  return least < rate * edgePart ? least : rate;
}

/**
 * How many events are usual in an hour (since the epoch, UTC), from the connector's own last six weeks; 0 where nothing is known.
 *
 * The same hour of the week is the best witness, as work goes by the week. The lower median of large counts is moved neither by a
 * holiday, an outage or a burst, nor at once by growth (Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", 1993,
 * on why medians); of small counts a mean without its extremes says more. Where few events are known of it, the same hour on days
 * that are like it, and the hours beside it, are asked too: so an org with twenty events a day has a rate for each hour.
 */
export function usualRate(baseline: Baseline, hour: number): number {
  const like = daysLike(baseline, hour);
  if (like.length === 0) return coldRate(baseline, hour);
  const own = knownOf(baseline, hour, { days: [dayOf(hour)], beside: 0 });
  if (own.length >= enoughWeeks && sum(own) >= 2 * enoughEvents) return robust(own);
  const wider = [0, 1, 3].map((beside) => knownOf(baseline, hour, { days: like, beside }));
  const known = wider.find((group) => sum(group) >= enoughEvents) ?? knownOf(baseline, hour, { days: like, beside: 6 });
  if (known.length === 0) return 0;
  return robust(known) * (own.length < enoughWeeks ? fewWeeksPart : 1);
}

const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);

function lowerMedian(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** The usual among counts of like hours: none of them, or a few, may be odd. */
function robust(values: number[]): number {
  const median = lowerMedian(values);
  if (median >= smallCount) return median;
  const cut = Math.floor(values.length / 5);
  const kept = values.toSorted((one, other) => one - other).slice(cut, values.length - cut);
  return sum(kept) / kept.length;
}

const hoursOfWeek = 168;
const weeksBack = Array.from({ length: keptWeeks + 1 }, (_, week) => week * hoursOfWeek);

/** The day of the week: 0 is a Thursday, as the epoch was one. */
const dayOf = (hour: number) => Math.floor(hour / 24) % 7;

/** What is known of an hour of the day on these days of the week, and of so many hours beside it. */
function knownOf(baseline: Baseline, hour: number, { days, beside }: { days: number[]; beside: number }): number[] {
  const known: number[] = [];
  for (const day of days)
    for (const other of sameHours(hour, day))
      for (let by = -beside; by <= beside; by++) {
        const events = isPast(other + by, hour) ? eventsIn(baseline, other + by) : null;
        if (events !== null) known.push(events);
      }
  return known;
}

/** The hour of the day of `hour` on a day of the week, in each week that may be remembered, this one first. */
function sameHours(hour: number, day: number): number[] {
  const first = hour + (day - dayOf(hour)) * 24;
  return weeksBack.map((back) => first - back);
}

/** Nothing of the last hours: a drop is not what is usual. */
const isPast = (other: number, hour: number) => other < hour - 12;

/** The days of the week on which the hours about this one are like this day's, itself among them; none while they were never seen. */
function daysLike(baseline: Baseline, hour: number): number[] {
  const abouts = Array.from({ length: 7 }, (_, day) => usualAbout(baseline, hour, day));
  const own = abouts[dayOf(hour)] ?? null;
  if (own === null) return [];
  // Of a handful, a few events are no difference.
  const like = (other: number) => other <= own * likeFactor + 5 && own <= other * likeFactor + 5;
  return abouts.flatMap((other, day) => (other !== null && like(other) ? [day] : []));
}

/** The lower median of what a day of the week has in the hours about this one; null while it was never seen. */
function usualAbout(baseline: Baseline, hour: number, day: number): number | null {
  const abouts: number[] = [];
  for (const other of sameHours(hour, day)) {
    const events = isPast(other, hour) ? about(baseline, other) : null;
    if (events !== null) abouts.push(events);
  }
  return abouts.length === 0 ? null : lowerMedian(abouts);
}

/** What came in the seven hours about an hour; null where most of them say nothing. */
function about(baseline: Baseline, hour: number): number | null {
  let known = 0;
  let all = 0;
  for (let by = -3; by <= 3; by++) {
    const events = eventsIn(baseline, hour + by);
    if (events === null) continue;
    known++;
    all += events;
  }
  return known < 5 ? null : (all * 7) / known;
}

/** From Friday 10:00 to Monday 12:00 in UTC it is Saturday or Sunday somewhere. The epoch began on a Thursday. */
const weekend = { from: 24 + 10, to: 4 * 24 + 12 };
const isWeekend = (hour: number) => hour % hoursOfWeek >= weekend.from && hour % hoursOfWeek < weekend.to;

/**
 * An hour of the week about which nothing was ever seen: half of the least that the working days before had around it. Of a first
 * weekend nothing is expected, as it may be the first days off.
 */
function coldRate(baseline: Baseline, hour: number): number {
  if (isWeekend(hour)) return 0;
  const days = [1, 2, 3, 4, 5, 6, 7].map((back) => hour - back * 24).filter((other) => !isWeekend(other));
  const around = days.flatMap((other) => [other - 1, other, other + 1]);
  const known = around.flatMap((other) => eventsIn(baseline, other) ?? []);
  return known.length < 3 ? 0 : Math.min(...known) / 2;
}
