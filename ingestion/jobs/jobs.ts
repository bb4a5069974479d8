import { PgBoss } from 'pg-boss';
import { Fenced } from '../connector/checkpoint.ts';
import type { ProcessRuntime } from '../runtime/runtime.ts';
import { type Database, isStoreAway, whileAlone } from '../store/database.ts';
import type { Compression } from '../sync/compressor.ts';
import { PollWorker } from '../sync/worker.ts';
import { cardDeliveryJob } from './card-delivery.ts';
import { deprovisionJob } from './deprovision.ts';
import { digestJob } from './digest.ts';
import { findDue } from './due.ts';
import { healthReportJob } from './health-report.ts';
import { incidentReminderJob } from './incident-reminder.ts';
import type { Job, JobParts } from './job.ts';
import { olderFeedsJob } from './older-feeds.ts';
import { pollJob } from './poll.ts';
import { provisionJob } from './provision.ts';
import { openRound } from './round.ts';
import { SecondTries } from './second-tries.ts';
import { secretClearingJob } from './secret-clearing.ts';
import { upgradeJob } from './upgrade.ts';
import { visibilityCheckJob } from './visibility-check.ts';

/** All kinds of background work. */
export const jobs: readonly Job[] = [
  provisionJob,
  pollJob,
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

/** Queues of before 0.1.0. What waits in them is due under its new name. */
const formerQueues = ['sync', 'remove', 'update', 'look', 'report', 'deliver', 'clear'];

/** What the app hands in. */
export type JobsGiven = Omit<JobParts, 'runtime' | 'pool' | 'locks' | 'pollWorker' | 'closing'> & {
  runtime: ProcessRuntime;
  database: Database;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  oktaShare: number;
  /** The most that the body of an upload may have before it is compressed. */
  uploadBytes: number;
  compression: Compression;
  /** Takes abandoned dialogs away, and the tokens that were kept for them. */
  sweep(): Promise<void>;
};

/** A piece of work that ended in a bug is left alone for this long, so that it does not spin. */
const afterBugMs = 60_000;

/**
 * The background work of one instance. Every second node-cron asks the store what is due and enqueues it; pg-boss hands
 * it to one of any number of equal instances; a lock in the store keeps a piece to one process at a time.
 */
export class Jobs {
  readonly #parts: JobParts;
  readonly #boss: PgBoss;
  readonly #ticker: { stop(): Promise<void> };
  readonly #closing: AbortController;
  readonly #round: () => Promise<void>;
  readonly #secondTries: SecondTries;

  private constructor(given: JobsGiven, boss: PgBoss) {
    const { database, oktaShare, uploadBytes, compression, sweep, ...rest } = given;
    this.#boss = boss;
    this.#closing = new AbortController();
    const closing = this.#closing.signal;
    const pollWorker = openPollWorker(given, closing);
    this.#parts = { ...rest, pool: database.pool, locks: database.locks, pollWorker, closing };
    this.#round = openRound({ ...this.#parts, sweep });
    this.#secondTries = new SecondTries(given.runtime);
    this.#ticker = given.runtime.everySecond(() => this.#tick(), given.log);
  }

  /** Opens the queues and begins to work; rejects when the store can't be reached. */
  static async open(given: JobsGiven): Promise<Jobs> {
    const boss = new PgBoss({
      ...given.database.access,
      application_name: 'patchbay jobs',
      schema: 'patchbay_jobs',
      schedule: false,
      useListenNotify: true,
      max: 10,
    });
    boss.on('error', (error) => given.log.warn({ err: error }, 'the job queue reports an error'));
    await boss.start();
    for (const queue of formerQueues) await boss.deleteQueue(queue);
    const opened = new Jobs(given, boss);
    for (const job of jobs) await opened.#serve(job);
    return opened;
  }

  /** Stops taking work, ends polls at their next step, and waits for what is under way. */
  async close(): Promise<void> {
    await this.#ticker.stop();
    this.#closing.abort(new Error('Patchbay is stopping.'));
    // Longer than the longest call to Azure, twice for a new token: its answer is worth waiting for.
    await this.#boss.stop({ graceful: true, timeout: 70_000 });
    await this.#parts.pollWorker.close();
  }

  async #serve(job: Job): Promise<void> {
    const { queue, concurrency } = job;
    // `short` keeps one waiting job per key: what is due is found every second, and must not pile up.
    await this.#boss.createQueue(queue, { policy: 'short', retryLimit: 0, deleteAfterSeconds: 3600, notify: true });
    for (let worker = 0; worker < concurrency; worker++) await this.#employ(job);
  }

  /** One worker. Done with a piece, it looks for the next at once: pg-boss would wait half a minute, unless more came meanwhile. */
  async #employ(job: Job): Promise<void> {
    const boss = this.#boss;
    const worker = await boss.work<{ key: string }>(job.queue, { pollingIntervalSeconds: 1 }, async ([item]) => {
      if (item) await this.#work(job, item.data.key);
      boss.notifyWorker(worker);
    });
  }

  async #tick(): Promise<void> {
    const { pool, runtime, log } = this.#parts;
    try {
      const due = await findDue(pool, jobs, runtime.now());
      for (const [{ queue }, items] of Map.groupBy(due, ({ job }) => job))
        await this.#boss.insert(
          queue,
          items.map(({ key }) => ({ data: { key }, singletonKey: key })),
        );
      await this.#round();
    } catch (error) {
      // The next second tries again.
      const level = isStoreAway(error) ? 'warn' : 'error';
      if (!this.#closing.signal.aborted) log[level]({ err: error }, 'could not look for work that is due');
    }
  }

  async #work(job: Job, key: string): Promise<void> {
    const { locks } = this.#parts;
    try {
      await whileAlone(locks, job.lockName(key), () => job.run(this.#parts, key));
    } catch (error) {
      if (!this.#closing.signal.aborted && !(error instanceof Fenced)) await this.#failed(job, key, error);
    }
  }

  /** Whoever was cut off from the store is still due, and found again within a second; a bug rests. */
  async #failed(job: Job, key: string, error: unknown): Promise<void> {
    const { pool, log, runtime } = this.#parts;
    const work = `${job.queue} ${key}`;
    const away = isStoreAway(error);
    if (away) log.warn({ err: error, work }, 'the store was away during a piece of background work');
    else log.error({ err: error, work }, 'a piece of background work failed');
    if (away && this.#secondTries.may(work)) return;
    const now = runtime.now();
    await job.postpone(pool, key, { now, until: now + afterBugMs }).catch((still: unknown) => {
      // Then it is tried again as soon as the store is there.
      if (!isStoreAway(still)) throw still;
    });
  }
}

function openPollWorker(
  { runtime, database, oktaShare, uploadBytes, compression }: JobsGiven,
  closing: AbortSignal,
): PollWorker {
  const { forThreads, cloud, credential } = runtime;
  const given = { forThreads, cloud, database: database.address, share: oktaShare, uploadBytes, compression };
  return new PollWorker(given, { credential, closing });
}
