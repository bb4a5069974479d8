/** What a Bot Connector call counts as. Edits and deletes count towards the bot's total only. */
export type CallKind = 'send' | 'read' | 'other';

// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit, per bot and thread
const perThread: Record<CallKind, [calls: number, seconds: number][]> = {
  send: [
    [7, 1],
    [8, 2],
    [60, 30],
    [1800, 3600],
  ],
  read: [
    [14, 1],
    [16, 2],
    [120, 30],
    [3600, 3600],
  ],
  other: [],
};
const perBot: [number, number][] = [[50, 1]];

/** Counts calls per thread and in all, and says how many seconds to wait when one is too many. */
export class Throttle {
  /** Off for tests that post in bulk and are not about rates. */
  enabled = true;
  /** Teams does not always say how long to wait. */
  saysRetryAfter = true;
  readonly #now: () => number;
  readonly #calls = new Map<string, number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts the call, or answers the seconds to wait and counts nothing. */
  take(kind: CallKind, thread: string): number | undefined {
    if (!this.enabled) return undefined;
    const now = this.#now();
    const limits: [string, [number, number][]][] = [
      [`${kind} ${thread}`, perThread[kind]],
      ['all', perBot],
    ];
    for (const [key, windows] of limits) {
      const wait = this.#wait(key, windows, now);
      if (wait > 0) return Math.ceil(wait / 1000);
    }
    for (const [key, windows] of limits) if (windows.length > 0) this.#recent(key, windows, now).push(now);
    return undefined;
  }

  #wait(key: string, windows: [number, number][], now: number): number {
    const calls = this.#recent(key, windows, now);
    const waits = windows.map(([limit, seconds]) => {
      const oldest = calls.at(-limit);
      return oldest === undefined ? 0 : oldest + seconds * 1000 - now;
    });
    return Math.max(0, ...waits);
  }

  #recent(key: string, windows: [number, number][], now: number): number[] {
    const longest = Math.max(0, ...windows.map(([, seconds]) => seconds)) * 1000;
    const calls = (this.#calls.get(key) ?? []).filter((at) => at > now - longest);
    this.#calls.set(key, calls);
    return calls;
  }
}
