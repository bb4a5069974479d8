/** At most so many calls in so many milliseconds. */
type Window = readonly [calls: number, ms: number];

// learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit. A call may take a little longer than the one after it,
// so windows are a little longer here, and some calls are left to answers.
const perConversation: readonly Window[] = [
  [7, 1_100],
  [8, 2_100],
  [60, 30_500],
  [1800, 3_605_000],
];
/** 50 a second in all, one after the other: what left all at once would come in heaps that Teams refuses. */
const perBot: readonly Window[] = [[1, 21]];
/** Where so much is sent, a question that can wait would only keep alerts waiting. */
const perQuestion: readonly Window[] = [[10, 1_000]];
const longestMs = 3_605_000;

/** Keeps what this process sends of its own accord within Teams' rates, so that it is not refused. */
export class Pacer {
  readonly #now: () => number;
  readonly #all: number[] = [];
  readonly #conversations = new Map<string, number[]>();

  constructor({ now }: { now(): number }) {
    this.#now = now;
  }

  /**
   * In how many milliseconds a message may go to the conversation; an edit, which counts in all only, without one. Up to
   * `patienceMs` it is counted as made then; for longer, nothing is counted, and it is to be asked again.
   */
  reserve(conversationId: string | null, patienceMs: number): number {
    const now = this.#now();
    const own = conversationId === null ? null : this.#of(conversationId);
    const at = Math.max(now, next(this.#all, perBot), own ? next(own, perConversation) : 0);
    if (at - now > patienceMs) return at - now;
    for (const calls of own ? [own, this.#all] : [this.#all]) insert(calls, at);
    this.#forget(now);
    return at - now;
  }

  /** Whether little is sent at this moment, so that a question which can wait may be asked; then it is counted. */
  hasSpare(): boolean {
    const now = this.#now();
    if (next(this.#all, perQuestion) > now) return false;
    insert(this.#all, now);
    return true;
  }

  #of(conversationId: string): number[] {
    const known = this.#conversations.get(conversationId) ?? [];
    this.#conversations.set(conversationId, known);
    return known;
  }

  /** What no window reaches any more goes. */
  #forget(now: number): void {
    this.#all.splice(
      0,
      this.#all.findIndex((at) => at > now - 1_000),
    );
    for (const [id, calls] of this.#conversations) {
      if ((calls.at(-1) ?? 0) <= now - longestMs) this.#conversations.delete(id);
      else if ((calls[0] ?? 0) <= now - longestMs) calls.shift();
    }
  }
}

/** When the next call may be made, by those that were. */
function next(calls: number[], windows: readonly Window[]): number {
  return Math.max(0, ...windows.map(([most, ms]) => (calls.at(-most) ?? -ms) + ms));
}

function insert(calls: number[], at: number): void {
  const index = calls.findLastIndex((other) => other <= at);
  calls.splice(index + 1, 0, at);
}
