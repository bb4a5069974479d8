import { type Baseline, eventsIn, keptWeeks } from '../connector/baseline.ts';

/** A count of fewer is too small for its median to say much. */
const smallCount = 40;
/** So many events make a group of hours enough to go by. */
const enoughEvents = 30;
/** Days whose totals are within this factor are like each other. */
const likeFactor = 1.6;

/**
 * How many events are usual in an hour (since the epoch, UTC), from the connector's own last six weeks; 0 where nothing is known.
 *
 * The same hour of the week is the best witness, as work goes by the week. The lower median of large counts is moved neither by a
 * holiday, an outage or a burst, nor at once by growth (Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", 1993,
 * on why medians); of small counts a mean without its extremes says more. Where few events are known of it, the same hour on days
 * that are like it, and the hours beside it, are asked too: so an org with twenty events a day has a rate for each hour. Clocks
 * that change move the day by an hour in UTC; the silences of such days are among those that the limits are learned from.
 */
export function usualRate(baseline: Baseline, hour: number): number {
  const like = daysLike(baseline, hour);
  if (like.length === 0) return coldRate(baseline, hour);
  const own = knownOf(baseline, hour, { days: [dayOf(hour)], beside: 0 });
  if (sum(own) >= 2 * enoughEvents) return robust(own);
  const wider = [0, 1, 3].map((beside) => knownOf(baseline, hour, { days: like, beside }));
  const known = wider.find((group) => sum(group) >= enoughEvents) ?? knownOf(baseline, hour, { days: like, beside: 6 });
  return known.length === 0 ? 0 : robust(known);
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

/** The day of the week: 0 is a Thursday, as the epoch was one. */
const dayOf = (hour: number) => Math.floor(hour / 24) % 7;

/** What is known of an hour of the day on these days of the week, and of so many hours beside it. */
function knownOf(baseline: Baseline, hour: number, { days, beside }: { days: number[]; beside: number }): number[] {
  const thisDay = hour - dayOf(hour) * 24;
  const hours = Array.from({ length: keptWeeks + 1 }, (_, week) =>
    days.flatMap((day) =>
      Array.from({ length: 2 * beside + 1 }, (_, by) => thisDay + (day - 7 * week) * 24 + by - beside),
    ),
  ).flat();
  // Of today nothing: a drop is not what is usual.
  return hours.filter((other) => other < hour - 12).flatMap((other) => eventsIn(baseline, other) ?? []);
}

/** The days of the week whose totals are like this one's, itself among them; none while this one has never been seen whole. */
function daysLike(baseline: Baseline, hour: number): number[] {
  const totals = Array.from({ length: 7 }, (_, day) => usualTotal(baseline, hour, day));
  const own = totals[dayOf(hour)] ?? null;
  if (own === null) return [];
  // Of totals of a handful, a few events are no difference.
  const like = (total: number) => total <= own * likeFactor + 5 && own <= total * likeFactor + 5;
  return totals.flatMap((total, day) => (total !== null && like(total) ? [day] : []));
}

/** The lower median of the totals of a day of the week; null while none was seen for most of its hours. */
function usualTotal(baseline: Baseline, hour: number, day: number): number | null {
  const today = Math.floor(hour / 24);
  const before = Array.from({ length: keptWeeks * 7 }, (_, back) => today - 1 - back);
  const totals = before.filter((other) => other % 7 === day).flatMap((other) => totalOf(baseline, other) ?? []);
  return totals.length === 0 ? null : lowerMedian(totals);
}

function totalOf(baseline: Baseline, day: number): number | null {
  const known = Array.from({ length: 24 }, (_, hour) => eventsIn(baseline, day * 24 + hour)).filter(
    (events) => events !== null,
  );
  return known.length < 18 ? null : (sum(known) * 24) / known.length;
}

const [saturday, sunday] = [2, 3];
const isWeekend = (hour: number) => dayOf(hour) === saturday || dayOf(hour) === sunday;

/**
 * A day of the week that was never seen: half of the least that the working days before had around this hour. Of a first Saturday
 * or Sunday nothing is expected, as it may be the first day off.
 */
function coldRate(baseline: Baseline, hour: number): number {
  if (isWeekend(hour)) return 0;
  const days = [1, 2, 3, 4, 5, 6, 7].map((back) => hour - back * 24).filter((other) => !isWeekend(other));
  const around = days.flatMap((other) => [other - 1, other, other + 1]);
  const known = around.flatMap((other) => eventsIn(baseline, other) ?? []);
  return known.length < 3 ? 0 : Math.min(...known) / 2;
}
