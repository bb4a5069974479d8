import { eventOf } from '../scale/org-log.ts';

/** The most events of a page, as Okta has it. */
const pageEvents = 1000;

/**
 * The logs of orgs of very different size, as functions of time, so that nothing of them is kept: the second org has half as many
 * events as the first, the third a third, and so on; together they have `rate` a second.
 */
export class Flow {
  readonly #everyMs: Float64Array;
  #endsAt = Number.POSITIVE_INFINITY;

  constructor({ orgs, rate }: { orgs: number; rate: number }) {
    const weights = Array.from({ length: orgs }, (_, org) => 1 / (org + 1));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    this.#everyMs = Float64Array.from(weights, (weight) => (1000 * all) / (rate * weight));
  }

  /** Nothing happens in any org after this time. */
  end(at: number): void {
    this.#endsAt = at;
  }

  /** How many events the org has had by then: the place of the next. */
  placeAt(org: number, time: number): number {
    return Math.floor(Math.min(time, this.#endsAt) / (this.#everyMs[org] as number));
  }

  /** When the event at the place happens, in ms since the epoch. */
  timeOf(org: number, place: number): number {
    return Math.floor(place * (this.#everyMs[org] as number));
  }

  /** The page from the place `from` on, of what there is by now; `place` is behind it, and it is `last` when there is no more. */
  page(org: number, from: number, now: number): { body: string; place: number; last: boolean } {
    const place = Math.max(from, Math.min(this.placeAt(org, now), from + pageEvents));
    const events = Array.from({ length: place - from }, (_, index) => this.#event(org, from + index));
    return { body: `[${events.join(',')}]`, place, last: place - from < pageEvents };
  }

  #event(org: number, place: number): string {
    return eventOf({ org, place, publishedAt: this.timeOf(org, place) });
  }
}
