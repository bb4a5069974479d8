import { type Delivered, mayHold, type Segment } from '../connector/delivered.ts';
import { fromBytes, KeySet, type Keys } from './event-keys.ts';

const smallest = 32;
/** So many rows a connector may have in the store beside its segments. */
const mostParts = 16;
/** So many events, and not a single one, tell how far the log has been read. */
export const watermarkSample = 16;

/**
 * The events that were delivered last, to know one that comes again. In memory are the keys of the last 16 to 32 saves; those of the
 * 400,000 before lie in the store by segments, and are asked for when an event was published when theirs were: one that comes again
 * has the time that it had.
 */
export class DedupWindow {
  /** A window of what the store has. */
  static from({ segments, since }: Delivered): DedupWindow {
    const window = new DedupWindow();
    for (const part of since) addAll(window.#young, part);
    window.#segments = segments;
    window.#parts = since.length;
    return window;
  }

  readonly #times: number[] = [];
  /** Since the last join, and in the time before it: what was not saved by then is in no segment yet. */
  #young = new KeySet(smallest);
  #old = new KeySet(0);
  #segments: Segment[] = [];
  /** Segments that were asked for in this poll. */
  readonly #recalled = new Map<number, KeySet>();
  #parts = 0;

  /**
   * Takes the times of the last events of a page that was delivered, and says how far the log has been read: the median of
   * the last ones, as Okta dates an event before it stores it. A few with a time in the future don't move it; where most are
   * later than Okta's own time, or there are too few, nothing can be told (null). All times are ms since the epoch.
   */
  watermark(times: number[], serverTime: number | null): number | null {
    this.#times.push(...times);
    this.#times.splice(0, this.#times.length - watermarkSample);
    const median = [...this.#times].sort((a, b) => a - b)[watermarkSample / 2 - 1];
    if (this.#times.length < watermarkSample || median === undefined) return null;
    return median <= (serverTime ?? median) ? median : null;
  }

  /** The segments, by their ids, that have to be recalled before `has` is asked for events that were published then, and for no others. */
  missing(published: string[]): number[] {
    const needed = this.#segments.filter((segment) => published.some((at) => mayHold(segment, at))).map(({ id }) => id);
    for (const id of this.#recalled.keys()) if (!needed.includes(id)) this.#recalled.delete(id);
    return needed.filter((id) => !this.#recalled.has(id));
  }

  /** Takes in the keys of a segment, as the store has them, for as long as they are needed. */
  recall(id: number, keys: Buffer): void {
    const set = new KeySet(keys.length / 16);
    addAll(set, keys);
    this.#recalled.set(id, set);
  }

  /** The poll is over: what it has recalled is not kept. */
  release(): void {
    this.#recalled.clear();
  }

  /** Whether the event with the key of this row was delivered lately. */
  has(keys: Keys, row: number): boolean {
    if (this.#young.has(keys, row) || this.#old.has(keys, row)) return true;
    for (const recalled of this.#recalled.values()) if (recalled.has(keys, row)) return true;
    return false;
  }

  /** The event with the key of this row is delivered. */
  add(keys: Keys, row: number): void {
    this.#young.add(keys, row);
  }

  /** The store has one more row of it. Whether there are so many that they are to be joined. */
  noteSave(): boolean {
    return ++this.#parts >= mostParts;
  }

  /** What the store had beside its segments is in these now, which are all. */
  noteJoined(segments: Segment[]): void {
    this.#parts = 0;
    this.#segments = segments;
    this.#old = this.#young;
    this.#young = new KeySet(smallest);
  }

  /** How much memory it takes. */
  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }
}

function addAll(set: KeySet, stored: Buffer): void {
  const keys = fromBytes(stored);
  for (let row = 0; row < keys.length / 4; row++) set.add(keys, row);
}
