/** Buffers that lie idle, for the next page; their sizes are rounded up so that most pages fit. */
const mostIdle = 4;
const largestIdle = 16 * 1024 * 1024;
const step = 1024 * 1024;

/**
 * The memory for pages: lent, given back and lent again, so that page after page lies in the same place, and the process
 * knows how much it has in hand.
 */
export class BufferPool {
  readonly #idle: Buffer[] = [];
  readonly #lent = new Map<ArrayBufferLike, Buffer>();
  readonly #waiting: (() => void)[] = [];
  readonly #mostBytes: number;
  #bytes = 0;

  /** Pages of all connectors together may take `mostBytes`, beside the one that each is reading. */
  constructor(mostBytes = 64_000_000) {
    this.#mostBytes = mostBytes;
  }

  /** A buffer of exactly `bytes` bytes, of any content, at once and whatever is in hand. Without `give`, it counts for ever. */
  take(bytes: number): Buffer {
    const fitting = this.#idle.findIndex(({ length }) => length >= bytes && length <= bytes + 4 * step);
    const whole =
      fitting >= 0
        ? (this.#idle.splice(fitting, 1)[0] as Buffer)
        : Buffer.allocUnsafeSlow(Math.max(1, Math.ceil(bytes / step)) * step);
    this.#lent.set(whole.buffer, whole);
    this.#bytes += whole.length;
    return whole.subarray(0, bytes);
  }

  /** Takes a page back; nobody may read it any more. A second time changes nothing. */
  give(page: Buffer): void {
    const whole = this.#lent.get(page.buffer);
    if (!whole) return;
    this.#lent.delete(page.buffer);
    this.#bytes -= whole.length;
    if (whole.length <= largestIdle) this.#idle.push(whole);
    if (this.#idle.length > mostIdle) this.#idle.shift();
    if (this.#bytes < this.#mostBytes) for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves when less than the most is in hand; rejects with the signal's reason when that aborts first. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#bytes >= this.#mostBytes) {
      signal.throwIfAborted();
      await new Promise<void>((go) => {
        this.#waiting.push(go);
        signal.addEventListener('abort', () => go(), { once: true });
      });
    }
  }
}
