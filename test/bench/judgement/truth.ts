import type { Org } from './orgs.ts';

/** -ln(1e-4): a steady rate has a longer silence once in ten thousand times. */
const steady = 9.21;
const longestMinutes = 7 * 1440;

/**
 * What is true of an org, read off its whole series before anything is planted, later weeks included: how many events each hour
 * of the week has, and from how many missing ones on a silence is improbable for it.
 */
export class Truth {
  readonly #start: number;
  /** Expected events up to each minute. */
  readonly #sums: Float64Array;
  /** In expected events: of all minutes of the series, one in ten thousand begins a longer silence. */
  readonly improbable: number;

  constructor({ start, counts }: Org) {
    this.#start = start;
    const rates = usualRates({ start, counts });
    this.#sums = new Float64Array(counts.length + 1);
    for (let minute = 0; minute < counts.length; minute++)
      this.#sums[minute + 1] = (this.#sums[minute] ?? 0) + (rates[Math.floor((start + minute) / 60) % 168] ?? 0) / 60;
    this.improbable = Math.max(steady, this.#tail(counts));
  }

  /** The events that are usual between two minutes since the epoch. */
  expected(from: number, to: number): number {
    return this.#sumAt(to) - this.#sumAt(from);
  }

  /** After how many minutes a silence that begins there is improbable; never fewer than `least`. */
  improbableAfter(from: number, least: number): number {
    let minutes = least;
    while (minutes < longestMinutes && this.expected(from, from + minutes) < this.improbable) minutes++;
    return minutes;
  }

  #sumAt(minute: number): number {
    return this.#sums[Math.min(this.#sums.length - 1, Math.max(0, minute - this.#start))] ?? 0;
  }

  /** The longest silences of all are left out: they are outages of the source, or of whoever recorded it. */
  #tail(counts: Int32Array): number {
    const runs = silentRuns(counts).map(({ from, to }) => ({ from, to, expected: this.#between(from, to) }));
    runs.sort((one, other) => other.expected - one.expected);
    const waits = runs
      .slice(leftOut)
      .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, minute) => this.#between(from + minute, to)));
    waits.sort((one, other) => other - one);
    return waits[Math.floor(counts.length * 1e-4)] ?? 0;
  }

  #between(from: number, to: number): number {
    return (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
  }
}

const leftOut = 3;

/** The stretches without an event, by their minutes in the series. */
export function silentRuns(counts: ArrayLike<number>): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  let from = 0;
  for (let minute = 0; minute <= counts.length; minute++) {
    if (minute < counts.length && (counts[minute] ?? 0) === 0) continue;
    if (minute > from) runs.push({ from, to: minute });
    from = minute + 1;
  }
  return runs;
}

/** By the hour of the week (from the epoch's Thursday on): the median, or, where few come, the mean of the hours about it. */
function usualRates({ start, counts }: Pick<Org, 'start' | 'counts'>): number[] {
  const cells: number[][] = Array.from({ length: 168 }, () => []);
  const first = Math.ceil(start / 60);
  for (let hour = first; (hour + 1) * 60 - start <= counts.length; hour++) {
    const events = counts.subarray(hour * 60 - start, (hour + 1) * 60 - start).reduce((sum, count) => sum + count, 0);
    cells[hour % 168]?.push(events);
  }
  return cells.map((cell, hour) => {
    const sorted = cell.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    if (median >= 8) return median;
    const about = [-2, -1, 0, 1, 2].flatMap((by) => cells[(hour + by + 168) % 168] ?? []);
    return about.reduce((sum, events) => sum + events, 0) / Math.max(1, about.length);
  });
}
