import deployed from '../../deploy/version.json' with { type: 'json' };
import { recordEveryMs } from '../connector/health-records.ts';
import { makeReportDue } from '../connector/health-rules.ts';
import { lockName, type WorkItem } from '../connector/locks.ts';
import { postponeCheck } from '../connector/observations.ts';
import { postponeOutboxCard } from '../connector/outbox.ts';
import { saveUpgrade } from '../connector/provisioning-record.ts';
import { makeDue } from '../connector/statuses.ts';
import { postponeClearing } from '../secrets/secrets.ts';
import { heldLocks, type Queryable } from '../store/database.ts';

/** Rows accepted by a workspace are looked for at most this often. */
export const lookEveryMs = 5 * 60_000;
/** Of each kind; the longest due come first, so that no kind starves another. */
const mostAtOnce = 500;

/**
 * What is due at `now` and nobody works on. All of it is read off the state itself, so that whatever a crash cut short
 * is due again, and nothing has to be enqueued in step with a change.
 */
export async function findDue(db: Queryable, now: number): Promise<WorkItem[]> {
  const { rows } = await db.query<WorkItem>(
    `(select case when desired = 'delete' then 'remove'
                  when provisioning->'finishedAt' = 'null' then 'provision'
                  else 'sync' end as queue, id::text as key
        from connectors where due_at <= $1 order by due_at limit ${mostAtOnce})
     union all
     (select 'update', id::text from connectors
       where desired = 'run' and provisioning->'finishedAt' <> 'null'
         and ((provisioning->>'version')::int < $3 or (settings->>'tableChangedAt')::bigint > (provisioning->>'tableAt')::bigint)
         and coalesce((provisioning->'failedUpgrade'->>'dueAt')::bigint, 0) <= $4 limit ${mostAtOnce})
     union all
     (select 'deliver', id::text from outbox
       where due_at <= $1 and shown_version < version and gone is null order by due_at limit ${mostAtOnce})
     union all
     (select distinct 'look', lower(settings->'workspace'->>'id') from connectors
       where desired = 'run' and status->'lastPollAt' <> 'null'
         and (observation is null or (observation->>'triedAt')::bigint <= $2
              or (observation->>'requestedAt')::bigint >= (observation->>'triedAt')::bigint) limit ${mostAtOnce})
     union all
     (select 'report', id from health_rules
       where due_at <= $1
         and (rule is not null and exists (select from health_records where workspace_id = health_rules.id)
              or rule is not null and exists (select from connectors where reported_at <= $5
                                                 and lower(settings->'workspace'->>'id') = health_rules.id)
              or not exists (select from connectors where lower(settings->'workspace'->>'id') = health_rules.id))
       order by due_at limit ${mostAtOnce})
     union all
     (select distinct 'clear', name from secrets where forgotten_at is not null and due_at <= $1 limit ${mostAtOnce})`,
    [new Date(now), now - lookEveryMs, deployed.version, now, new Date(now - recordEveryMs)],
  );
  const held = await heldLocks(db, rows.map(lockName));
  return rows.filter((item) => !held.has(lockName(item)));
}

/** Lets a piece of work that ended in a bug rest, so that it does not spin. */
export async function putOff(db: Queryable, { queue, key }: WorkItem, now: number, ms: number): Promise<void> {
  if (queue === 'deliver') {
    await postponeOutboxCard(db, key, now + ms);
  } else if (queue === 'report') {
    await makeReportDue(db, key, now + ms);
  } else if (queue === 'clear') {
    await postponeClearing(db, key, now + ms);
  } else if (queue === 'look') {
    await postponeCheck(db, key, now - lookEveryMs + ms);
  } else if (queue === 'update') {
    await saveUpgrade(db, key, { failedUpgrade: { since: now, attempts: 1, dueAt: now + ms, evidence: {} } });
  } else {
    await makeDue(db, key, now + ms);
  }
}
