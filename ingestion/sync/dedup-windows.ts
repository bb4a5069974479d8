import { openCache } from '../runtime/cache.ts';
import type { Unsaved } from './checkpoint-saver.ts';
import type { DedupWindow } from './dedup-window.ts';

/** What a poll leaves to the next one of this process: its window, and what it knows that the store does not. */
export type Kept = { window: DedupWindow; unsaved: Unsaved | null };

/**
 * The windows of the connectors that this process has polled last, in so much memory at most. One is good for the poll that
 * follows its own; when another instance has had a poll in between, or nothing is known, it is to be filled from the store.
 */
export class DedupWindows {
  readonly #kept;

  constructor(mostBytes: number) {
    const bytesOf = ({ window }: Kept) => window.bytes + ownBytes;
    this.#kept = openCache<Kept & { version: number }>({ now: () => 0 }, { mostBytes, bytesOf });
  }

  /** What the poll before the one that holds `version` of the checkpoint has kept, if that was ours; nobody else gets it until `keep`. */
  take(connectorId: string, version: number): Kept | null {
    const kept = this.#kept.get(connectorId);
    this.#kept.delete(connectorId);
    return kept?.version === version - 1 ? kept : null;
  }

  /** Keeps a window for the next poll, with the version of the checkpoint under which it was filled. */
  keep(connectorId: string, version: number, kept: Kept): void {
    kept.window.release();
    this.#kept.set(connectorId, { ...kept, version });
  }

  /** How much memory those that wait for a poll take. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }
}

/** What a window takes beside its keys. */
const ownBytes = 2_048;
