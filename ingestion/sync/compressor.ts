import { availableParallelism } from 'node:os';
import { type Chunk, type Source, writeChunk } from './chunks.ts';
import { type Gzip, openGzip } from './gzip.ts';
import { Slots } from './slots.ts';

/** How the bodies of uploads are compressed. */
export type Compression = 'gzip' | 'none';

type Settings = { compression: Compression; atOnce: number };

/**
 * Makes the bodies of uploads: as many at a time as there are processors, each in memory that is used again. More at once
 * would only take more of it.
 */
export class Compressor {
  readonly #presses: Slots<Press> | null;

  constructor({ compression = 'gzip', atOnce = availableParallelism() }: Partial<Settings> = {}) {
    const { make } = openGzip();
    const presses = () => new Slots(Array.from({ length: atOnce }, () => new Press(make())));
    this.#presses = compression === 'gzip' ? presses() : null;
  }

  /** The events of `chunk` as a JSON array, in memory of its own. Whoever calls keeps the source as it is until then. */
  async body(source: Source, chunk: Chunk): Promise<Buffer> {
    if (!this.#presses) return writeChunk(source, chunk, Buffer.allocUnsafeSlow(chunk.bytes));
    return this.#presses.hold((press) => press.body(source, chunk));
  }
}

/** One gzip with its input buffer. */
class Press {
  readonly #gzip: Gzip;
  #input = Buffer.alloc(0);

  constructor(gzip: Gzip) {
    this.#gzip = gzip;
  }

  async body(source: Source, chunk: Chunk): Promise<Buffer> {
    if (this.#input.length < chunk.bytes) this.#input = Buffer.allocUnsafeSlow(chunk.bytes);
    const body = await this.#gzip.gzip(writeChunk(source, chunk, this.#input));
    // gzip ends with the length of what went in: a body that is not whole must not leave here.
    if (body.readUInt32LE(body.length - 4) !== chunk.bytes) throw new Error('A body was not compressed whole.');
    return body;
  }
}
