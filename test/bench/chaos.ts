import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { tableName } from '../../ingestion/azure/table.ts';
import { Random } from '../sims/okta/random.ts';
import { type Closers, readOptions, run, say } from './command.ts';
import { Company } from './company.ts';
import { DataDir } from './data-dir.ts';
import { KillableApp } from './killable.ts';
import { requestsRepeated, tally } from './tally.ts';

// Kills the app with -9 at random moments of a sync, starts it again each time, and counts what was lost or repeated.
// Rows that a request stored whose answer the store had not noted when the app died may be repeated, and no others.

/** Rows of this many events fit in memory; beyond it, Azure keeps a ledger of uuids instead. */
const mostRows = 200_000;
const longestKillDelayMs = 40;
/** No kill in the last part, which a beat might finish before the kill comes. */
const killsEndAt = 0.97;
const patienceMs = 90_000;

const options = readOptions('chaos', { events: 100_000, kills: 20, seed: Math.floor(Math.random() * 1e9) });

class Chaos {
  readonly #company: Company;
  readonly #dataDir: DataDir;
  readonly #mode: 'rows' | 'ledger';
  readonly #signal: AbortSignal;
  #app: KillableApp;
  #startedAt = Date.now();

  /** Opens the company and the app, and connects them. */
  static async open(closers: Closers, signal: AbortSignal): Promise<Chaos> {
    const { events, kills, seed } = options;
    const mode = events <= mostRows ? 'rows' : 'ledger';
    say(`${events} events, ${kills} kills, seed ${seed}`);
    const dataDir = await DataDir.open();
    closers.push(() => dataDir.close());
    const company = await Company.open({ events, seed, mode });
    closers.push(() => company.close());
    const app = KillableApp.start({ config: company.config(dataDir.path), places: company.places });
    const chaos = new Chaos({ company, dataDir, mode, signal, app });
    closers.push(() => chaos.#app.stop());
    await company.connect(await app.ready());
    return chaos;
  }

  private constructor(given: {
    company: Company;
    dataDir: DataDir;
    mode: 'rows' | 'ledger';
    signal: AbortSignal;
    app: KillableApp;
  }) {
    this.#company = given.company;
    this.#dataDir = given.dataDir;
    this.#mode = given.mode;
    this.#signal = given.signal;
    this.#app = given.app;
  }

  /** One kill in each of equal parts of the sync, at a random number of stored events and a random time after it. */
  async killAndRestart(): Promise<number> {
    const { events, kills, seed } = options;
    const random = new Random(seed, 0);
    for (let kill = 0; kill < kills; kill++) {
      const threshold = Math.floor((events * killsEndAt * (kill + random.next())) / kills);
      const pause = random.next() * longestKillDelayMs;
      // The kill must meet a beat: wait for at least one more request than the last app had stored.
      const stored = await this.#stored(Math.max(threshold, this.#events + 1));
      if (stored >= events) return kill;
      await delay(pause, undefined, { signal: this.#signal });
      await this.#app.kill();
      say(`kill ${kill + 1} of ${kills} at ${this.#events} events`);
      await this.#restart();
    }
    return kills;
  }

  /** Waits until a beat of the app that runs now has caught up with Okta. */
  async caughtUp(): Promise<void> {
    const { url } = await this.#dataDir.server();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (let patience = this.#patience(); ; ) {
        const { rows } = await client.query<{ done: boolean | null; problem: unknown }>(
          `select standing->'failing' as problem,
                  (standing->>'lastBeatAt')::bigint > $1 and standing->>'behindMs' = '0' and standing->'failing' = 'null' as done
             from patchbay.connectors`,
          [this.#startedAt],
        );
        if (rows[0]?.done) return;
        patience = this.#patience(patience, JSON.stringify(rows[0]?.problem));
        await Promise.race([delay(100, undefined, { signal: this.#signal }), this.#app.ended]);
      }
    } finally {
      await client.end();
    }
  }

  /** `in_flight`: rows that were stored by requests whose acceptance never came into the store. */
  async count() {
    const { url } = await this.#dataDir.server();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ noted: string }>(
      'select sum(sent_events) as noted from patchbay.checkpoints',
    );
    await client.end();
    const counted = await tally(this.#company, this.#mode);
    const in_flight = counted.visible + counted.repeated - Number(rows[0]?.noted);
    return { ...counted, in_flight, requests_in_flight: requestsRepeated(this.#company) };
  }

  async #restart(): Promise<void> {
    this.#signal.throwIfAborted(); // what is started now would not be stopped any more
    this.#startedAt = Date.now();
    this.#app = KillableApp.start({ config: this.#company.config(this.#dataDir.path), places: this.#company.places });
    await this.#app.ready();
  }

  get #events(): number {
    return this.#company.workspace.tables.get(tableName.toLowerCase())?.store.ledger.size ?? 0;
  }

  /** Waits until so many different events are stored, or all; how many they are then. */
  async #stored(wanted: number): Promise<number> {
    const enough = Math.min(wanted, options.events);
    for (let patience = this.#patience(); this.#events < enough; patience = this.#patience(patience)) {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(patienceMs)]);
      await Promise.race([once(this.#company.azure, 'change', { signal }), this.#app.ended]);
    }
    return this.#events;
  }

  /** Throws when nothing more has been stored for long. */
  #patience(before = { events: -1, since: 0 }, said = ''): { events: number; since: number } {
    if (this.#events !== before.events) return { events: this.#events, since: Date.now() };
    if (Date.now() - before.since < patienceMs) return before;
    throw new Error(`The sync stands still at ${this.#events} events. ${said}\n${this.#app.log}`);
  }
}

function describe(result: Record<string, number | boolean>): string {
  return Object.entries(result)
    .map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(20)}${value}\n`)
    .join('');
}

await run(async (closers, signal) => {
  const chaos = await Chaos.open(closers, signal);
  const started = performance.now();
  const kills = await chaos.killAndRestart();
  await chaos.caughtUp();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  const counted = await chaos.count();
  const { sent, lost, repeated, in_flight } = counted;
  const ok = sent === options.events && kills === options.kills && lost === 0 && repeated <= in_flight;
  const result = { ...counted, kills, ok, seconds, seed: options.seed };
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
  return ok;
});
