const WINDOW_MS = 60_000;

/** What the three rate headers of one answer say. */
export type RateHeaders = Record<string, string>;

/** How the Reset header goes wrong. */
export type OddReset = 'missing' | 'past' | 'negative' | 'text' | 'milliseconds' | 'far';

type Bucket = { limit: number; used: number };

/**
 * The budget of `/api/v1/logs` in one org: a window of 60 s that starts with a call and not with the clock's minute,
 * one bucket for every consumer, and at most a share of it for each token.
 */
export class Rate {
  limitPerMinute: number;
  /** The part of the org's budget that one token may use. */
  tokenShare = 0.5;
  /** Whose figures the headers show; which one Okta shows to a capped token is not documented. */
  headersShow: 'org' | 'token' = 'org';
  /** Calls a minute that other programs take from the same bucket. */
  otherConsumersPerMinute = 0;
  /** Requests in flight from which Okta answers with a 429 of the second form. */
  concurrencyLimit = 75;
  oddReset: OddReset | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #used = 0;
  #tokens = new Map<string, number>();
  #alarmed = { warning: false, violation: false };

  constructor(limitPerMinute: number) {
    this.limitPerMinute = limitPerMinute;
  }

  /** Another consumer takes this many calls at once. */
  eat(calls: number, now: number): void {
    this.#roll(now);
    this.#used += calls;
  }

  /** Counts one call; false when the org's bucket or the token's share is spent, and then nothing is counted. */
  take(token: string, now: number): boolean {
    this.#roll(now);
    const mine = this.#tokens.get(token) ?? 0;
    if (this.#usedBy(now) >= this.limitPerMinute || mine >= this.#tokenLimit()) return false;
    this.#used += 1;
    this.#tokens.set(token, mine + 1);
    return true;
  }

  /** What Okta reports about the bucket now: a warning from 60 %, a violation at a refusal, each once a window. */
  alarm(now: number, refused: boolean): 'warning' | 'violation' | undefined {
    this.#roll(now);
    const kind = refused ? 'violation' : this.#usedBy(now) >= 0.6 * this.limitPerMinute ? 'warning' : undefined;
    if (!kind || this.#alarmed[kind]) return undefined;
    this.#alarmed[kind] = true;
    return kind;
  }

  /** The headers of an answer; those of a 429 show nothing left, those of a concurrency 429 no limit either. */
  headers(token: string, now: number, refused?: 'budget' | 'concurrency'): RateHeaders {
    this.#roll(now);
    const bucket = this.#shown(token, now);
    const limit = refused === 'concurrency' ? 0 : bucket.limit;
    const remaining = refused ? 0 : Math.max(0, bucket.limit - bucket.used);
    const reset = this.#reset(now);
    return {
      'X-Rate-Limit-Limit': String(limit),
      'X-Rate-Limit-Remaining': String(remaining),
      ...(reset !== undefined && { 'X-Rate-Limit-Reset': reset }),
    };
  }

  #shown(token: string, now: number): Bucket {
    if (this.headersShow === 'org') return { limit: this.limitPerMinute, used: Math.floor(this.#usedBy(now)) };
    return { limit: this.#tokenLimit(), used: this.#tokens.get(token) ?? 0 };
  }

  #tokenLimit(): number {
    return Math.max(1, Math.floor(this.limitPerMinute * this.tokenShare));
  }

  #usedBy(now: number): number {
    return this.#used + (this.otherConsumersPerMinute * (now - this.#startedAt)) / WINDOW_MS;
  }

  #reset(now: number): string | undefined {
    const seconds = Math.ceil((this.#startedAt + WINDOW_MS) / 1000);
    switch (this.oddReset) {
      case undefined:
        return String(seconds);
      case 'missing':
        return undefined;
      case 'past':
        return String(Math.floor(now / 1000) - 120);
      case 'negative':
        return '-1';
      case 'text':
        return 'soon';
      case 'milliseconds':
        return String(seconds * 1000);
      case 'far':
        return String(seconds + 365 * 86_400);
    }
  }

  #roll(now: number): void {
    if (now - this.#startedAt < WINDOW_MS) return;
    this.#startedAt = now;
    this.#used = 0;
    this.#tokens.clear();
    this.#alarmed = { warning: false, violation: false };
  }
}
