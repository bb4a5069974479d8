import { heldLocks, type Queryable } from '../store/database.ts';
import type { Job } from './job.ts';

/** One piece of background work that is due. */
export type WorkItem = { job: Job; key: string };

/** Of each kind; the longest due come first, so that no kind starves another. */
const mostAtOnce = 500;

/** What is due at `now` and nobody works on: one question about all kinds, and one about the locks. */
export async function findDue(db: Queryable, jobs: readonly Job[], now: number): Promise<WorkItem[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const pieces = jobs.map(
    (job, index) => `(select ${index} as kind, key from (${job.due(now, bind)} limit ${mostAtOnce}) as due)`,
  );
  const { rows } = await db.query<{ kind: number; key: string }>(pieces.join(' union all '), values);
  const due = rows.flatMap(({ kind, key }) => jobs.slice(kind, kind + 1).map((job) => ({ job, key })));
  const held = await heldLocks(
    db,
    due.map(({ job, key }) => job.lockName(key)),
  );
  return due.filter(({ job, key }) => !held.has(job.lockName(key)));
}
