import { openCache } from '../runtime/cache.ts';
import type { Unsaved } from './checkpoint-saver.ts';
import { fromBytes, KeySet, type Keys } from './event-keys.ts';

/** Keys of one generation; with two of them the window holds the last 200,000 to 400,000 events. */
const generationSize = 200_000;
const smallest = 512;
/** So many events, and not a single one, tell how far the log has been read. */
export const watermarkSample = 16;

/** The events that were delivered last, to know one that comes again. At most 17 MB. */
export class DedupWindow {
  /** A window that holds these keys, as the store has them, oldest first. */
  static from(delivered: Buffer[]): DedupWindow {
    const window = new DedupWindow();
    for (const keys of delivered.map(fromBytes)) for (let row = 0; row < keys.length / 4; row++) window.add(keys, row);
    return window;
  }

  readonly #times: number[] = [];
  #young = new KeySet(smallest);
  #old = new KeySet(0);

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

  /** Whether the event with the key of this row was delivered lately. */
  has(keys: Keys, row: number): boolean {
    return this.#young.has(keys, row) || this.#old.has(keys, row);
  }

  /** The event with the key of this row is delivered; when a generation is full, the one before it is forgotten. */
  add(keys: Keys, row: number): void {
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new KeySet(generationSize);
    }
    this.#young.add(keys, row);
  }
}

const mostKept = 50;

/** What a poll leaves to the next one of this process: its window, and what it knows that the store does not. */
export type Kept = { window: DedupWindow; unsaved: Unsaved | null };

/**
 * The windows of the connectors that this process has polled last. One is good for the poll that follows its own; when
 * another instance has had a poll in between, or nothing is known, it is to be filled from the store.
 */
export class DedupWindows {
  readonly #kept = openCache<Kept & { version: number }>({ now: () => 0 }, { most: mostKept });

  /** What the poll before the one that holds `version` of the checkpoint has kept, if that was ours; nobody else gets it until `keep`. */
  take(connectorId: string, version: number): Kept | null {
    const kept = this.#kept.get(connectorId);
    this.#kept.delete(connectorId);
    return kept?.version === version - 1 ? kept : null;
  }

  /** Keeps a window for the next poll, with the version of the checkpoint under which it was filled. */
  keep(connectorId: string, version: number, kept: Kept): void {
    this.#kept.set(connectorId, { ...kept, version });
  }
}
