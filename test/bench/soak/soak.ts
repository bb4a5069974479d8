import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { openPool } from '../../../ingestion/store/database.ts';
import { migrate } from '../../../ingestion/store/migrations.ts';
import { bundleAll } from '../../scene/bundled.ts';
import { type Closers, readOptions, run, say } from '../command.ts';
import { Company } from '../company.ts';
import { usageOf } from '../cpu-time.ts';
import { DataDir } from '../data-dir.ts';
import { KillableApp, startFlags } from '../killable.ts';
import { fill, makeDue } from '../scale/connectors.ts';
import { Flow } from './flow.ts';
import { memoryFigures, type Sample } from './memory.ts';
import { remember } from './remembered.ts';
import { World } from './world-process.ts';

// The app as one process, bundled as it is in production unless --sources is given, for hours: many connectors, events at a steady rate, and a trouble at Okta
// or Azure each minute. What it takes of memory, how late polls come while all is well, and what is lost or repeated. Workspaces are
// not played, so that no visibility is checked. With --remembered each connector has delivered so many events before it begins, and
// reads as many as --reread says of them once more: none of those may be sent again.

const sampleMs = 10_000;
const samplesPerLine = 6;
/** After the last trouble everything must have arrived within so much. */
const patienceMs = 240_000;
/** What `fill` says that each connector has sent before. */
const sentBefore = 1e6;

const sizes = { hours: 2, connectors: 50, rate: 500, interval: 10, seed: Math.floor(Math.random() * 1e9) };
const options = readOptions('soak', { ...sizes, remembered: 0, reread: 0 }, ['sources']);

class Soak {
  readonly #world: World;
  readonly #app: KillableApp;
  readonly #pool: pg.Pool;
  readonly #signal: AbortSignal;
  readonly #startedAt = Date.now();
  readonly #samples: Sample[] = [];

  private constructor(given: { world: World; app: KillableApp; pool: pg.Pool; signal: AbortSignal }) {
    this.#world = given.world;
    this.#app = given.app;
    this.#pool = given.pool;
    this.#signal = given.signal;
  }

  static async open(closers: Closers, signal: AbortSignal): Promise<Soak> {
    const { connectors, rate, seed } = options;
    if (!options.sources) await bundleAll();
    const dataDir = await DataDir.open();
    closers.push(() => dataDir.close());
    const { url } = await dataDir.server();
    const pool = openPool({ connectionString: url }, 4);
    closers.push(() => pool.end());
    await migrate(pool);
    const company = await Company.open({ events: 0, mode: 'ledger' });
    closers.push(() => company.close());
    const config = { ...company.config(dataDir.path), databaseUrl: url };
    const now = Date.now();
    await makeConnectors(pool, { tenantId: company.teams.tenant.id, secretKey: config.secretKey, now });
    const deliveredUntil = options.remembered > 0 ? now : null;
    const world = await World.open({
      orgs: connectors,
      rate,
      intervalMs: options.interval * 1000,
      seed,
      deliveredUntil,
    });
    closers.push(() => world.close());
    const { azure, teams, appId } = company.places;
    const places = { azure: { ...azure, url: world.url }, okta: { url: world.url }, teams, appId };
    const app = KillableApp.start({ config, places, flags: startFlags });
    closers.push(() => app.stop());
    await app.ready();
    return new Soak({ world, app, pool, signal });
  }

