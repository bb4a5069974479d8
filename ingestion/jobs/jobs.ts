import { type DuePoll, Fenced, takeDuePolls } from '../connector/checkpoints.ts';
import { openConnectors } from '../connector/connectors.ts';
import { openQuietEnds } from '../connector/statuses.ts';
import type { Counted } from '../runtime/metrics.ts';
import type { ProcessRuntime, Ticker } from '../runtime/runtime.ts';
import type { Traces } from '../runtime/traces.ts';
import { Authorizations } from '../secrets/authorizations.ts';
import { type Database, isStoreAway } from '../store/database.ts';
import type { Compression } from '../sync/compressor.ts';
import { PollWorker } from '../sync/worker.ts';
import { cardDeliveryJob } from './card-delivery.ts';
import { deprovisionJob } from './deprovision.ts';
import { digestJob } from './digest.ts';
import { restMs, takeDue, type WorkItem } from './due.ts';
import { healthReportJob } from './health-report.ts';
import { incidentReminderJob } from './incident-reminder.ts';
import type { Job, JobParts, Kind } from './job.ts';
import { olderFeedsJob } from './older-feeds.ts';
import { poll, polls } from './poll.ts';
import { provisionJob } from './provision.ts';
import { openRound } from './round.ts';
import { SecondTries } from './second-tries.ts';
import { secretClearingJob } from './secret-clearing.ts';
import { upgradeJob } from './upgrade.ts';
import { visibilityCheckJob } from './visibility-check.ts';

/** All kinds of background work but polls, which are taken with what they need. */
export const jobs: readonly Job[] = [
  provisionJob,
  deprovisionJob,
  upgradeJob,
  visibilityCheckJob,
  olderFeedsJob,
  healthReportJob,
  cardDeliveryJob,
  incidentReminderJob,
  digestJob,
  secretClearingJob,
];

/** What the app hands in. */
export type JobsGiven = Omit<
  JobParts,
  'runtime' | 'pool' | 'leases' | 'connectors' | 'quietEnds' | 'authorizations' | 'pollWorker' | 'closing'
> & {
  runtime: ProcessRuntime;
  database: Database;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  oktaShare: number;
  /** The most that the body of an upload may have before it is compressed. */
  uploadBytes: number;
  compression: Compression;
  /** How much memory pages, and what is remembered of delivered events, may take. */
  memoryBytes: number;
  traces: Traces;
  /** Takes abandoned dialogs away, and the tokens that were kept for them. */
  sweep(): Promise<void>;
};

/** A piece of work that ended in a bug is left alone for this long, so that it does not spin. */
const afterBugMs = 60_000;

/** A piece of work that this process alone does now. */
type Work = { kind: Kind; key: string; lease: string; run(): Promise<void> };

/**
 * The background work of one instance, of any number of equal ones. Every second it takes what is due, each piece under a lease
 * in the store, as far as it has room for it; whoever is done looks at once for what had no room. While nothing is due it rests,
 * until something will be, or this process has said something to the store: that may have made work.
 */
export class Jobs {
  readonly #parts: JobParts;
  readonly #looks: JobsGiven['database']['looks'];
  readonly #traces: Traces;
  readonly #ticker: Ticker;
  readonly #pool: Database['pool'];
  readonly #closing: AbortController;
  readonly #round: () => Promise<void>;
  readonly #secondTries: SecondTries;
  /** What is under way of each kind. */
  readonly #working = new Map<Kind, Set<Promise<void>>>([polls, ...jobs].map((kind) => [kind, new Set()]));
  /** Kinds of which more may be due than there was room for. */
  #crowded = new Set<Kind>();
  #looking: Promise<void> | null = null;

  private constructor(given: JobsGiven) {
    const { database, oktaShare, uploadBytes, memoryBytes, compression, traces, sweep, ...rest } = given;
    this.#closing = new AbortController();
    const closing = this.#closing.signal;
    const pollWorker = openPollWorker(given, closing);
    const { pool, looks, leases } = database;
    this.#looks = looks;
    this.#traces = traces;
    const together = { connectors: openConnectors(pool), quietEnds: openQuietEnds(pool) };
    const authorizations = new Authorizations(given.runtime, { secrets: given.secrets, closing });
    this.#parts = { ...rest, ...together, pool, leases, authorizations, pollWorker, closing };
    this.#round = openRound({ ...this.#parts, looks, sweep });
    this.#secondTries = new SecondTries(given.runtime);
    this.#ticker = given.runtime.everySecond({ tick: () => this.#tick(), restMs: () => this.#restMs() }, given.log);
    this.#pool = pool.on('release', this.#ticker.wake);
  }

  /** Begins to work. */
  static open(given: JobsGiven): Jobs {
    return new Jobs(given);
  }

  /** What polls have counted, in their thread. */
  counted(): Promise<Counted[]> {
    return this.#parts.pollWorker.counted();
  }

