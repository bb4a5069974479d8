import type { ScheduledTask } from 'node-cron';
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { Fenced } from '../connector/checkpoint.ts';
import type { Connector } from '../connector/connector.ts';
import { getConnector, listInWorkspace } from '../connector/connectors.ts';
import type { Described, HealthRecord } from '../connector/health-records.ts';
import type { Audience } from '../connector/incidents.ts';
import { next } from '../connector/lifecycle.ts';
import { lockName, type Queue, queues, type WorkItem } from '../connector/locks.ts';
import { makeDue, settle } from '../connector/statuses.ts';
import { evaluate, paceMs } from '../connector/verdict.ts';
import { ConnectorError } from '../errors.ts';
import { report } from '../monitoring/health-report.ts';
import { raiseOverdue } from '../monitoring/overdue.ts';
import { checkVisibility } from '../monitoring/visibility.ts';
import { remove } from '../provisioning/deprovision.ts';
import { provision } from '../provisioning/provision.ts';
import { bringUpToDate } from '../provisioning/upgrade.ts';
import type { Runtime, RuntimeModule } from '../runtime/runtime.ts';
import type { Secrets, Token } from '../secrets/secrets.ts';
import { type Database, whileAlone } from '../store/database.ts';
import { PollWorker } from '../sync/worker.ts';
import { findDue, putOff } from './due.ts';
import { everySecond } from './ticker.ts';

export type Parts = {
  runtime: Runtime & { forThreads: RuntimeModule };
  database: Database;
  secrets: Secrets;
  log: Logger;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  oktaShare: number;
  /** The most that the body of an upload may have before it is compressed. */
  uploadBytes: number;
  /** Brings one post up to date in Teams. */
  deliver(postId: string): Promise<void>;
  /** The words of a health record. */
  describe(record: HealthRecord): Described;
  /** Who is told of a connector's incidents. */
  audience: Audience;
  /** Takes away what nobody needs any more. */
  sweep(): Promise<void>;
};

/** How many of each this instance does at a time. */
const concurrency = new Map<Queue, number>([
  // A call that Azure leaves unanswered holds one for half a minute.
  ['provision', 4],
  ['sync', 6],
  ['remove', 2],
  ['update', 1],
  ['look', 2],
  ['report', 2],
  ['deliver', 4],
  ['clear', 1],
]);

/** A piece of work that ended in a bug is left alone for this long, so that it does not spin. */
const afterBugMs = 60_000;
/** What a vault has not let go is tried again so much later. */
const clearAgainMs = 10 * 60_000;
/** How often each instance looks for what has been forgotten, by the machine's own clock. */
const roundMs = 60_000;
/** Even an exhausted budget is not asked again at once: every refusal is one more event in the org's own log. */
const leastWaitMs = 5_000;

/**
 * The background work of one instance. Every second node-cron asks the store what is due and enqueues it; pg-boss hands
 * it to one of any number of equal instances; a lock in the store keeps a piece to one process at a time.
 */
export class Jobs {
  readonly #parts: Parts;
  readonly #boss: PgBoss;
  readonly #ticker: ScheduledTask;
  readonly #engine: PollWorker;
  readonly #closing = new AbortController();
  #nextRound = Date.now() + roundMs;

  private constructor(parts: Parts, boss: PgBoss) {
    this.#parts = parts;
    this.#boss = boss;
    const { runtime, database, oktaShare: share, uploadBytes } = parts;
    this.#engine = new PollWorker(
      {
        forThreads: runtime.forThreads,
        cloud: runtime.cloud,
        database: database.address,
        share,
        uploadBytes,
      },
      { credential: runtime.credential, closing: this.#closing.signal },
    );
    this.#ticker = everySecond(parts.log, () => this.#tick());
  }

  static async open(parts: Parts): Promise<Jobs> {
    const boss = new PgBoss({
      ...parts.database.access,
      application_name: 'patchbay jobs',
      schema: 'patchbay_jobs',
      schedule: false,
      useListenNotify: true,
      max: 10,
    });
    boss.on('error', (error) => parts.log.warn({ err: error }, 'the job queue reports an error'));
    await boss.start();
    const jobs = new Jobs(parts, boss);
    for (const queue of queues) await jobs.#serve(queue);
    return jobs;
  }

  /** Stops taking work, ends polls at their next step, and waits for what is under way. */
  async close(): Promise<void> {
    await this.#ticker.destroy();
    this.#closing.abort(new Error('Patchbay is stopping.'));
    // Longer than the longest call to Azure, twice for a new token: its answer is worth waiting for.
    await this.#boss.stop({ graceful: true, timeout: 70_000 });
    await this.#engine.close();
  }

