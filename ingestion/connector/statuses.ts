import type pg from 'pg';
import { Batch } from '../runtime/batch.ts';
import { transaction } from '../store/database.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Baseline } from './baseline.ts';
import { baselineSql, saveBaseline } from './baselines.ts';
import type { Connector, ConnectorStatus, Problem } from './connector.ts';
import { recordHealthChange } from './health-changes.ts';
import { shownState } from './health-records.ts';
import { type Audience, alarming, followIncident } from './incidents.ts';
import { followProgress, progressOf } from './progress.ts';
import { endRetry } from './retries.ts';

/**
 * What a poll has come to, and when the next is due. `wasDueAt`: when it was due itself; `version`: of the checkpoint that it held;
 * `baseline`: what the hour has taught that ended before it.
 */
export type PollEnd = {
  status: ConnectorStatus;
  version: number;
  baseline: Baseline | null;
  dueAt: number;
  wasDueAt: number;
};

type QuietEnd = { connector: Connector; end: PollEnd };

/** Ends of polls of which nobody is told, many in one statement; whether each was written. */
export type QuietEnds = Batch<QuietEnd, boolean>;

/** Where polls end of which nobody is to be told anything. */
export function openQuietEnds(db: Queryable): QuietEnds {
  return new Batch((ends) => writeQuietEnds(db, ends));
}

/**
 * Ends a poll: the new status, the incident it opens, changes or resolves, and the cards that follow, in one
 * transaction; most polls change nothing that anybody sees, and go together. Writes nothing when a later poll has taken the
 * checkpoint (`version`) over. What a person has made due since the poll began (`wasDueAt`) stays so.
 */
export async function settle(
  { pool, audience, quietEnds }: { pool: pg.Pool; audience: Audience; quietEnds: QuietEnds },
  connector: Connector,
  { now, ...end }: PollEnd & { now: number },
): Promise<void> {
  if (isQuiet(connector, end) && (await quietEnds.do({ connector, end }))) return;
  await transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `update connectors set status = $2, due_at = case when due_at = $5 then $3 else due_at end
        where id = $1 and desired = 'run'
          and exists (select from checkpoints where connector_id = $1 and version = $4)`,
      [connector.id, end.status, new Date(end.dueAt), end.version, new Date(end.wasDueAt)],
    );
    if (rowCount === 0) return;
    if (end.baseline) await saveBaseline(tx, connector.id, end.baseline);
    const settled = { ...connector, status: end.status };
    await followIncident(tx, settled, { audience, now });
    await endRetry(tx, connector);
    await recordHealthChange(tx, connector.id, now);
    await followProgress(tx, connector, settled);
  });
}

/** Whether nothing of the end is seen but what a look at the connector shows; that no incident is open, the store knows. */
function isQuiet(connector: Connector, { status }: PollEnd): boolean {
  const { retried } = connector;
  const retries = retried !== null && !retried.tried;
  const follows = progressOf(connector) !== progressOf({ ...connector, status });
  return !retries && !follows && alarming(status.problem) === null;
}

/** Those that are held by somebody else, or are not so quiet after all, are left out. */
async function writeQuietEnds(db: Queryable, ends: QuietEnd[]): Promise<boolean[]> {
  const of = <T>(value: (end: QuietEnd) => T) => ends.map(value);
  const { rows } = await db.query<{ id: string }>({
    name: 'quiet-ends',
    text: `with ended as (
        select * from unnest($1::uuid[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::text[], $7::jsonb[])
                   as ended (id, status, due_at, was_due_at, version, shown, baseline)),
      free as (
        select id from connectors join checkpoints on connector_id = id join ended using (id, version)
         where desired = 'run' and reported = shown
           and not exists (select from incidents where connector_id = connectors.id and resolved_at is null)
           for no key update of connectors skip locked),
      taught as (${baselineSql('ended join free using (id)')})
      update connectors set status = ended.status,
             due_at = case when connectors.due_at = was_due_at then ended.due_at else connectors.due_at end
        from ended join free using (id) where connectors.id = ended.id returning connectors.id`,
    values: [
      of(({ connector }) => connector.id),
      of(({ end }) => JSON.stringify(end.status)),
      of(({ end }) => new Date(end.dueAt)),
      of(({ end }) => new Date(end.wasDueAt)),
      of(({ end }) => end.version),
      of(({ connector, end }) => shownState({ ...connector, status: end.status })),
      of(({ end }) => end.baseline && JSON.stringify(end.baseline)),
    ],
  });
  const written = new Set(rows.map(({ id }) => id));
  return ends.map(({ connector }) => written.has(connector.id));
}

/**
 * Says of a connector that nobody polls what is wrong with it, and has its incident follow; not when a poll has ended, or its
 * owner has changed their mind, meanwhile.
 */
export async function saveUnpolled(
  { pool, audience }: { pool: pg.Pool; audience: Audience },
  connector: Connector,
  { problem, now }: { problem: Problem; now: number },
): Promise<void> {
  const { lastPollAt, state } = connector.status;
  const { health } = problem;
  const status: ConnectorStatus = {
    ...connector.status,
    state: health === 'error' ? 'error' : state,
    health,
    problem,
  };
  await transaction(pool, async (tx) => {
    // A poll that ends at this moment knows better, and another instance may have said it.
    const { rowCount } = await tx.query(
      `update connectors set status = $2
        where id = (select id from connectors where id = $1 for no key update skip locked)
          and desired = $4 and status->'lastPollAt' = $3::jsonb and status->'problem'->>'reason' is distinct from $5`,
      [connector.id, status, JSON.stringify(lastPollAt), connector.desired, problem.reason],
    );
    if (rowCount === 0) return;
    const settled = { ...connector, status };
    await followIncident(tx, settled, { audience, now });
    await recordHealthChange(tx, connector.id, now);
    await followProgress(tx, connector, settled);
  });
}

/** Writes the status with which a connector that is held begins or ends its rest. */
export async function saveStatus(tx: Queryable, id: string, status: ConnectorStatus): Promise<void> {
  await tx.query('update connectors set status = $2 where id = $1', [id, status]);
}

/** Nothing that was accepted is waited for in the workspace any more. */
export async function forgetUnseen(tx: Queryable, id: string): Promise<void> {
  await tx.query(`update connectors set status = status || '{"unseenSince": null}' where id = $1`, [id]);
}

/** Lets the connector's next poll be due at `dueAt` at the latest. */
export async function makeDueBy(db: Queryable, id: string, dueAt: number): Promise<void> {
  await db.query('update connectors set due_at = least(due_at, $2) where id = $1', [id, new Date(dueAt)]);
}

/** Lets the connector's next step or poll be due at `dueAt`. */
export async function makeDue(db: Queryable, id: string, dueAt: number): Promise<void> {
  await db.query(`update connectors set due_at = $2, not_before = '-infinity' where id = $1`, [id, new Date(dueAt)]);
}

/** Has the connector's next poll wait until `until`; since when it is due stays known, so that it is missed. */
export async function postponePoll(db: Queryable, id: string, until: number): Promise<void> {
  await db.query('update connectors set not_before = $2 where id = $1', [id, new Date(until)]);
}
