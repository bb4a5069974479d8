import { createHash } from 'node:crypto';

/** Keys of one generation; with two of them the window holds the last 200,000 to 400,000 uuids. */
const generationSize = 200_000;
const smallest = 1_024;
/** So many events, and not a single one, tell how far the log has been read. */
export const witnesses = 16;

/**
 * The uuids that were delivered last, to know an event that comes again. It holds 128 bits of each, so a real UUID is held
 * exactly, and no other event is ever taken for it; an id of another form by its hash. At most 17 MB.
 */
export class Window {
  readonly #times: number[] = [];
  #young = new Generation();
  #old = new Generation();

  /**
   * Takes the times of the last events of a page that was delivered, and says how far the log has been read: the median of
   * the last ones, as Okta dates an event before it stores it. A few with a time in the future don't move it; where most are
   * later than Okta's own time, or there are too few, nothing can be told (null).
   */
  reached(times: number[], serverTime: number | null): number | null {
    this.#times.push(...times);
    this.#times.splice(0, this.#times.length - witnesses);
    const median = [...this.#times].sort((a, b) => a - b)[witnesses / 2 - 1];
    if (this.#times.length < witnesses || median === undefined) return null;
    return median <= (serverTime ?? median) ? median : null;
  }

  has(uuid: string): boolean {
    const key = keyOf(uuid);
    return this.#young.has(key) || this.#old.has(key);
  }

  add(uuid: string): void {
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(keyOf(uuid));
  }
}

const mostKept = 50;

/**
 * The windows of the connectors that this process has polled last. One is good for the beat that follows its own; when
 * another instance has had a beat in between, or nothing is known, it is filled from the store.
 */
export class Windows {
  readonly #kept = new Map<string, { version: number; window: Window }>();

  async take(connectorId: string, version: number, delivered: () => Promise<string[]>): Promise<Window> {
    const kept = this.#kept.get(connectorId);
    this.#kept.delete(connectorId);
    if (kept?.version === version - 1) return kept.window;
    const window = new Window();
    for (const uuid of await delivered()) window.add(uuid);
    return window;
  }

  /** Keeps a window for the next beat. */
  keep(connectorId: string, version: number, window: Window): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= mostKept && oldest) this.#kept.delete(oldest);
    this.#kept.set(connectorId, { version, window });
  }
}

type Key = Uint32Array;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Four words. Only the lower-case form is taken for what it says: another spelling is another id. */
function keyOf(uuid: string): Key {
  if (!uuidForm.test(uuid)) {
    const hash = createHash('sha256').update(`id ${uuid}`).digest();
    return Uint32Array.from([0, 4, 8, 12], (at) => hash.readUInt32BE(at));
  }
  const key = new Uint32Array(4);
  let digits = 0;
  for (let at = 0; at < 36; at++) {
    const code = uuid.charCodeAt(at);
    if (code === 45) continue;
    const word = digits++ >> 3;
    key[word] = ((key[word] as number) << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return key;
}

/** A hash table of keys in one array, open addressing, at most half full. Four zero words mean an empty slot. */
class Generation {
  size = 0;
  #words = new Uint32Array(4 * smallest);

  has(key: Key): boolean {
    return !this.#isEmpty(this.#place(key));
  }

  add(key: Key): void {
    this.#put(key);
    if (this.size * 8 > this.#words.length) this.#grow();
  }

  #put(key: Key): void {
    const at = this.#place(key);
    if (this.#isEmpty(at)) this.size++;
    this.#words.set(key, at);
  }

  #isEmpty(at: number): boolean {
    const words = this.#words;
    return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0;
  }

  /** Where the key is, or would be. Time-based uuids differ in few bits, so all of them decide. */
  #place(key: Key): number {
    const words = this.#words;
    const last = words.length / 4 - 1; // a power of two, less one
    const [a = 0, b = 0, c = 0, d = 0] = key;
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
      const key = before.subarray(at, at + 4);
      if (key.some((word) => word !== 0)) this.#put(key);
    }
  }
}
