import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Random } from '../sims/okta/random.ts';
import { type Closers, readOptions, run, say } from './command.ts';
import { Company } from './company.ts';
import { DataDir } from './data-dir.ts';
import { KillableApp } from './killable.ts';
import { Storm } from './storm.ts';
import { disturb, lateOf } from './storm-log.ts';
import { Doubts, noted, requestsRepeated, tally } from './tally.ts';

// Kills the app with -9 at random moments of a sync, starts it again each time, and counts what was lost or repeated.
// Rows that a request stored whose answer the store had not noted when the app died may be repeated, and no others.
// With --faults there is a storm of troubles at Okta and Azure besides, some events come late or twice, and rows of
// requests whose answer was lost on the way may be repeated too. What the product itself says of how much was sent, and how much may
// be there twice, must be right at the end.

/** Rows of this many events fit in memory; beyond it, Azure keeps a ledger of uuids instead. */
const mostRows = 200_000;
const longestKillDelayMs = 40;
/** No kill in the last part, which a poll might finish before the kill comes. */
const killsEndAt = 0.97;
const patienceMs = 300_000;
/** In a storm, time runs so fast that a poll which fails does not cost a minute. */
const stormSpeed = 20;

const options = readOptions('chaos', { events: 100_000, kills: 20, seed: Math.floor(Math.random() * 1e9) }, ['faults']);

class Chaos {
  readonly #company: Company;
  readonly #dataDir: DataDir;
  readonly #mode: 'rows' | 'ledger';
  readonly #signal: AbortSignal;
  readonly #doubts: Doubts;
  readonly #storm: Storm | null;
  #app: KillableApp;
  /** The end of the last poll of the app before this one, as the store has it. */
  #lastPoll: string | null = null;

  /** Opens the company and the app, and connects them. */
  static async open(closers: Closers, signal: AbortSignal): Promise<Chaos> {
    const { events, kills, seed, faults } = options;
    const mode = events <= mostRows ? 'rows' : 'ledger';
    say(`${events} events, ${kills} kills${faults ? ', faults' : ''}, seed ${seed}`);
    const dataDir = await DataDir.open();
    closers.push(() => dataDir.close());
    const calm = { events, seed, mode } as const;
    const stormy = { ...calm, events: events - lateOf(events), speed: stormSpeed };
    const company = await Company.open(faults ? stormy : calm);
    closers.push(() => company.close());
    if (faults) disturb(company.org, { seed, events });
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
    const { seed, events, faults } = options;
    this.#company = given.company;
    this.#dataDir = given.dataDir;
    this.#mode = given.mode;
    this.#signal = given.signal;
    this.#app = given.app;
    this.#doubts = new Doubts(given.company);
    this.#storm = faults ? Storm.over(given.company, { seed, events }) : null;
  }

