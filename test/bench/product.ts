import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { programFile } from '../scene/bundled.ts';
import type { Closers } from './command.ts';
import { DataDir } from './data-dir.ts';
import { startEnv, startFlags } from './killable.ts';
import type { AppFigures, AppSaid } from './measured-app.ts';
import type { Opened, SimsOptions } from './sims.ts';
import { Sims } from './sims-process.ts';

const quietMs = 500;
const patienceMs = 90_000;

/** The simulators, and the real app in a process of its own, started with the flags of `npm start`, connected by the dialog. */
export class Product {
  readonly sims: Sims;
  readonly opened: Opened;
  readonly #dataDir: DataDir;
  readonly #app: ChildProcess;
  readonly #signal: AbortSignal;
  readonly #ended: Promise<never>;

  private constructor(given: { sims: Sims; opened: Opened; dataDir: DataDir; app: ChildProcess; signal: AbortSignal }) {
    this.sims = given.sims;
    this.opened = given.opened;
    this.#dataDir = given.dataDir;
    this.#app = given.app;
    this.#signal = given.signal;
    this.#ended = once(given.app, 'exit').then(() => Promise.reject(new Error('The app ended by itself.')));
    this.#ended.catch(() => undefined); // whoever waits for something of the app hears of it
  }

  /** `before` is done when the simulators are open, and no app is. */
  static async open(
    run: { closers: Closers; signal: AbortSignal },
    options: Omit<SimsOptions, 'dataDir'>,
    before: (opened: Opened) => Promise<void> = async () => undefined,
  ): Promise<Product> {
    const dataDir = await DataDir.open();
    run.closers.push(() => dataDir.close());
    const sims = Sims.start({ ...options, dataDir: dataDir.path });
    run.closers.push(() => sims.stop());
    const opened = await sims.opened();
    await before(opened);
    const script = programFile('test/bench/measured-app.ts');
    const app = fork(script, [JSON.stringify(opened)], { execArgv: startFlags, env: startEnv(), detached: true });
    run.closers.push(() => stop(app));
    const product = new Product({ sims, opened, dataDir, app, signal: run.signal });
    const { port } = (await product.#said()) as { port: number };
    await sims.connect(port);
    return product;
  }

  /** The CPU time of its PostgreSQL up to now, in µs; null where it can't be told. */
  postgresCpuUs(): Promise<number | null> {
    return this.#dataDir.serverCpuUs();
  }

  /** What was measured up to now. */
  async figures(): Promise<AppFigures> {
    this.#app.send('figures');
    return ((await this.#said()) as { figures: AppFigures }).figures;
  }

  /**
   * Waits until the store says that all events are sent: how many polls it took, and the CPU time in µs that PostgreSQL took
   * from the first upload, or a moment before, to the last.
   */
  async allSent(events: number): Promise<{ polls: number; postgresCpuUs: number | null }> {
    let begun = await this.postgresCpuUs();
    let ended = begun;
    const store = new pg.Client({ connectionString: (await this.#dataDir.server()).url });
    await store.connect();
    try {
      for (let last = { sent: -1, at: 0 }; ; await delay(100, undefined, { signal: this.#signal })) {
        const { silentSince, azure } = await this.figures();
        // Not while events flow: to ask costs time that would be measured.
        if (azure === 0) begun = await this.postgresCpuUs();
        if (Date.now() - silentSince < quietMs) {
          ended = await this.postgresCpuUs();
          continue;
        }
        const { rows } = await store.query<{ sent: number; polls: number }>(
          'select sent_events::int as sent, version::int as polls from patchbay.checkpoints',
        );
        const [{ sent, polls } = { sent: 0, polls: 0 }] = rows;
        if (sent >= events) return { polls, postgresCpuUs: begun === null || ended === null ? null : ended - begun };
        if (sent !== last.sent) last = { sent, at: Date.now() };
        if (Date.now() - last.at > patienceMs) throw new Error(`The sync stands still at ${sent} of ${events} events.`);
      }
    } finally {
      await store.end();
    }
  }

  async #said(): Promise<AppSaid> {
    const [said] = (await Promise.race([once(this.#app, 'message'), this.#ended])) as [AppSaid];
    return said;
  }
}

async function stop(app: ChildProcess): Promise<void> {
  if (app.exitCode !== null) return;
  const ended = once(app, 'exit');
  if (app.connected) app.disconnect();
  await ended;
}
