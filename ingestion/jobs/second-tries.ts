import { openCache } from '../runtime/cache.ts';

/** So many tries of a piece of work are made at once in this time. */
const most = 5;
const spanMs = 60_000;

/** Pieces of work that are kept in mind. */
const mostKept = 5_000;

/** Who has been cut off from the store may try again at once, but not without end. Times are ms since the epoch. */
export class SecondTries {
  readonly #now: () => number;
  readonly #tries;

  constructor({ now }: { now(): number }) {
    this.#now = now;
    this.#tries = openCache<number[]>({ now }, { most: mostKept });
  }

  /** Whether this piece of work may be tried again at once: five times within a minute. Counts as a try when it may. */
  may(work: string): boolean {
    const now = this.#now();
    const lately = (this.#tries.get(work) ?? []).filter((at) => now - at < spanMs);
    const may = lately.length < most;
    this.#tries.set(work, may ? [...lately, now] : lately);
    return may;
  }
}