  /** Stops taking work, ends polls at their next step, and waits for what is under way. */
  async close(): Promise<void> {
    this.#pool.off('release', this.#ticker.wake);
    await this.#ticker.stop();
    this.#closing.abort(new Error('Patchbay is stopping.'));
    await this.#looking?.catch(() => undefined); // what it could not take is still due
    await Promise.all([...this.#working.values()].flatMap((works) => [...works]));
    await this.#parts.pollWorker.close();
  }

  async #tick(): Promise<void> {
    const { leases, log, runtime } = this.#parts;
    try {
      runtime.metrics.leases.set(leases.count);
      await this.#look();
      await this.#round();
    } catch (error) {
      // The next second tries again.
      const level = isStoreAway(error) ? 'warn' : 'error';
      if (!this.#closing.signal.aborted) log[level]({ err: error }, 'could not look for work that is due');
    }
  }

  /** None while work is under way: its lease wants a sign of life. Nor where the store does not say. */
  async #restMs(): Promise<number> {
    const { leases, runtime } = this.#parts;
    if (leases.count > 0 || this.#closing.signal.aborted) return 0;
    return restMs(this.#looks, jobs, runtime.now()).catch(() => 0);
  }

  /** Takes what is due, as far as there is room, and begins with it; never beside itself. Throws what the store throws. */
  #look(): Promise<void> {
    this.#looking ??= this.#takeAll().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #takeAll(): Promise<void> {
    do {
      if (this.#closing.signal.aborted) return;
      await this.#take();
    } while ([...this.#crowded].some((kind) => this.#room(kind) > 0));
  }

  async #take(): Promise<void> {
    const { leases, runtime } = this.#parts;
    await leases.renew();
    const now = runtime.now();
    const most = new Map([...this.#working.keys()].map((kind) => [kind, this.#room(kind)]));
    const free = jobs.map((job) => ({ job, most: most.get(job) ?? 0 }));
    // What one look has taken is begun at once, also where the other hangs or fails: a lease of what nobody does would be renewed
    // for ever.
    const looks = await Promise.allSettled([
      takeDue(this.#looks, leases, { free, now }).then((due) => this.#beginAll(due.map((item) => this.#jobWork(item)))),
      takeDuePolls(this.#looks, leases, { most: most.get(polls) ?? 0, now }).then((due) =>
        this.#beginAll(due.map((duePoll) => this.#pollWork(duePoll))),
      ),
    ]);
    const taken = Map.groupBy(
      looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : [])),
      ({ kind }) => kind,
    );
    this.#crowded = new Set([...most.keys()].filter((kind) => (taken.get(kind)?.length ?? 0) >= (most.get(kind) ?? 0)));
    for (const look of looks) if (look.status === 'rejected') throw look.reason;
  }

  #beginAll(works: Work[]): Work[] {
    for (const work of works) this.#begin(work);
    return works;
  }

  #jobWork({ job, key, lease }: WorkItem): Work {
    const run = () => this.#traces.span(job.kind, { kind: 'works' }, () => job.run(this.#parts, key));
    return { kind: job, key, lease, run };
  }

  /** Without a span: there is one a minute and connector, and the metrics tell of all. */
  #pollWork(duePoll: DuePoll): Work {
    return { kind: polls, key: duePoll.connector.id, lease: duePoll.lease, run: () => poll(this.#parts, duePoll) };
  }

  #room(kind: Kind): number {
    return kind.concurrency - (this.#working.get(kind)?.size ?? 0);
  }

  #begin({ kind, key, lease, run }: Work): void {
    const { leases, log } = this.#parts;
    const working = this.#working.get(kind);
    const done = this.#work(kind, key, run)
      .catch((error: unknown) => log.error({ err: error, work: `${kind.kind} ${key}` }, 'a failure could not be noted'))
      .then(() => leases.release(lease))
      .finally(() => {
        working?.delete(done);
        if (this.#crowded.has(kind)) void this.#look().catch(() => undefined); // the next second looks again
      });
    working?.add(done);
  }

  async #work(kind: Kind, key: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#closing.signal.aborted && !(error instanceof Fenced)) await this.#failed(kind, key, error);
    }
  }

  /** Whoever was cut off from the store is still due, and found again within a second; a bug rests. */
  async #failed(kind: Kind, key: string, error: unknown): Promise<void> {
    const { pool, log, runtime } = this.#parts;
    const work = `${kind.kind} ${key}`;
    const away = isStoreAway(error);
    if (away) log.warn({ err: error, work }, 'the store was away during a piece of background work');
    else log.error({ err: error, work }, 'a piece of background work failed');
    if (away && this.#secondTries.may(work)) return;
    const now = runtime.now();
    await kind.postpone(pool, key, { now, until: now + afterBugMs }).catch((still: unknown) => {
      // Then it is tried again as soon as the store is there.
      if (!isStoreAway(still)) throw still;
    });
  }
}

function openPollWorker({ runtime, database, ...settings }: JobsGiven, closing: AbortSignal): PollWorker {
  const { oktaShare: share, uploadBytes, memoryBytes, compression } = settings;
  const { forThreads, cloud, credential } = runtime;
  const given = { forThreads, cloud, database: database.address, share, uploadBytes, memoryBytes, compression };
  return new PollWorker(given, { credential, closing });
}
