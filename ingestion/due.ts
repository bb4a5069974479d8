import { heldLocks, type Queryable } from './store/database.ts';

export const queues = ['provision', 'sync', 'remove', 'look', 'deliver'] as const;
export type Queue = (typeof queues)[number];

/** One piece of background work: what, on which connector, workspace (its ARM id) or post. */
export type Due = { queue: Queue; key: string };

/** The name under which one process alone works on a piece. */
export const lockName = ({ queue, key }: Due) => `${queue}:${key}`;

/** Rows accepted by a workspace are looked for at most this often. */
export const lookEveryMs = 5 * 60_000;
const mostAtOnce = 1000;

/**
 * What is due at `now` and nobody works on. All of it is read off the state itself, so that whatever a crash cut short
 * is due again, and nothing has to be enqueued in step with a change.
 */
export async function findDue(db: Queryable, now: number): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `select case when wish = 'delete' then 'remove'
                 when build->'finishedAt' = 'null' then 'provision'
                 else 'sync' end as queue, id::text as key
       from connectors where due_at <= $1
     union all
     select 'deliver', id::text from posts where due_at <= $1 and shown_version < version and gone is null
     union all
     select distinct 'look', lower(settings->'workspace'->>'id') from connectors
      where wish = 'run' and standing->'lastBeatAt' <> 'null'
        and (sight is null or (sight->>'triedAt')::bigint <= $2)
      limit ${mostAtOnce}`,
    [new Date(now), now - lookEveryMs],
  );
  const held = await heldLocks(db, rows.map(lockName));
  return rows.filter((due) => !held.has(lockName(due)));
}
