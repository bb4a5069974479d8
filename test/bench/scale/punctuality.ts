/** A poll that comes so long after its time is still on time. */
const onTimeMs = 5_000;

/**
 * `polls`: those that came, and those that should have come by now; `unpolled`: orgs that were never polled. `onTime`: the part of
 * the polls that came at most 5 s late.
 */
export type Punctual = { polls: number; missing: number; unpolled: number; onTime: number; latenessMsP99: number };

/**
 * How late polls come, as Okta sees it. As no org ever has more than a page, each request is a poll. Its time is one interval
 * after the one before, and later by as long as that one's answers were kept waiting: what an engine takes beside counts as
 * lateness.
 */
export class Punctuality {
  readonly #intervalMs: number;
  /** When the next poll of each org should come, in ms since the epoch; not a number before the first. */
  readonly #expectedAt: Float64Array;
  #lateMs: number[] = [];

  constructor({ orgs, intervalMs }: { orgs: number; intervalMs: number }) {
    this.#intervalMs = intervalMs;
    this.#expectedAt = new Float64Array(orgs).fill(Number.NaN);
  }

  /** Polls count from now on. An org that was never polled should have been at `firstBy`. */
  begin(firstBy: number): void {
    this.#lateMs = [];
    for (const [org, at] of this.#expectedAt.entries()) if (Number.isNaN(at)) this.#expectedAt[org] = firstBy;
  }

  /** The org was polled. */
  polled(org: number, at: number): void {
    this.#lateMs.push(Math.max(0, at - (this.#expectedAt[org] as number)));
    this.#expectedAt[org] = at + this.#intervalMs;
  }

  /** A request of this poll, to Okta or to Azure, was kept waiting for so long. */
  kept(org: number, ms: number): void {
    this.#expectedAt[org] = (this.#expectedAt[org] as number) + ms;
  }

  /** Of all polls since the beginning; one that is missing is as late as it is by now. */
  figures(now: number): Punctual {
    const missing = [...this.#expectedAt].map((at) => now - at).filter((ms) => ms > onTimeMs);
    const late = [...this.#lateMs, ...missing].sort((a, b) => a - b);
    return {
      polls: this.#lateMs.length,
      missing: missing.length,
      unpolled: this.#expectedAt.filter(Number.isNaN).length,
      onTime: late.filter((ms) => ms <= onTimeMs).length / late.length,
      latenessMsP99: late[Math.floor(0.99 * late.length)] ?? Number.NaN,
    };
  }
}
