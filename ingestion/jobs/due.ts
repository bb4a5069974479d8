import { nextPollDue } from '../connector/checkpoints.ts';
import { isFree, type Leases } from '../store/leases.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Job } from './job.ts';

/** Nobody is left alone for longer: what another instance has made due, and could not do, is found then. */
const longestRestMs = 10_000;

/** One piece of background work that this process alone does now, and the name of its lease, which it holds until it releases it. */
export type WorkItem = { job: Job; key: string; lease: string };

/** So many pieces of a kind may be begun. */
export type Free = { job: Job; most: number };

/**
 * Takes the leases of what is due at `now`, the longest due of each kind first, in one statement. The text is the same as long
 * as the kinds are, so that the store plans it once: one that is busy is asked for none.
 */
export async function takeDue(
  db: Queryable,
  leases: Leases,
  { free, now }: { free: Free[]; now: number },
): Promise<WorkItem[]> {
  const values: unknown[] = [leases.holder];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const pieces = free.map(({ job, most }, index) => {
    const lease = `'${job.lease('')}' || key`;
    return `(select ${index} as kind, key, ${lease} as name from (${job.due(now, bind)}) as due where ${isFree(lease)} limit ${bind(most)})`;
  });
  return leases.taking(async (leased) => {
    const { rows } = await db.query<{ kind: number; key: string; lease: string }>({
      name: `take-due ${free.length} ${free[0]?.job.kind}`,
      text: `with due as materialized (${pieces.join(' union all ')}), ${leased('due', '$1')}
             select kind, key, name as lease from due join leased using (name)`,
      values,
    });
    return rows.flatMap(({ kind, ...item }) => free.slice(kind, kind + 1).map(({ job }) => ({ job, ...item })));
  });
}

/**
 * For how long after `now` nothing is due, in ms: up to the next poll, and not at all while other work is due, or will be shortly,
 * whoever may have begun it: who has could die of it.
 */
export async function restMs(db: Queryable, jobs: readonly Job[], now: number): Promise<number> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const soon = jobs.map((job) => `exists (${job.due(now + longestRestMs, bind)})`);
  const { rows } = await db.query<{ soon: boolean; poll: number | null }>({
    name: `next-due ${jobs.length} ${jobs[0]?.kind}`,
    text: `select ${soon.join(' or ')} as soon, (${nextPollDue}) as poll`,
    values,
  });
  const [{ soon: isSoon, poll } = { soon: true, poll: null }] = rows;
  if (isSoon) return 0;
  return Math.min(longestRestMs, Math.max(0, (poll ?? Number.POSITIVE_INFINITY) - now));
}
