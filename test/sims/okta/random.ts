const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A source of values that is the same for the same seed and index, on every machine and in any order of calls. */
export class Random {
  #state: number;

  constructor(seed: number, index: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  }

  /** A number in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** An identifier of 20 characters in Okta's style, `00u` for users, `0oa` for applications and so on. */
  id(prefix: string): string {
    let text = prefix;
    while (text.length < 20) text += LETTERS[this.below(LETTERS.length)];
    return text;
  }

  /** A run of lower-case hexadecimal digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.below(0x1000000).toString(16).padStart(6, '0');
    return text.slice(0, length);
  }
}
