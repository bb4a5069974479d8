import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What one run took of this process, from `begin` to the last `mark`. CPU is that of all threads, user and system. */
export type Figures = { seconds: number; cpuUs: number; peakRssMb: number; stallMsP99: number };

const resolutionMs = 1;

/** How long this thread's event loop is kept from turning, beyond the timer's own resolution. */
export class Stalls {
  readonly #delays = monitorEventLoopDelay({ resolution: resolutionMs });

  begin(): void {
    this.#delays.enable();
  }

  get msP99(): number {
    return Math.max(0, this.#delays.percentile(99) / 1e6 - resolutionMs);
  }
}

/** Measures this process, and the event loop of this thread, over one run. */
export class Meter {
  readonly #stalls = new Stalls();
  #begun = 0;
  #cpu = process.cpuUsage();
  #last = { at: 0, cpuUs: 0 };
  #peakRss = 0;

  get running(): boolean {
    return this.#begun > 0;
  }

  begin(): void {
    this.#stalls.begin();
    this.#cpu = process.cpuUsage();
    this.#begun = performance.now();
  }

  /** Something was accepted: this may be the end. */
  mark(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#last = { at: performance.now(), cpuUs: user + system };
    this.#peakRss = Math.max(this.#peakRss, process.memoryUsage.rss());
  }

  get figures(): Figures {
    return {
      seconds: (this.#last.at - this.#begun) / 1000,
      cpuUs: this.#last.cpuUs,
      peakRssMb: this.#peakRss / 2 ** 20,
      stallMsP99: this.#stalls.msP99,
    };
  }
}
