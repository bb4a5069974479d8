import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What one run took of this process, from `begin` to the last `mark`. CPU is that of all threads, user and system. */
export type Figures = { seconds: number; cpuUs: number; peakRssMb: number; stallMsP99: number };

const resolutionMs = 1;

/** Measures this process over one run. */
export class Meter {
  readonly #stalls = monitorEventLoopDelay({ resolution: resolutionMs });
  #begun = 0;
  #cpu = process.cpuUsage();
  #last = { at: 0, cpuUs: 0 };
  #peakRss = 0;

  get running(): boolean {
    return this.#begun > 0;
  }

  /** Milliseconds since the last `mark`. */
  get silentMs(): number {
    return performance.now() - this.#last.at;
  }

  begin(): void {
    this.#stalls.enable();
    this.#cpu = process.cpuUsage();
    this.#begun = performance.now();
  }

  /** Something was accepted: this may be the end. */
  mark(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#last = { at: performance.now(), cpuUs: user + system };
    this.#peakRss = Math.max(this.#peakRss, process.memoryUsage.rss());
  }

  end(): Figures {
    this.#stalls.disable();
    return {
      seconds: (this.#last.at - this.#begun) / 1000,
      cpuUs: this.#last.cpuUs,
      peakRssMb: this.#peakRss / 2 ** 20,
      stallMsP99: Math.max(0, this.#stalls.percentile(99) / 1e6 - resolutionMs),
    };
  }
}
