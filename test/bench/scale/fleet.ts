import type { Config } from '../../../bot/config/config.ts';
import type { Closers } from '../command.ts';
import { usageOf } from '../cpu-time.ts';
import { KillableApp, startFlags } from '../killable.ts';
import type { Places } from '../places.ts';

/** Any number of equal apps, a process each. */
export class Fleet {
  readonly #apps: KillableApp[];

  private constructor(apps: KillableApp[]) {
    this.#apps = apps;
  }

  static start(instances: number, given: { config: Config; places: Places }, closers: Closers): Fleet {
    const apps = Array.from({ length: instances }, () => KillableApp.start({ ...given, flags: startFlags }));
    closers.push(async () => void (await Promise.all(apps.map((app) => app.stop()))));
    return new Fleet(apps);
  }

  /** Rejects when one of them ends of its own accord. */
  get ended(): Promise<never> {
    return Promise.race(this.#apps.map((app) => app.ended));
  }

  /** The ports on which they listen to Teams, once all do. */
  ready(): Promise<number[]> {
    return Promise.all(this.#apps.map((app) => app.ready()));
  }

  /** CPU time of all up to now, and the memory of the largest; null where there is no /proc. */
  async usage(): Promise<{ cpuUs: number; rssMb: number } | null> {
    const all = await Promise.all(this.#apps.map(({ pid }) => usageOf(pid)));
    const known = all.filter((usage) => usage !== null);
    if (known.length < all.length) return null;
    return {
      cpuUs: known.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
      rssMb: Math.max(...known.map(({ rssMb }) => rssMb)),
    };
  }

  /** The end of what each has logged. */
  get log(): string {
    return this.#apps.map(({ log }) => log).join('');
  }
}
