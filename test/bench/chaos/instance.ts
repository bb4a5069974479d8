import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../../bot/config/config.ts';
import type { Company } from '../company.ts';
import { appProgram, KillableApp } from '../killable.ts';

/** Within so much, what a process had handed over before it stood still has arrived. */
const onItsWayMs = 500;

const { PREVIOUS } = process.env;

/** One of several equal apps on one store, started again whenever it has ended. */
export class Instance {
  readonly #company: Company;
  readonly #config: Config;
  readonly #number: number;
  #starts = 0;
  #app: KillableApp;
  #standsStill = false;
  /** Of which version it is, where that is not this one: with PREVIOUS, the files of another, it is that one until it is stopped. */
  #program = PREVIOUS ? resolve(PREVIOUS, appProgram) : undefined;

  /** Starts it for the first time. */
  constructor(number: number, { company, config }: { company: Company; config: Config }) {
    this.#number = number;
    this.#company = company;
    this.#config = config;
    this.#app = this.#start();
  }

  /** The process that runs now: simulators know its calls by this name. */
  get name(): string {
    return `${this.#number}.${this.#starts}`;
  }

  get isUpgraded(): boolean {
    return this.#program === undefined;
  }

  get ended(): Promise<never> {
    return this.#app.ended;
  }

  get standsStill(): boolean {
    return this.#standsStill;
  }

  get log(): string {
    return this.#app.log;
  }

  /** The port on which it listens to Teams, once it does. */
  ready(): Promise<number> {
    return this.#app.ready();
  }

  /** So much of the company's time goes by at once. */
  advance(ms: number): void {
    this.#app.advance(ms);
  }

  /** Nothing of it runs when this returns. */
  kill(): Promise<void> {
    return this.#app.kill();
  }

  /** Ends it by SIGTERM; what starts then is of this version. */
  terminate(): Promise<void> {
    this.#program = undefined;
    return this.#app.terminate();
  }

  /** Starts it after an end; returns when it is up. */
  async restart(): Promise<void> {
    this.#app = this.#start();
    await this.ready();
  }

  /** It stands still until `goOn`; what it has sent has arrived when this returns. */
  async standStill(): Promise<void> {
    this.#standsStill = true;
    this.#app.signal('SIGSTOP');
    await delay(onItsWayMs);
  }

  goOn(): void {
    this.#standsStill = false;
    this.#app.signal('SIGCONT');
  }

  /** At the end of all, whatever it is doing. */
  async close(): Promise<void> {
    this.goOn();
    await this.#app.stop();
  }

  #start(): KillableApp {
    this.#starts++;
    return KillableApp.start({
      config: this.#config,
      places: { ...this.#company.places, from: this.name },
      ...(this.#program && { program: this.#program }),
    });
  }
}
