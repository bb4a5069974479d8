/** How late the polls of a span of time were, in ms: the 99th percentile (null without any), and how many were looked at. */
export type Lateness = { polls: number; msP99: number | null };

/** So long after a trouble, what it held up is still being made good. */
const aftermathMs = 5_000;

/**
 * How late polls come while all is well, as Okta sees it: one interval after the last answer of the poll before, which had read all
 * there was. Polls of an org whose last one met a trouble have a rhythm of their own, and are left out.
 */
export class CalmPolls {
  readonly #intervalMs: number;
  readonly #late: { at: number; ms: number }[] = [];
  /** When each org's next poll is expected; not a number while it is reading, or after a trouble. */
  readonly #expectedAt: Float64Array;
  readonly #idle: Uint8Array;
  #troubledUntil = 0;

  constructor({ orgs, intervalMs }: { orgs: number; intervalMs: number }) {
    this.#intervalMs = intervalMs;
    this.#expectedAt = new Float64Array(orgs).fill(Number.NaN);
    this.#idle = new Uint8Array(orgs);
  }

  /** The org was asked for a page. */
  asked(org: number, now: number): void {
    const ms = now - (this.#expectedAt[org] as number);
    if (this.#idle[org] && now > this.#troubledUntil && !Number.isNaN(ms))
      this.#late.push({ at: now, ms: Math.max(0, ms) });
    this.#idle[org] = 0;
  }

  /** The org's last page was answered. */
  caughtUp(org: number, now: number): void {
    this.#idle[org] = 1;
    this.answered(org, now);
  }

  /** An upload of the org was answered. */
  answered(org: number, now: number): void {
    this.#expectedAt[org] = now + this.#intervalMs;
  }

  /** A request of the org has met a trouble. */
  troubled(org: number): void {
    this.#idle[org] = 0;
  }

  /** Something goes wrong somewhere. */
  blows(now: number): void {
    this.#troubledUntil = now + aftermathMs;
  }

  /** Of the polls between two times. */
  figures(from: number, until: number): Lateness {
    const late = this.#late.filter(({ at }) => at >= from && at < until).map(({ ms }) => ms);
    late.sort((a, b) => a - b);
    return { polls: late.length, msP99: late[Math.floor(0.99 * late.length)] ?? null };
  }
}
