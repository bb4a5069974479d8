import { createHash } from 'node:crypto';

/** Keys of events, four words each, one behind the other: key `n` is at `4 * n`. */
export type Keys = Uint32Array;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The keys by which the events of a page are known: the 128 bits of a real UUID, so that no other event is ever taken for
 * it; the hash of an id of another form, and of an event without one.
 */
export function keysOf(page: Buffer, events: { uuid: string; start: number; end: number }[]): Keys {
  const keys = new Uint32Array(4 * events.length);
  for (const [row, { uuid, start, end }] of events.entries()) {
    if (uuid === '') hashInto(keys, 4 * row, { kind: 'event ', bytes: page.subarray(start, end) });
    else idInto(keys, 4 * row, uuid);
  }
  return keys;
}

/** The key of an event with this uuid: the one that `keysOf` gives it. */
export function keyOf(uuid: string): Keys {
  const key = new Uint32Array(4);
  idInto(key, 0, uuid);
  return key;
}

/** Only the lower-case form is taken for what it says: another spelling is another id. */
function idInto(keys: Keys, at: number, uuid: string): void {
  if (!uuidForm.test(uuid)) {
    hashInto(keys, at, { kind: 'id ', bytes: Buffer.from(uuid, 'utf16le') });
    return;
  }
  let digits = 8 * at;
  for (let index = 0; index < 36; index++) {
    const code = uuid.charCodeAt(index);
    if (code === 45) continue;
    const word = digits++ >> 3;
    keys[word] = ((keys[word] as number) << 4) | (code < 58 ? code - 48 : code - 87);
  }
}

function hashInto(keys: Keys, at: number, { kind, bytes }: { kind: string; bytes: Buffer }): void {
  const hash = createHash('sha256').update(kind).update(bytes).digest();
  for (let word = 0; word < 4; word++) keys[at + word] = hash.readUInt32BE(4 * word);
}

/** The keys of these rows, copied, in the order of the rows. */
export function pickKeys(keys: Keys, rows: Iterable<number>): Keys {
  const picked = new Uint32Array(keys.length);
  let size = 0;
  for (const row of rows) for (let word = 4 * row; word < 4 * row + 4; word++) picked[size++] = keys[word] as number;
  return picked.subarray(0, size);
}

/** The keys of all parts, in their order, in one new array. */
export function joinKeys(parts: Keys[]): Keys {
  const joined = new Uint32Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Keys as the store has them: the words in the byte order of all machines that run Node. */
export function bytesOf(keys: Keys): Buffer {
  return Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
}

/** Keys out of the store's bytes, copied; what `bytesOf` has made. */
export function fromBytes(bytes: Buffer): Keys {
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** A set of keys: a hash table in one array, open addressing, at most half full. Four zero words mean an empty slot. */
export class KeySet {
  size = 0;
  #words: Uint32Array;

  /** How much memory it takes. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** With room for `expected` keys; it grows when there are more. */
  constructor(expected: number) {
    this.#words = new Uint32Array(4 * 2 ** Math.ceil(Math.log2(2 * Math.max(expected, 8))));
  }

  /** Whether the key of this row is in the set. */
  has(keys: Keys, row: number): boolean {
    return !this.#isEmpty(this.#place(keys, 4 * row));
  }

  /** Puts the key of this row in; a second time changes nothing. */
  add(keys: Keys, row: number): void {
    this.#put(keys, 4 * row);
    if (this.size * 8 > this.#words.length) this.#grow();
  }

  #put(keys: Keys, from: number): void {
    const at = this.#place(keys, from);
    if (!this.#isEmpty(at)) return;
    this.size++;
    for (let word = 0; word < 4; word++) this.#words[at + word] = keys[from + word] as number;
  }

  #isEmpty(at: number): boolean {
    const words = this.#words;
    return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0;
  }

  /** Where the key is, or would be. Time-based uuids differ in few bits, so all of them decide. */
  #place(keys: Keys, from: number): number {
    const words = this.#words;
    const last = words.length / 4 - 1; // a power of two, less one
    const a = keys[from] as number;
    const b = keys[from + 1] as number;
    const c = keys[from + 2] as number;
    const d = keys[from + 3] as number;
    let mixed = Math.imul(
      a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f),
      0x9e3779b1,
    );
    mixed ^= mixed >>> 15;
    for (let slot = mixed & last; ; slot = (slot + 1) & last) {
      const at = 4 * slot;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return at;
      if (this.#isEmpty(at)) return at;
    }
  }

  #grow(): void {
    const before = this.#words;
    this.#words = new Uint32Array(2 * before.length);
    this.size = 0;
    for (let at = 0; at < before.length; at += 4) {
      if (before[at] || before[at + 1] || before[at + 2] || before[at + 3]) this.#put(before, at);
    }
  }
}
