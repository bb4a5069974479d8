import cron, { type ScheduledTask } from 'node-cron';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { Fenced } from './checkpoint.ts';
import { next } from './connector.ts';
import { getConnector, listInWorkspace, makeDue, settle } from './connectors.ts';
import { type Due, findDue, lockName, type Queue, queues } from './due.ts';
import { evaluate } from './health.ts';
import { provision, remove } from './provision.ts';
import type { Secrets } from './secrets.ts';
import { type Database, whileAlone } from './store/database.ts';
import { sync } from './sync.ts';
import { look } from './visibility.ts';
import type { World } from './world.ts';

export type Parts = {
  world: World;
  database: Database;
  secrets: Secrets;
  log: Logger;
  /** Brings one post up to date in Teams. */
  deliver(postId: string): Promise<void>;
};

/** How many of each this instance does at a time. */
const concurrency = new Map<Queue, number>([
  ['provision', 2],
  ['sync', 6],
  ['remove', 2],
  ['look', 2],
  ['deliver', 4],
]);

/** A piece of work that ended in a bug is left alone for this long, so that it does not spin. */
const afterBugMs = 60_000;

/**
 * The background work of one instance. Every second node-cron asks the store what is due and enqueues it; pg-boss hands
 * it to one of any number of equal instances; a lock in the store keeps a piece to one process at a time.
 */
export class Jobs {
  readonly #parts: Parts;
  readonly #boss: PgBoss;
  readonly #ticker: ScheduledTask;
  readonly #closing = new AbortController();

  private constructor(parts: Parts, boss: PgBoss) {
    this.#parts = parts;
    this.#boss = boss;
    this.#ticker = cron.schedule('* * * * * *', () => this.#tick(), { noOverlap: true, suppressMissedWarning: true });
  }

  static async open(parts: Parts): Promise<Jobs> {
    const boss = new PgBoss({
      connectionString: parts.database.url,
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

  /** Stops taking work, ends beats at their next step, and waits for what is under way. */
  async close(): Promise<void> {
    await this.#ticker.destroy();
    this.#closing.abort(new Error('Patchbay is stopping.'));
    await this.#boss.stop({ graceful: true, timeout: 30_000 });
  }

  async #serve(queue: Queue): Promise<void> {
    // `short` keeps one waiting job per key: what is due is found every second, and must not pile up.
    await this.#boss.createQueue(queue, { policy: 'short', retryLimit: 0, deleteAfterSeconds: 3600, notify: true });
    const options = { localConcurrency: concurrency.get(queue) ?? 1, pollingIntervalSeconds: 1 };
    await this.#boss.work<Due>(queue, options, async ([job]) => {
      if (job) await this.#work({ queue, key: job.data.key });
    });
  }

  async #tick(): Promise<void> {
    try {
      for (const due of await findDue(this.#parts.database.pool, this.#parts.world.now())) {
        await this.#boss.send(due.queue, { key: due.key }, { singletonKey: due.key });
      }
    } catch (error) {
      // The store may be away for a while; the next second tries again.
      if (!this.#closing.signal.aborted) this.#parts.log.error({ err: error }, 'could not look for work that is due');
    }
  }

  async #work(due: Due): Promise<void> {
    const { database, log, world } = this.#parts;
    try {
      await whileAlone(database.pool, lockName(due), () => this.#do(due));
    } catch (error) {
      if (this.#closing.signal.aborted || error instanceof Fenced) return;
      log.error({ err: error, ...due }, 'a piece of background work failed');
      if (due.queue === 'look' || due.queue === 'deliver') return;
      await makeDue(database.pool, due.key, world.now() + afterBugMs);
    }
  }

  async #do({ queue, key }: Due): Promise<void> {
    const { world, database, secrets, deliver } = this.#parts;
    const parts = { world, pool: database.pool, secrets };
    if (queue === 'deliver') return deliver(key);
    if (queue === 'look') return look(parts, await listInWorkspace(database.pool, key));
    const connector = await getConnector(database.pool, key);
    if (!connector || connector.dueAt > world.now()) return;
    if (connector.wish === 'delete') return remove(parts, connector);
    if (connector.build.finishedAt === null) return provision(parts, connector);
    return beat(parts, connector.id, this.#closing.signal);
  }
}

/** One beat of one connector: sync, then one verdict, settled with the incident and the cards that follow. */
async function beat(
  parts: { world: World; pool: pg.Pool; secrets: Secrets },
  connectorId: string,
  signal: AbortSignal,
): Promise<void> {
  const { world, pool } = parts;
  const before = await getConnector(pool, connectorId);
  const done = before && (await sync(parts, before, signal));
  // Read again: a look into the workspace may have ended meanwhile.
  const connector = await getConnector(pool, connectorId);
  if (!done || !connector) return;
  const now = world.now();
  const verdict = evaluate(connector, done.beat, now);
  const standing = next(connector, done.beat, verdict, now);
  const { caughtUp, failure, waitMs } = done.beat;
  const pauseMs = waitMs ?? (caughtUp || failure ? connector.settings.intervalSeconds * 1000 : 0);
  await settle(pool, connector, { standing, version: done.version, dueAt: now + pauseMs }, now);
}
