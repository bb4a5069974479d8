import { openCache } from '../runtime/cache.ts';
import { fromBytes, KeySet, type Keys } from './event-keys.ts';

/** Keys of one generation; with two of them the window holds the last 200,000 to 400,000 events. */
const generationSize = 200_000;
const smallest = 512;
/** So many events, and not a single one, tell how far the log has been read. */
export const watermarkSample = 16;

/** The events that were delivered last, to know one that comes again. At most 17 MB. */
export class DedupWindow {
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

/**
 * The windows of the connectors that this process has polled last. One is good for the poll that follows its own; when
 * another instance has had a poll in between, or nothing is known, it is filled from the store.
 */
export class DedupWindows {
  readonly #kept = openCache<{ version: number; window: DedupWindow }>({ now: () => 0 }, { most: mostKept });

  /**
   * The window for the poll that holds `version` of the checkpoint, which nobody else gets until `keep`; filled from the keys
   * that `delivered` reads, oldest first, where the one at hand is not of the version before.
   */
  async take(connectorId: string, version: number, delivered: () => Promise<Buffer[]>): Promise<DedupWindow> {
    const kept = this.#kept.get(connectorId);
    this.#kept.delete(connectorId);
    if (kept?.version === version - 1) return kept.window;
    const window = new DedupWindow();
    for (const keys of (await delivered()).map(fromBytes))
      for (let row = 0; row < keys.length / 4; row++) window.add(keys, row);
    return window;
  }

  /** Keeps a window for the next poll, with the version of the checkpoint under which it was filled. */
  keep(connectorId: string, version: number, window: DedupWindow): void {
    this.#kept.set(connectorId, { version, window });
  }
}
