import { factsOf, type Reason } from '../reasons.ts';
import type { Queryable } from '../store/queryable.ts';

/** How many connectors are alike in what `status` says of them; reason and leg are empty where nothing is wrong. */
type Alike = { state: string; health: string; reason: Reason | ''; leg: string; connectors: number };

/** How much is due of a kind of work, and for how long the first piece has been. */
type Due = { work: 'poll' | 'card'; pieces: number; longestMs: number };

/** All connectors that there are, and what is due for them, whichever instance will do it. */
export type Census = { connectors: Alike[]; due: Due[] };

/** Counts what the store holds; reads every connector once. */
export async function takeCensus(db: Queryable, now: number): Promise<Census> {
  const { rows: alike } = await db.query<Omit<Alike, 'leg'>>(
    `select case desired when 'run' then status->>'state' when 'pause' then 'paused' else 'deleting' end as state,
            status->>'health' as health, coalesce(status->'problem'->>'reason', '') as reason, count(*) as connectors
       from connectors group by 1, 2, 3`,
  );
  const { rows: due } = await db.query<Omit<Due, 'longestMs'> & { since: number | null }>(
    `select 'poll' as work, count(*) as pieces, min(due_at) as since from connectors
      where due_at <= $1 and not_before <= $1 and desired = 'run' and provisioning->'finishedAt' <> 'null'
     union all
     select 'card', count(*), min(due_at) from outbox
      where due_at <= $1 and shown_version < version and merged_into is null and gone is null`,
    [new Date(now)],
  );
  return {
    connectors: alike.map((each) => ({ ...each, leg: each.reason ? factsOf(each.reason).leg : '' })),
    due: due.map(({ since, ...each }) => ({ ...each, longestMs: now - (since ?? now) })),
  };
}
