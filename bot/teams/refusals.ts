import type { Logger } from 'pino';

const againMs = 60_000;
/** Every kind is a text of ours; whatever else came in as one would be counted together. */
const mostKinds = 100;

/**
 * The log of calls that were turned away. Anybody on the internet can cause one, so each kind is written once a minute, with
 * the number of those that came since and were not written; and never with a stack.
 */
export class Refusals {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { at: number; unwritten: number }>();

  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** A call was answered with `status`, for a reason of which there are few. Never throws. */
  note(status: number, reason: string): void {
    const now = this.#now();
    const why = this.#kinds.has(reason) || this.#kinds.size < mostKinds ? reason : 'another reason';
    const known = this.#kinds.get(why);
    if (known && Math.abs(now - known.at) < againMs) {
      known.unwritten++;
      return;
    }
    this.#kinds.set(why, { at: now, unwritten: 0 });
    this.#log.warn({ why, status, unwritten: known?.unwritten ?? 0 }, 'calls were turned away');
  }
}
