import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { Random } from '../../sims/okta/random.ts';
import { type Closers, say } from '../command.ts';
import { Company, seedsOfOrg } from '../company.ts';
import { DataDir } from '../data-dir.ts';
import { Storm } from '../storm.ts';
import { disturb } from '../storm-log.ts';
import { requestsRepeated, tally } from '../tally.ts';
import { alertsTold, cardsDue } from './alerts-told.ts';
import { Apps } from './apps.ts';
import { Doubts } from './doubts.ts';
import { aheadMs, endMs, lateEvents, logEvents, options, plan, planMs, takesMs } from './options.ts';
import type { Disturbance } from './plan.ts';

/** Rows of this many events fit in memory; beyond it, Azure keeps a ledger of uuids instead. */
const mostRows = 200_000;
const longestDelayMs = 40;
/** No disturbance in the last part, which a poll might finish before it comes. */
const disturbedUntil = 0.97;
const patienceMs = 300_000;
/** When nothing was stored for so long by our own clock, something waits by the company's, such as an event whose answer was lost three times in an hour; so much of that time goes by then. */
const quietMs = 5_000;
const skippedMs = 1_800_000;

/** Since when so many events are stored, by our own clock, and how often time was skipped since. */
type Patience = { events: number; since: number; skipped: number };

/** A sync that is disturbed, and what came of it. */
export class Chaos {
  readonly apps: Apps;
  /** How many disturbances came when all was stored, and met polls without events. */
  late = 0;
  readonly #company: Company;
  readonly #mode: 'rows' | 'ledger';
  readonly #signal: AbortSignal;
  readonly #doubts: Doubts;
  readonly #storm: Storm | null;
  /** When the last disturbance was over, by the company's clock. */
  #calmSince = 0;

  /** Opens the company and the apps, and connects them. */
  static async open(closers: Closers, signal: AbortSignal): Promise<Chaos> {
    const { events, kills, seed, faults, speed, connectors, instances } = options;
    const mode = events <= mostRows ? 'rows' : 'ledger';
    say(`${events} events, ${kills} kills, ${instances} apps${faults ? ', faults' : ''}, seed ${seed}`);
    const dataDir = await DataDir.open();
    closers.push(() => dataDir.close());
    const filled = { events: faults ? events - lateEvents : events, aheadMs };
    const company = await Company.open({ ...filled, seed, mode, speed, connectors });
    closers.push(() => company.close());
    for (const [index, { org }] of company.orgs.entries())
      if (faults) disturb(org, { seed: seed + seedsOfOrg * index, events: logEvents });
    const doubts = new Doubts(company);
    const url = options.shared ? (await dataDir.server()).url : null;
    const { intervalMs, longPauseMs, lockMs } = options;
    const storm = faults ? Storm.over(company, { seed, events }) : null;
    const parts = { company, dataDir, doubts, storm, seed, signal };
    const { apps, port } = await Apps.open(closers, parts, {
      instances,
      url,
      intervalMs,
      longPauseMs,
      lockMs,
    });
    const chaos = new Chaos({ company, mode, signal, doubts, storm, apps });
    await company.connect(port);
    return chaos;
  }

  private constructor(parts: {
    company: Company;
    mode: 'rows' | 'ledger';
    signal: AbortSignal;
    doubts: Doubts;
    storm: Storm | null;
    apps: Apps;
  }) {
    this.#company = parts.company;
    this.#mode = parts.mode;
    this.#signal = parts.signal;
    this.#doubts = parts.doubts;
    this.apps = parts.apps;
    this.#storm = parts.storm;
  }

