import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Random } from '../../sims/okta/random.ts';
import { type Closers, say } from '../command.ts';
import type { Company } from '../company.ts';
import type { DataDir } from '../data-dir.ts';
import type { Storm } from '../storm.ts';
import { type Doubts, newestRequests, noted } from './doubts.ts';
import { Instance } from './instance.ts';
import { whileLocked } from './locked-row.ts';
import { calmMs } from './options.ts';
import type { Disturbance } from './plan.ts';
import { PollGaps } from './poll-gaps.ts';

/** So long after it goes on, an app knows that others have its work; after a restart of the store, what was under way has ended. */
const awakeMs = 5_000;
const storeBackMs = 1_000;
/** So long apps go on after the backup that is restored then. */
const sinceBackupMs = 10_000;
/** Whoever is polled so late besides the interval has missed a poll. */
const missedMs = 5_000;

type Given = {
  company: Company;
  dataDir: DataDir;
  doubts: Doubts;
  storm: Storm | null;
  seed: number;
  signal: AbortSignal;
};

/** What is fixed: how many apps, the address of the store that they share (null: the one app has its own), and lengths of time. */
type Shape = { instances: number; url: string | null; intervalMs: number; longPauseMs: number; lockMs: number };

/** Equal apps on one store, to which everything is done that can happen to processes and servers. */
export class Apps {
  readonly done = { kill: 0, stop: 0, pause: 0, 'postgres-restart': 0, restore: 0 };
  /** The longest time in ms that a connector went without a poll while an app stood still for long; null: none did. */
  longestGapMs: number | null = null;
  /** How many other connectors missed polls while a row was held, by its table. */
  readonly silenced: Record<string, number> = {};
  readonly #given: Given;
  readonly #shape: Shape;
  readonly #instances: Instance[];
  readonly #random: Random;
  readonly #pauses = new Set<Promise<void>>();

  private constructor(given: Given, shape: Shape) {
    const { company, dataDir, seed } = given;
    const config = { ...company.config(dataDir.path), ...(shape.url && { databaseUrl: shape.url }) };
    this.#given = given;
    this.#shape = shape;
    this.#random = new Random(seed, 5);
    this.#instances = Array.from({ length: shape.instances }, (_, at) => new Instance(at + 1, { company, config }));
  }

