import { Follower, Patience, type SharedPatience } from './patience.ts';

type Sleeper = { due: number; wake(): void };

/** What threads share of a clock: `base` and `speed`, and how often they were changed (odd: a change is under way). */
export type SharedTime = {
  numbers: Float64Array<SharedArrayBuffer>;
  changes: Int32Array<SharedArrayBuffer>;
  patience: SharedPatience;
};

const base = 0;
const speed = 1;

/** The simulated world's time: it runs `speed` times as fast as ours, and jumps when told to, in all threads at once. */
export class Clock {
  /** Given to a clock in another thread, it makes that one tell the same time. */
  readonly shared: SharedTime;
  /** The deadlines of whoever lives by this clock. */
  readonly patience: Patience;
  #timer: NodeJS.Timeout | undefined;
  #watching = false;
  readonly #sleepers = new Set<Sleeper>();
  readonly #follower: Follower;

  constructor(options: { start?: number; speed?: number; shared?: SharedTime } = {}) {
    this.patience = new Patience({
      now: this.now,
      speed: () => this.speed,
      change: () => this.#change,
      shared: options.shared?.patience,
    });
    this.#follower = new Follower(this.patience.shared);
    this.shared = options.shared ?? {
      numbers: new Float64Array(new SharedArrayBuffer(16)),
      changes: new Int32Array(new SharedArrayBuffer(4)),
      patience: this.patience.shared,
    };
    if (!options.shared) this.#set(options.start ?? Date.now(), options.speed ?? 1);
  }

  readonly now = (): number => {
    const [from, pace] = this.#read();
    return Math.round(from + realTime() * pace);
  };

  get speed(): number {
    return this.#read()[1];
  }

  set speed(pace: number) {
    this.#set(this.now(), pace);
  }

  /** Jumps `ms` ahead and wakes whoever slept until a time in between. */
  advance(ms: number): void {
    this.#set(this.now() + ms, this.speed);
  }

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((wake, fail) => {
      if (signal?.aborted) return fail(signal.reason);
      const awake = this.patience.rest();
      const sleeper: Sleeper = {
        due: this.now() + ms,
        wake: () => {
          awake();
          wake();
        },
      };
      this.#sleepers.add(sleeper);
      this.#follower.follow(this.#change);
      const leave = () => {
        if (!this.#sleepers.delete(sleeper)) return;
        awake();
        if (this.#sleepers.size === 0) this.#follower.leave();
        // A timer for somebody who left would keep the process alive.
        this.#plan();
        fail(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#plan();
      void this.#watch();
    });

  get #change(): number {
    return Atomics.load(this.shared.changes, 0);
  }

  #read(): [base: number, speed: number] {
    const { numbers, changes } = this.shared;
    for (;;) {
      const before = Atomics.load(changes, 0);
      const read: [number, number] = [numbers[base] as number, numbers[speed] as number];
      if (before % 2 === 0 && before === Atomics.load(changes, 0)) return read;
    }
  }

  /** From now on it is `now`, and time runs `pace` times as fast. */
  #set(now: number, pace: number): void {
    const { numbers, changes } = this.shared;
    Atomics.add(changes, 0, 1);
    numbers[base] = now - realTime() * pace;
    numbers[speed] = pace;
    Atomics.add(changes, 0, 1);
    Atomics.notify(changes, 0);
    this.#wake();
  }

  #wake(): void {
    const change = this.#change;
    const now = this.now();
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    if (this.#sleepers.size === 0) this.#follower.leave();
    else this.#follower.follow(change);
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const next = Math.min(...[...this.#sleepers].map(({ due }) => due));
    if (Number.isFinite(next))
      this.#timer = setTimeout(() => this.#wake(), Math.max(0, (next - this.now()) / this.speed) + 1);
  }

  /** Hears of changes that another thread makes, for as long as anybody sleeps. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { changes } = this.shared;
    while (this.#sleepers.size > 0) {
      const seen = Atomics.load(changes, 0);
      this.#wake();
      await Atomics.waitAsync(changes, 0, seen).value;
    }
    this.#watching = false;
  }
}

/** Milliseconds by a clock that never jumps, the same in all threads. */
function realTime(): number {
  return performance.timeOrigin + performance.now();
}