  /** One disturbance in each part of the sync, which is as long as it takes, at a random number of stored events and a random time after it. */
  async disturb(): Promise<void> {
    const { events, seed } = options;
    const random = new Random(seed, 0);
    let beforeMs = 0;
    for (const disturbance of plan) {
      const threshold = Math.floor((events * disturbedUntil * (beforeMs + random.next() * endMs)) / planMs);
      beforeMs += takesMs(disturbance);
      const pause = random.next() * longestDelayMs;
      // It must meet a poll: wait for at least one more request than the last app had stored.
      const stored = await this.#stored(Math.max(threshold, this.#company.stored + 1));
      if (stored >= events) this.late++;
      if (stored >= events && options.instances === 1) break;
      await delay(pause, undefined, { signal: this.#signal });
      await this.#meet(disturbance);
    }
    await this.apps.allGoOn();
  }

  async #meet(disturbance: Disturbance): Promise<void> {
    await this.apps.disturb(disturbance);
    this.#calmSince = this.#company.now();
  }

  /**
   * Waits until polls that ended after the last disturbance have caught up with Okta. A link that leads back ends a poll as the end of
   * the log would, so where events are missing other polls have to find nothing more either.
   */
  async caughtUp(): Promise<void> {
    await this.apps.withStore(async (store) => {
      let before = -1;
      for (let patience = this.#patience(); ; ) {
        const problems = await notCaughtUp(store, this.#calmSince);
        if (problems.length === 0) {
          const { stored } = this.#company;
          if (stored >= options.events || stored === before) return;
          before = stored;
          this.#calmSince = this.#company.now();
        }
        patience = this.#patience(patience, JSON.stringify(problems));
        await Promise.race([delay(100, undefined, { signal: this.#signal }), this.apps.ended]);
      }
    });
  }

  /** Waits until alerts say how it stands. */
  async told(): Promise<void> {
    await this.apps.withStore(async (store) => {
      for (const until = Date.now() + patienceMs; (await cardsDue(store)) > 0 && Date.now() < until; )
        await Promise.race([delay(500, undefined, { signal: this.#signal }), this.apps.ended]);
    });
  }

  /**
   * `in_flight` and `doubtful`: rows of requests whose answer was lost by what was done to apps and store, or by a fault. `said_sent`,
   * `said_counted` and `said_twice`: what the product says was sent, by its checkpoints and its statistics, and may be there twice.
   */
  async count() {
    const doubts = this.#doubts;
    doubts.lostAnswers();
    const { again, ...counted } = await tally(this.#company, this.#mode, doubts);
    const { byKill: in_flight, byFault: doubtful } = doubts;
    const requests_in_flight = requestsRepeated(this.#company);
    const faults = this.#storm && {
      ...Object.fromEntries([...this.#storm.met].sort()),
      events_again: again,
      events_late: lateEvents,
    };
    const told = await this.apps.withStore(async (store) => ({
      ...(await figures(store)),
      ...(await alertsTold(store, this.#company.teams)),
    }));
    return { ...counted, ...told, in_flight, ...(faults && { doubtful, faults }), requests_in_flight };
  }

  /** Waits until so many different events are stored, or all; how many they are then. */
  async #stored(wanted: number): Promise<number> {
    const enough = Math.min(wanted, options.events);
    for (let patience = this.#patience(); this.#company.stored < enough; patience = this.#patience(patience)) {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(quietMs)]);
      const change = once(this.#company.azure, 'change', { signal }).catch(() => this.#signal.throwIfAborted());
      await Promise.race([change, this.apps.ended]);
    }
    return this.#company.stored;
  }

  /** Skips some time when nothing more has been stored for a while, and throws when that goes on for long. */
  #patience(before: Patience = { events: -1, since: 0, skipped: 0 }, said = ''): Patience {
    const { stored } = this.#company;
    if (stored !== before.events) return { events: stored, since: Date.now(), skipped: 0 };
    const { since, skipped } = before;
    if (Date.now() - since >= patienceMs)
      throw new Error(`The sync stands still at ${stored} events. ${said}\n${this.apps.log}`);
    if (Date.now() - since < (skipped + 1) * quietMs) return before;
    say(`nothing is stored: ${skippedMs / 60_000} minutes go by`);
    this.#company.advance(skippedMs);
    this.apps.advance(skippedMs);
    return { ...before, skipped: skipped + 1 };
  }
}

/** Connectors without a poll that ended well after this time and had read all there was, with what is wrong. */
async function notCaughtUp(store: pg.Client, since: number): Promise<unknown[]> {
  const { rows } = await store.query(
    `select name, status->'failing' as problem, status->>'behindMs' as behind from patchbay.connectors
      where not ((status->>'lastPollAt')::float8 > $1 and status->>'behindMs' = '0' and status->'failing' = 'null') is true`,
    [since],
  );
  return rows;
}

async function figures(store: pg.Client): Promise<{ said_sent: number; said_counted: number; said_twice: number }> {
  const { rows } = await store.query(
    `select sum(sent_events)::float8 as said_sent, sum(possibly_duplicated_events)::float8 as said_twice,
            (select coalesce(sum(events), 0)::float8 from patchbay.statistics) as said_counted from patchbay.checkpoints`,
  );
  return rows[0];
}