  /** Lets the time pass, with a sample of memory every ten seconds and a line each minute. */
  async live(): Promise<void> {
    const until = this.#startedAt + options.hours * 3_600_000;
    for (let at = this.#startedAt + sampleMs; at <= until; at += sampleMs) {
      await Promise.race([delay(at - Date.now(), undefined, { signal: this.#signal }), this.#app.ended]);
      await this.#sample();
      if (this.#samples.length % samplesPerLine === 0) await this.#line();
    }
  }

  /** Ends events and troubles, and waits until all is there that can be. */
  async caughtUp(): Promise<void> {
    this.#world.end();
    for (const until = Date.now() + patienceMs; Date.now() < until; ) {
      const { counted } = await this.#world.figures();
      if (counted.lost === 0) return;
      await Promise.race([delay(1000, undefined, { signal: this.#signal }), this.#app.ended]);
    }
  }

  async result() {
    const { counted, served, faults, others, quarters } = await this.#world.figures();
    const [first, , , last] = quarters;
    const { good = 0, ...failed } = await this.#app.polls();
    const said = await this.#said();
    const told = said.said_sent === counted.visible && said.said_twice >= counted.repeated;
    const explained = counted.explained === counted.repeated && counted.strange === 0;
    return {
      ...counted,
      ...said,
      served,
      ...memoryFigures(this.#samples),
      lateness_ms_p99_first_quarter: first?.msP99 ?? null,
      lateness_ms_p99_last_quarter: last?.msP99 ?? null,
      calm_polls: quarters.map(({ polls }) => polls),
      faults,
      polls_good: good,
      polls_failed: Object.values(failed).reduce((sum, polls) => sum + polls, 0),
      polls_failed_by_reason: failed,
      other_calls: others,
      ok: counted.lost === 0 && explained && told && counted.events > 0,
      hours: options.hours,
      seed: options.seed,
    };
  }

  get log(): string {
    return this.#app.log;
  }

  async #sample(): Promise<void> {
    const [usage, heaps] = await Promise.all([usageOf(this.#app.pid), this.#app.heaps()]);
    this.#samples.push({ at: Date.now() - this.#startedAt, rssMb: usage?.rssMb ?? Number.NaN, ...heaps });
  }

  async #line(): Promise<void> {
    const sample = this.#samples.at(-1);
    const { counted, others, quarters } = await this.#world.figures();
    const world = await usageOf(this.#world.pid);
    const failing = await this.#failing();
    const polls = await this.#app.polls();
    const late = quarters.map(({ msP99 }) => msP99);
    say(JSON.stringify({ ...sample, ...counted, others, failing, polls, late, worldRssMb: world?.rssMb }));
  }

  async #failing(): Promise<number> {
    const { rows } = await this.#pool.query<{ failing: number }>(
      `select count(*)::int as failing from connectors where status->'failing' <> 'null'`,
    );
    return rows[0]?.failing ?? 0;
  }

  async #said() {
    const { rows } = await this.#pool.query<{ said_sent: number; said_twice: number }>(
      `select sum(sent_events - ${sentBefore})::float8 as said_sent,
              sum(possibly_duplicated_events)::float8 as said_twice from checkpoints`,
    );
    return rows[0] as { said_sent: number; said_twice: number };
  }
}

type Given = { tenantId: string; secretKey: string | null; now: number };

/** Connectors that are due within one interval from now, with what they remember. */
async function makeConnectors(pool: pg.Pool, { now, ...given }: Given): Promise<void> {
  const { connectors: count, interval, rate, remembered, reread } = options;
  const connectors = await fill(pool, { ...given, count, conversations: ['19:nobody@thread.tacv2'], remembered: 0 });
  await pool.query(`update connectors set settings = jsonb_set(settings, '{intervalSeconds}', to_jsonb($1::int))`, [
    interval,
  ]);
  const ids = connectors.map(({ id }) => id);
  if (remembered > 0) await remember(pool, ids, new Flow({ orgs: count, rate }), { now, remembered, reread });
  await makeDue(pool, { from: Date.now(), withinMs: interval * 1000 });
}

await run(async (closers, signal) => {
  say(`${options.hours} hours, ${options.connectors} connectors, ${options.rate} events/s, seed ${options.seed}`);
  const soak = await Soak.open(closers, signal);
  await soak.live();
  await soak.caughtUp();
  const result = await soak.result();
  if (!result.ok) say(soak.log);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result.ok;
});