  async #serve(queue: Queue): Promise<void> {
    // `short` keeps one waiting job per key: what is due is found every second, and must not pile up.
    await this.#boss.createQueue(queue, { policy: 'short', retryLimit: 0, deleteAfterSeconds: 3600, notify: true });
    const options = { localConcurrency: concurrency.get(queue) ?? 1, pollingIntervalSeconds: 1 };
    await this.#boss.work<WorkItem>(queue, options, async ([job]) => {
      if (job) await this.#work({ queue, key: job.data.key });
    });
  }

  async #tick(): Promise<void> {
    const { database, runtime, log, sweep } = this.#parts;
    try {
      for (const item of await findDue(database.pool, runtime.now())) {
        await this.#boss.send(item.queue, { key: item.key }, { singletonKey: item.key });
      }
      if (Date.now() < this.#nextRound) return;
      this.#nextRound = Date.now() + roundMs;
      await raiseOverdue({ pool: database.pool, audience: this.#parts.audience }, runtime.now());
      await sweep();
      // The deployed alert rule "Patchbay is silent" waits for this line.
      log.info('Patchbay is at work');
    } catch (error) {
      // The store may be away for a while; the next second tries again.
      if (!this.#closing.signal.aborted) log.error({ err: error }, 'could not look for work that is due');
    }
  }

  async #work(item: WorkItem): Promise<void> {
    const { database, log, runtime } = this.#parts;
    try {
      await whileAlone(database.locks, lockName(item), () => this.#do(item));
    } catch (error) {
      if (this.#closing.signal.aborted || error instanceof Fenced) return;
      log.error({ err: error, work: `${item.queue} ${item.key}` }, 'a piece of background work failed');
      await putOff(database.pool, item, runtime.now(), afterBugMs);
    }
  }

  async #do({ queue, key }: WorkItem): Promise<void> {
    const { runtime, database, secrets, deliver, log, describe } = this.#parts;
    const parts = { runtime, pool: database.pool, secrets };
    if (queue === 'deliver') return deliver(key);
    if (queue === 'report') {
      return report({ runtime, pool: database.pool, log, describe, closing: this.#closing.signal }, key);
    }
    if (queue === 'clear') return this.#clear(key);
    if (queue === 'look') return checkVisibility(parts, await listInWorkspace(database.pool, key));
    const connector = await getConnector(database.pool, key);
    if (!connector) return;
    const runs = connector.desired === 'run' && connector.provisioning.finishedAt !== null;
    if (queue === 'update') return runs ? bringUpToDate(parts, connector) : undefined;
    if (connector.dueAt > runtime.now()) return;
    if (runs) return this.#poll(connector);
    // Not beside an update, which would make anew what is taken apart, or as it was before.
    const deed = connector.desired === 'delete' ? remove : provision;
    const name = lockName({ queue: 'update', key });
    const done = await whileAlone(database.locks, name, () => deed(parts, connector).then(() => true));
    if (!done) await makeDue(database.pool, key, runtime.now() + 2_000);
  }

  /** One poll of one connector: sync, then one verdict, settled with the incident and the cards that follow. */
  async #poll(before: Connector): Promise<void> {
    const { runtime, database, secrets, audience } = this.#parts;
    const { pool } = database;
    const done = await this.#engine.sync({ connector: before, token: await this.#tokenOf(before) });
    // Read again: a look into the workspace may have ended meanwhile.
    const connector = await getConnector(pool, before.id);
    if (!done || !connector) return;
    const now = runtime.now();
    const verdict = evaluate(connector, done.poll, now);
    const status = next(connector, done.poll, verdict, now);
    const { caughtUp, failure, waitMs } = done.poll;
    if (failure?.reason === 'token-refused') secrets.doubt(before.settings.keyId);
    const limitedMs = waitMs === null ? null : Math.max(waitMs, leastWaitMs) * (1 + Math.random() / 10);
    const pauseMs = limitedMs ?? (caughtUp || failure ? paceMs({ ...connector, status }) : 0);
    const { tally, version } = done;
    const end = { status, tally, version, dueAt: now + pauseMs, wasDueAt: before.dueAt, now };
    await settle({ pool, audience }, connector, end);
  }

  /** Read on this side, as the thread has neither key nor vault; that it can't be had is the verdict of the poll. */
  async #tokenOf({ settings }: Connector): Promise<Token> {
    try {
      return { value: await this.#parts.secrets.read(settings.keyId) };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { reason: error.reason, evidence: error.evidence };
    }
  }

  /** A vault that is away, or forbids it, is asked again later; until then the store keeps what is to go. */
  async #clear(name: string): Promise<void> {
    const { secrets, database, runtime, log } = this.#parts;
    try {
      await secrets.clear(name);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      log.warn({ err: error, secret: name }, 'a forgotten token is still in the vault');
      await putOff(database.pool, { queue: 'clear', key: name }, runtime.now(), clearAgainMs);
    }
  }
}