  /** One kill in each of equal parts of the sync, at a random number of stored events and a random time after it. */
  async killAndRestart(): Promise<number> {
    const { events, kills, seed } = options;
    const random = new Random(seed, 0);
    for (let kill = 0; kill < kills; kill++) {
      const threshold = Math.floor((events * killsEndAt * (kill + random.next())) / kills);
      const pause = random.next() * longestKillDelayMs;
      // The kill must meet a poll: wait for at least one more request than the last app had stored.
      const stored = await this.#stored(Math.max(threshold, this.#company.stored + 1));
      if (stored >= events) return kill;
      await delay(pause, undefined, { signal: this.#signal });
      await this.#app.kill();
      say(`kill ${kill + 1} of ${kills} at ${this.#company.stored} events`);
      await this.#restart();
    }
    return kills;
  }

  /**
   * Waits until a poll of the app that runs now has caught up with Okta. A link that leads back ends a poll as the end of the
   * log would, so where events are missing another poll has to find nothing more either.
   */
  async caughtUp(): Promise<void> {
    await this.#withStore(async (store) => {
      let before = -1;
      for (let patience = this.#patience(); ; ) {
        const { rows } = await store.query<{ at: string; done: boolean | null; problem: unknown }>(
          `select status->'failing' as problem, status->>'lastPollAt' as at,
                  status->>'lastPollAt' is distinct from $1
                    and status->>'behindMs' = '0' and status->'failing' = 'null' as done
             from patchbay.connectors`,
          [this.#lastPoll],
        );
        if (rows[0]?.done) {
          const { stored } = this.#company;
          if (stored >= options.events || stored === before) return;
          before = stored;
          this.#lastPoll = rows[0].at;
        }
        patience = this.#patience(patience, JSON.stringify(rows[0]?.problem));
        await Promise.race([delay(100, undefined, { signal: this.#signal }), this.#app.ended]);
      }
    });
  }

  /**
   * `in_flight` and `doubtful`: rows of requests whose answer was lost by a kill, or by a fault. `said_sent`, `said_counted` and
   * `said_twice`: what the product says was sent, by its checkpoint and its statistics, and may be there twice.
   */
  async count() {
    this.#doubts.judge(null);
    const { again, ...counted } = await tally(this.#company, this.#mode, this.#doubts);
    const { byKill: in_flight, byFault: doubtful } = this.#doubts;
    const requests_in_flight = requestsRepeated(this.#company);
    const faults = this.#storm && {
      ...Object.fromEntries([...this.#storm.met].sort()),
      events_again: again,
      events_late: lateOf(options.events),
    };
    const said = await this.#withStore(figures);
    return { ...counted, ...said, in_flight, ...(faults && { doubtful, faults }), requests_in_flight };
  }

  async #restart(): Promise<void> {
    this.#signal.throwIfAborted(); // what is started now would not be stopped any more
    const left = await this.#withStore(async (store) => {
      const { rows } = await store.query<{ at: string }>(`select status->>'lastPollAt' as at from patchbay.connectors`);
      this.#lastPoll = rows[0]?.at ?? null;
      return noted(store);
    });
    this.#app = KillableApp.start({ config: this.#company.config(this.#dataDir.path), places: this.#company.places });
    await this.#app.ready();
    // Not before: what the dead app had sent may still have been on its way to Azure.
    this.#doubts.judge(left);
  }

  async #withStore<T>(work: (store: pg.Client) => Promise<T>): Promise<T> {
    const { url } = await this.#dataDir.server();
    const store = new pg.Client({ connectionString: url });
    await store.connect();
    return work(store).finally(() => store.end());
  }

  /** Waits until so many different events are stored, or all; how many they are then. */
  async #stored(wanted: number): Promise<number> {
    const enough = Math.min(wanted, options.events);
    for (let patience = this.#patience(); this.#company.stored < enough; patience = this.#patience(patience)) {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(patienceMs)]);
      const change = once(this.#company.azure, 'change', { signal }).catch(() => this.#signal.throwIfAborted());
      await Promise.race([change, this.#app.ended]);
    }
    return this.#company.stored;
  }

  /** Throws when nothing more has been stored for long. */
  #patience(before = { events: -1, since: 0 }, said = ''): { events: number; since: number } {
    const { stored } = this.#company;
    if (stored !== before.events) return { events: stored, since: Date.now() };
    if (Date.now() - before.since < patienceMs) return before;
    throw new Error(`The sync stands still at ${stored} events. ${said}\n${this.#app.log}`);
  }
}

async function figures(store: pg.Client): Promise<{ said_sent: number; said_counted: number; said_twice: number }> {
  const { rows } = await store.query(
    `select sent_events::float8 as said_sent, possibly_duplicated_events::float8 as said_twice,
            (select coalesce(sum(events), 0)::float8 from patchbay.statistics) as said_counted from patchbay.checkpoints`,
  );
  return rows[0];
}

function describe(result: Record<string, unknown>): string {
  return Object.entries(result)
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return `${name.replaceAll('_', ' ').padEnd(20)}${text}\n`;
    })
    .join('');
}

await run(async (closers, signal) => {
  const chaos = await Chaos.open(closers, signal);
  const started = performance.now();
  const kills = await chaos.killAndRestart();
  await chaos.caughtUp();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  const counted = await chaos.count();
  const { sent, visible, lost, repeated, unexplained, in_flight, doubtful = 0 } = counted;
  const { said_sent, said_counted, said_twice } = counted;
  const explained = repeated <= in_flight + doubtful && unexplained === 0;
  const told = said_sent === visible && said_counted === visible && said_twice >= repeated;
  const ok = sent === options.events && kills === options.kills && lost === 0 && explained && told;
  const result = { ...counted, kills, ok, seconds, seed: options.seed };
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
  return ok;
});
