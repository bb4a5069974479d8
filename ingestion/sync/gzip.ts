import { constants, createGzip, type Gzip as GzipStream } from 'node:zlib';
import { IsaL } from './isa-l.ts';

/** Makes gzip files, one at a time; each in memory of its own, while whoever calls keeps the bytes as they are. */
export type Gzip = { gzip(bytes: Buffer): Promise<Buffer> };

/**
 * The fastest at hand: Intel's ISA-L, or Node's zlib where that is not installed or, as `fault` says, is of no use. Each that is
 * made works by itself.
 */
export function openGzip(): { name: 'ISA-L' | 'zlib'; fault: Error | null; make(): Gzip } {
  const zlib = { name: 'zlib', fault: null, make: () => new Zlib() } as const;
  try {
    const isaL = IsaL.find();
    return isaL ? { name: 'ISA-L', fault: null, make: isaL.make } : zlib;
  } catch (error) {
    return { ...zlib, fault: error as Error };
  }
}

/** Large, because each piece of output is a trip between threads. */
const outputBytes = 512 * 1024;

/** zlib at level 1, whose memory is used again: a new stream for each file would be a megabyte of garbage each time. */
export class Zlib implements Gzip {
  // Every compressor of Node's has `reset`; the types name it for two of them.
  readonly #stream = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: outputBytes }) as GzipStream & {
    reset(): void;
  };
  #output: Buffer[] = [];

  constructor() {
    this.#stream.on('data', (piece: Buffer) => this.#output.push(piece));
  }

  /** The bytes as a gzip file, in memory of its own. Whoever calls keeps them as they are until then. */
  async gzip(bytes: Buffer): Promise<Buffer> {
    this.#stream.write(bytes);
    await new Promise<void>((done) => this.#stream.flush(constants.Z_FINISH, done));
    this.#stream.reset();
    const file = Buffer.concat(this.#output);
    this.#output = [];
    return file;
  }
}
