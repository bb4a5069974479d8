import { availableParallelism } from 'node:os';
import { constants, createGzip, type Gzip } from 'node:zlib';
import { type Chunk, type Source, writeChunk } from './chunks.ts';
import { Slots } from './slots.ts';

/**
 * Makes the bodies of uploads: as many at a time as there are processors, each in memory that is used again. More at once
 * would only take more of it.
 */
export class Compressor {
  readonly #presses: Slots<Press>;

  constructor(atOnce = availableParallelism()) {
    this.#presses = new Slots(Array.from({ length: atOnce }, () => new Press()));
  }

  /**
   * The events of `chunk` as a JSON array, compressed by gzip at level 1, in memory of its own. Whoever calls keeps the source
   * as it is until then.
   */
  body(source: Source, chunk: Chunk): Promise<Buffer> {
    return this.#presses.hold((press) => press.body(source, chunk));
  }
}

/** Large, because each piece of output is a trip between threads. */
const outputBytes = 512 * 1024;

/** One compressor with its input buffer. A new one for each body would be a megabyte of garbage each time. */
class Press {
  // Every compressor of Node's has `reset`; the types name it for two of them.
  readonly #gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: outputBytes }) as Gzip & { reset(): void };
  #input = Buffer.alloc(0);
  #output: Buffer[] = [];

  constructor() {
    this.#gzip.on('data', (piece: Buffer) => this.#output.push(piece));
  }

  async body(source: Source, chunk: Chunk): Promise<Buffer> {
    if (this.#input.length < chunk.bytes) this.#input = Buffer.allocUnsafeSlow(chunk.bytes);
    this.#gzip.write(writeChunk(source, chunk, this.#input));
    await new Promise<void>((done) => this.#gzip.flush(constants.Z_FINISH, done));
    this.#gzip.reset();
    const body = Buffer.concat(this.#output);
    this.#output = [];
    // gzip ends with the length of what went in: a body that is not whole must not leave here.
    if (body.readUInt32LE(body.length - 4) !== chunk.bytes) throw new Error('A body was not compressed whole.');
    return body;
  }
}
