import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { KoffiFunc } from 'koffi';

/** As Debian's package libisal2, and others, install it; the number stands for how its structures lie in memory. */
const library = 'libisal.so.2';
/** Files no larger than zlib's at level 1, in a third of the time. */
const level = 2;

/**
 * Where the fields of its `struct isal_zstream` are that are set and read here, for pointers of 64 bits
 * (https://github.com/intel/isa-l/blob/v2.30.0/include/igzip_lib.h).
 */
const at = {
  nextIn: 0,
  bytesIn: 8,
  nextOut: 16,
  bytesOut: 24,
  written: 28,
  level: 40,
  levelBytes: 44,
  levelMemory: 48,
  endOfStream: 56,
  gzipFlag: 60,
} as const;
/** The structure takes some 84 KB. */
const streamBytes = 128 * 1024;
/** A compiler may expect the structure to begin on such a boundary. */
const alignment = 64;
/** More makes files no smaller; what is too little for the level, the library refuses. */
const levelBytes = 256 * 1024;

/** The functions of the library, by koffi, which calls C without a compiler (https://koffi.dev). */
type Library = {
  init: KoffiFunc<(stream: Buffer) => void>;
  deflate: KoffiFunc<(stream: Buffer) => number>;
  addressOf(memory: Buffer): bigint;
};

/** Makes gzip files by Intel's ISA-L, one at a time, in memory of its own that is used again. */
export class IsaL {
  readonly #library: Library;
  readonly #deflate: (stream: Buffer) => Promise<number>;
  readonly #stream: Buffer;
  readonly #levelMemory = Buffer.allocUnsafeSlow(levelBytes);
  #out = Buffer.alloc(0);

  private constructor(library: Library) {
    this.#library = library;
    this.#deflate = promisify(library.deflate.async);
    const room = Buffer.alloc(streamBytes + alignment);
    const start = Number(-library.addressOf(room) & BigInt(alignment - 1));
    this.#stream = room.subarray(start, start + streamBytes);
  }

  /**
   * Finds the library; null where it is not installed. Throws when what is installed does not make the file that it should, or
   * writes where it should not: then it is another than is meant here.
   */
  static find(): { make(): IsaL } | null {
    if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
    const found = load();
    if (!found) return null;
    new IsaL(found).#prove();
    return { make: () => new IsaL(found) };
  }

  /** The bytes as a gzip file, in memory of its own. Whoever calls keeps them as they are until then. */
  async gzip(bytes: Buffer): Promise<Buffer> {
    this.#begin(bytes);
    return this.#end(await this.#deflate(this.#stream));
  }

  #begin(bytes: Buffer): void {
    // What can't be made smaller grows by an eighth at most: a byte takes nine bits of code where it takes most.
    const most = bytes.length + Math.ceil(bytes.length / 8) + 4096;
    if (this.#out.length < most) this.#out = Buffer.allocUnsafeSlow(most);
    const { init, addressOf } = this.#library;
    const stream = this.#stream;
    init(stream);
    stream.writeBigUInt64LE(addressOf(bytes), at.nextIn);
    stream.writeUInt32LE(bytes.length, at.bytesIn);
    stream.writeBigUInt64LE(addressOf(this.#out), at.nextOut);
    stream.writeUInt32LE(this.#out.length, at.bytesOut);
    stream.writeUInt32LE(level, at.level);
    stream.writeUInt32LE(levelBytes, at.levelBytes);
    stream.writeBigUInt64LE(addressOf(this.#levelMemory), at.levelMemory);
    stream.writeUInt16LE(1, at.endOfStream);
    stream.writeUInt16LE(1, at.gzipFlag);
  }

  #end(code: number): Buffer {
    const left = this.#stream.readUInt32LE(at.bytesIn);
    const room = this.#stream.readUInt32LE(at.bytesOut);
    if (code !== 0 || left > 0 || room === 0) throw new Error(`${library} ended with ${code} and ${left} bytes left`);
    return Buffer.from(this.#out.subarray(0, this.#stream.readUInt32LE(at.written)));
  }

  /** One file, by the very calls that all others take, and a look at the end of the structure's memory. */
  #prove(): void {
    const bytes = Buffer.from('Compressed here, and found again. '.repeat(4096));
    const unwritten = this.#stream.subarray(-alignment).fill(0xa5);
    this.#begin(bytes);
    const file = this.#end(this.#library.deflate(this.#stream));
    if (!gunzipSync(file).equals(bytes) || unwritten.some((byte) => byte !== 0xa5))
      throw new Error(`${library} is not the version that is meant`);
  }
}

/** Null where the library is not installed. */
function load(): Library | null {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  try {
    const found = koffi.load(library);
    return {
      init: found.func('void isal_deflate_init(void *stream)') as Library['init'],
      deflate: found.func('int isal_deflate(void *stream)') as Library['deflate'],
      addressOf: koffi.address,
    };
  } catch (error) {
    if (/no such file/i.test((error as Error).message)) return null;
    throw error;
  }
}
