type Sleeper = { due: number; wake(): void; fail(reason: unknown): void; signal: AbortSignal | undefined };

/** The simulated world's time: it runs `speed` times as fast as ours, and jumps when told to. */
export class Clock {
  #base: number;
  #since = performance.now();
  #speed: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #sleepers = new Set<Sleeper>();

  constructor(options: { start?: number; speed?: number } = {}) {
    this.#base = options.start ?? Date.now();
    this.#speed = options.speed ?? 1;
  }

  readonly now = (): number => Math.round(this.#base + (performance.now() - this.#since) * this.#speed);

  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    this.#base = this.now();
    this.#since = performance.now();
    this.#speed = speed;
    this.#plan();
  }

  /** Jumps `ms` ahead and wakes whoever slept until a time in between. */
  advance(ms: number): void {
    this.#base += ms;
    this.#wake();
  }

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((wake, fail) => {
      if (signal?.aborted) return fail(signal.reason);
      const sleeper: Sleeper = { due: this.now() + ms, wake, fail, signal };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => this.#sleepers.delete(sleeper) && fail(signal.reason), { once: true });
      this.#plan();
    });

  #wake(): void {
    const now = this.now();
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const next = Math.min(...[...this.#sleepers].map(({ due }) => due));
    if (Number.isFinite(next))
      this.#timer = setTimeout(() => this.#wake(), Math.max(0, (next - this.now()) / this.#speed) + 1);
  }
}
