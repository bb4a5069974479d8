import type { Checkpoint } from '../connector/checkpoint.ts';
import type { PageEvent } from '../okta/page-scanner.ts';
import { type Chunk, splitChunks } from './chunks.ts';

/** After a body that was too large, the next ones grow by so much from poll to poll, until they are as large as they may be. */
const growth = 1.1;
/** And no smaller than this part of it. */
const smallestPart = 16;

/**
 * How large the body of an upload may be before compression, in bytes: `most`, or less where Azure has called a larger one too
 * large (413), which the checkpoint remembers. Azure documents 1 MB a call (Logs Ingestion API, service limits), and not
 * whether that is counted before or after compression.
 */
export class ChunkSize {
  readonly #checkpoint: Pick<Checkpoint, 'chunkBytes'>;
  readonly #most: number;
  #shrunk = false;

  constructor(checkpoint: Pick<Checkpoint, 'chunkBytes'>, most: number) {
    this.#checkpoint = checkpoint;
    this.#most = most;
  }

  /** Splits events of a page; see `splitChunks`. */
  split(events: PageEvent[], rows: Iterable<number>): { chunks: Chunk[]; oversize: number[] } {
    const bytes = Math.min(this.#checkpoint.chunkBytes ?? this.#most, this.#most);
    return splitChunks(events, rows, { bytes, most: this.#most });
  }

  /** A body of so many bytes was too large. */
  shrink(refused: number): void {
    this.#shrunk = true;
    const half = Math.max(Math.ceil(refused / 2), this.#most / smallestPart);
    this.#checkpoint.chunkBytes = Math.min(this.#checkpoint.chunkBytes ?? half, half);
  }

  /** Grows a little after a poll in which nothing was too large; false when there is nothing to grow. */
  grow(): boolean {
    if (this.#checkpoint.chunkBytes === null || this.#shrunk) return false;
    const grown = Math.ceil(this.#checkpoint.chunkBytes * growth);
    this.#checkpoint.chunkBytes = grown < this.#most ? grown : null;
    return true;
  }
}
