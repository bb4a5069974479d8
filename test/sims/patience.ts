import type { Deadline } from '../../ingestion/runtime/deadline.ts';

/**
 * What threads share: how many outbound calls are under way, how many somebody keeps waiting on purpose, and who sleeps; then
 * the change of the clock that each of those who wait for it has followed, 0 where nobody waits.
 */
export type SharedPatience = Int32Array<SharedArrayBuffer>;

const underWay = 0;
const held = 1;
const asleep = 2;
const followers = 3;
const sharedLength = 64;
/** How often it is looked whether time counts, in real milliseconds. */
const lookMs = 10;
/** Whoever waits for longer than this, in real time, has gone. */
const forgottenMs = 10 * 60_000;

type Waiter = { leftMs: number; since: number; abort(): void };

/** Says to all threads which change of the clock somebody here has followed, for as long as anybody here waits for the time. */
export class Follower {
  readonly #shared: SharedPatience;
  #place = 0;

  constructor(shared: SharedPatience) {
    this.#shared = shared;
  }

  follow(change: number): void {
    if (this.#place > 0) Atomics.store(this.#shared, this.#place, change);
    else this.#place = this.#claim(change);
  }

  leave(): void {
    if (this.#place > 0) Atomics.store(this.#shared, this.#place, 0);
    this.#place = 0;
  }

  #claim(change: number): number {
    for (let place = followers; place < sharedLength; place++)
      if (Atomics.compareExchange(this.#shared, place, 0, change) === 0) return place;
    throw new Error('too many wait for the clock');
  }
}

/**
 * The deadlines of a simulated runtime. Their time is the clock's, but it counts only while all who are under way are kept
 * waiting on purpose, by a simulator that hangs or is slow: how long this computer takes is nobody's fault. A jump of the
 * clock counts as soon as that is so, and not at all where nobody is kept waiting.
 */
export class Patience {
  readonly shared: SharedPatience;
  readonly #now: () => number;
  readonly #speed: () => number;
  readonly #change: () => number;
  readonly #follower: Follower;
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #seen = { now: 0, real: 0 };
  #owedMs = 0;

  /** `change` is the number of the clock's last change, from 1. */
  constructor(given: {
    now: () => number;
    speed: () => number;
    change: () => number;
    shared?: SharedPatience | undefined;
  }) {
    this.#now = given.now;
    this.#speed = given.speed;
    this.#change = given.change;
    this.shared = given.shared ?? new Int32Array(new SharedArrayBuffer(4 * sharedLength));
    this.#follower = new Follower(this.shared);
  }

  /** Somebody is kept waiting on purpose until the returned function is called. */
  readonly hold = (): (() => void) => this.#counted(held);

  /** Whether a call is under way that nobody keeps waiting on purpose. */
  get isAtWork(): boolean {
    return Atomics.load(this.shared, underWay) > Atomics.load(this.shared, held);
  }

  /** Whether all threads have followed the last change of the clock, so that who sleeps or has a deadline has felt it. */
  get hasFollowed(): boolean {
    const change = this.#change();
    return this.shared.every((_, place) => place < followers || [0, change].includes(Atomics.load(this.shared, place)));
  }

  /** Somebody sleeps until the returned function is called. */
  readonly rest = (): (() => void) => this.#counted(asleep);

  /** How many wait for time to pass: asleep, or kept waiting on purpose. */
  get waiting(): number {
    return Atomics.load(this.shared, held) + Atomics.load(this.shared, asleep);
  }

  /** A call is under way until the returned function is called. */
  readonly begin = (): (() => void) => this.#counted(underWay);

  readonly deadline = (ms: number): Deadline => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The time is over.', 'TimeoutError'));
    const waiter: Waiter = { leftMs: ms, since: performance.now(), abort };
    if (ms <= 0) abort();
    else this.#wait(waiter);
    return { signal: controller.signal, leftMs: () => Math.max(0, waiter.leftMs) };
  };

  #counted(what: number): () => void {
    let counts = true;
    Atomics.add(this.shared, what, 1);
    return () => {
      if (counts) Atomics.sub(this.shared, what, 1);
      counts = false;
    };
  }

  #wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
    if (this.#timer) return;
    this.#follower.follow(this.#change());
    this.#seen = { now: this.#now(), real: performance.now() };
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  #look(): void {
    const change = this.#change();
    const [now, real] = [this.#now(), performance.now()];
    const passed = (real - this.#seen.real) * this.#speed();
    // What the two clocks differ by beyond a rounding is a jump.
    const jumped = now - this.#seen.now - passed;
    this.#seen = { now, real };
    const kept = Atomics.load(this.shared, held);
    const calls = Atomics.load(this.shared, underWay);
    if (kept === 0) this.#owedMs = 0;
    else if (jumped > 100 * this.#speed()) this.#owedMs += jumped;
    if (calls > 0 && calls <= kept) this.#owedMs = this.#count(passed + this.#owedMs);
    if (this.#owedMs === 0) this.#follower.follow(change);
    this.#forget(real);
  }

  /** Counts up to the first deadline, as whoever has lived by it acts before the next one ends; returns what is left over. */
  #count(ms: number): number {
    const counted = Math.min(ms, ...[...this.#waiting].map(({ leftMs }) => leftMs));
    for (const waiter of this.#waiting) waiter.leftMs -= counted;
    for (const waiter of this.#waiting) {
      if (waiter.leftMs > 0) continue;
      this.#waiting.delete(waiter);
      waiter.abort();
    }
    return ms - counted;
  }

  #forget(real: number): void {
    for (const waiter of this.#waiting) {
      // In the order in which they came.
      if (real - waiter.since < forgottenMs) break;
      this.#waiting.delete(waiter);
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#follower.leave();
  }
}