  /** Starts them; returns when all are up, with the port on which the first listens to Teams. */
  static async open(closers: Closers, given: Given, shape: Shape): Promise<{ apps: Apps; port: number }> {
    const apps = new Apps(given, shape);
    closers.push(async () => void (await Promise.all(apps.#instances.map((instance) => instance.close()))));
    const [port = 0] = await Promise.all(apps.#instances.map((instance) => instance.ready()));
    return { apps, port };
  }

  /** How many are of this version. */
  get upgraded(): number {
    return this.#instances.filter(({ isUpgraded }) => isUpgraded).length;
  }

  /** Rejects when one of them ends of its own accord. */
  get ended(): Promise<never> {
    return Promise.race(this.#instances.map(({ ended }) => ended));
  }

  get log(): string {
    return this.#instances.map(({ log }) => log).join('');
  }

  async withStore<T>(work: (store: pg.Client) => Promise<T>): Promise<T> {
    const store = new pg.Client({ connectionString: this.#shape.url ?? (await this.#given.dataDir.server()).url });
    await store.connect();
    return work(store).finally(() => store.end());
  }

  /** Does it. Pauses go on beside what comes next, but for the long one. */
  async disturb(disturbance: Disturbance): Promise<void> {
    const { company, doubts } = this.#given;
    say(`${JSON.stringify(disturbance)} at ${company.stored} events, ${company.now()}, request ${doubts.count}`);
    this.#given.signal.throwIfAborted(); // what is started now would not be stopped any more
    switch (disturbance.kind) {
      case 'kill':
        return this.#kill(await this.#victim());
      case 'stop':
        return this.#stop(await this.#victim({ upgrade: true }));
      case 'pause':
        return this.#pause(await this.#victim(), disturbance.ms);
      case 'long-pause':
        return this.#calmly(() => this.#longPause());
      case 'postgres-restart':
        return this.#restartStore();
      case 'restore':
        return this.#restore();
      case 'lock':
        return this.#calmly(() => this.#lock(disturbance.table));
    }
  }

  /** So much of the company's time goes by at once, in all of them. */
  advance(ms: number): void {
    for (const instance of this.#instances) instance.advance(ms);
  }

  /** Waits until none stands still any more. */
  async allGoOn(): Promise<void> {
    await Promise.all(this.#pauses);
  }

  /** One that runs, for an `upgrade` of the other version while there is one; of several one is left running beside it. */
  async #victim({ upgrade = false } = {}): Promise<Instance> {
    for (;;) {
      const running = this.#instances.filter(({ standsStill }) => !standsStill);
      const others = upgrade ? running.filter(({ isUpgraded }) => !isUpgraded) : [];
      if (running.length >= Math.min(2, this.#instances.length))
        return this.#random.pick(others.length > 0 ? others : running);
      await Promise.race(this.#pauses);
    }
  }

  async #kill(instance: Instance): Promise<void> {
    const { name } = instance;
    await instance.kill();
    const left = await this.withStore(noted);
    this.done.kill++;
    await instance.restart();
    // Not before: what the dead app had sent may still have been on its way to Azure.
    this.#given.doubts.cutOff(name, left);
  }

  /** In good order: whatever it repeats is unexplained. */
  async #stop(instance: Instance): Promise<void> {
    await instance.terminate();
    this.done.stop++;
    await instance.restart();
  }

  async #pause(instance: Instance, ms: number): Promise<void> {
    const { doubts, signal } = this.#given;
    const { name } = instance;
    const since = doubts.count;
    await instance.standStill();
    this.done.pause++;
    doubts.cutOff(name, await this.withStore(noted));
    const pause = async () => {
      await delay(ms, undefined, { signal });
      instance.goOn();
      await delay(awakeMs, undefined, { signal });
      doubts.woken(name, { since, until: doubts.count });
    };
    const under: Promise<void> = pause().finally(() => this.#pauses.delete(under));
    under.catch(() => undefined); // whoever waits for it hears of it
    this.#pauses.add(under);
  }

  /** Where times are measured nothing else goes wrong, and what did is over. */
  async #calmly(work: () => Promise<void>): Promise<void> {
    const { storm, signal } = this.#given;
    await this.allGoOn();
    const calm = async () => {
      await delay(calmMs, undefined, { signal });
      await work();
    };
    await (storm ? storm.notDuring(calm) : calm());
  }

  async #longPause(): Promise<void> {
    const { longPauseMs } = this.#shape;
    const gaps = await this.#gapsDuring(async () => {
      await this.#pause(await this.#victim(), longPauseMs);
      this.done.pause--; // counted by itself
      await this.allGoOn();
    });
    this.longestGapMs = Math.max(...gaps.values());
    say(`longest gap ${this.longestGapMs} ms`);
  }

  async #restartStore(): Promise<void> {
    const { doubts, dataDir } = this.#given;
    // Of what was answered before, too, not all may have been noted.
    const since = doubts.count - this.#instances.length * newestRequests;
    await dataDir.restartServer();
    await delay(storeBackMs);
    this.done['postgres-restart']++;
    doubts.storeAway(Math.max(0, since), await this.withStore(noted));
  }

  /** All apps end, and find the store as it was some time ago: what has been stored since then is not known any more. */
  async #restore(): Promise<void> {
    const { doubts, dataDir, signal } = this.#given;
    await this.allGoOn();
    const since = doubts.count - this.#instances.length * newestRequests;
    const known = await this.withStore(noted);
    const restore = await dataDir.backUp();
    await delay(sinceBackupMs, undefined, { signal });
    await Promise.all(this.#instances.map((instance) => instance.terminate()));
    await restore();
    this.done.restore++;
    doubts.storeAway(Math.max(0, since), known);
    await Promise.all(this.#instances.map((instance) => instance.restart()));
  }

  async #lock(table: string): Promise<void> {
    const { company, signal } = this.#given;
    const { url, lockMs, intervalMs } = this.#shape;
    const { host } = this.#random.pick(company.orgs).org;
    await whileLocked({ url: url ?? '', table, host }, async () => {
      const gaps = await this.#gapsDuring(() => delay(lockMs, undefined, { signal }));
      const late = [...gaps].filter(([other, ms]) => other !== host && ms > intervalMs + missedMs);
      this.silenced[table] = late.length;
      say(`while a row of ${table} was held: ${JSON.stringify([...gaps.values()])}`);
    });
  }

  #gapsDuring(work: () => Promise<void>): Promise<Map<string, number>> {
    const { okta, orgs } = this.#given.company;
    const hosts = orgs.map(({ org }) => org.host);
    return PollGaps.during(okta, hosts, () => Promise.race([work(), this.ended]));
  }
}
