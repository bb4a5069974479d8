import type pg from 'pg';
import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { transaction } from '../store/database.ts';
import type { Queryable } from '../store/queryable.ts';
import { rewindCheckpoint } from './checkpoints.ts';
import {
  type Connector,
  isRunning,
  type Lost,
  type Observation,
  type SeenRows,
  seenSince,
  unseen,
  type Workspace,
} from './connector.ts';
import { heldConnectors, holdConnector, holdInWorkspace } from './connectors.ts';
import { visibleWithinMs } from './limits.ts';
import { makeDueBy } from './statuses.ts';

/** What a check of the workspace has found out about one connector. */
export type Check = {
  /** When it began, and up to which time the connector had delivered everything by then. */
  at: number;
  since: number | null;
  /** The rows that are visible; null when that was not asked, or not answered: what a part leaves out is not known. */
  rows: SeenRows | null;
  /** Why the question for rows had no answer, or a part, in which at least these rows are. */
  problem: { reason: Reason; evidence: Evidence } | null;
  /** Why rows that Azure took are missing; undefined when that was not looked for. */
  lost?: Lost | undefined;
  /** What of it is gone; undefined when Azure did not say. */
  gone: NonNullable<Observation['gone']>['reason'] | null | undefined;
};

/**
 * Writes what a check has found. It is judged by what is known by now, under the lock of the connector: others may have seen,
 * made or asked for something since the check began. A table that is found to be gone takes the checkpoint back, once. The first
 * rows of a connector let it be polled at once, so that it is said.
 */
export async function recordCheck(pool: pg.Pool, connectorId: string, check: Check): Promise<void> {
  await transaction(pool, async (tx) => {
    const connector = await holdConnector(tx, connectorId);
    if (!connector) return;
    const before = connector.observation ?? unseen;
    const presence = presenceAfter(connector, check);
    const rows = rowsAfter(connector, check);
    const after = { ...before, ...presence, ...rows, ...lostAfter(connector, check, rows.seen), triedAt: check.at };
    await saveObservation(tx, connectorId, after);
    const first =
      connector.status.firstSeenAt === null && !before.seen?.rows && after.seen !== null && after.seen.rows > 0;
    if (first && isRunning(connector)) await makeDueBy(tx, connectorId, check.at);
    const lost = presence.gone?.reason === 'table-missing' && before.gone?.reason !== 'table-missing';
    if (lost) await rewind(tx, connector);
  });
}

/**
 * What is known of the rows. A check without an answer says nothing new: what was seen before stays. A part of an answer shows
 * what it shows; where it does not show what is waited for, that may be among what it leaves out.
 */
function rowsAfter(connector: Connector, { at, rows, problem }: Check): Pick<Observation, 'seen' | 'problem'> {
  const before = connector.observation?.seen ?? null;
  if (!rows) return { seen: before, problem };
  if (!problem) return { seen: { at, ...rows }, problem };
  const seen = {
    at,
    rows: Math.max(rows.rows, before?.rows ?? 0),
    newestEvent: later(rows.newestEvent, before?.newestEvent),
    newestArrival: later(rows.newestArrival, before?.newestArrival),
  };
  return isShown(connector, seen) ? { seen, problem: null } : { seen: { ...seen, at: before?.at ?? at }, problem };
}

/**
 * What is known of rows that are missing. A look without an answer says nothing new. Once rows come again, what was missing until
 * then has been told; from then on it may be some of them.
 */
function lostAfter(
  connector: Connector,
  { at, rows, lost }: Check,
  seen: Observation['seen'],
): Pick<Observation, 'lost' | 'cameAgainAt'> {
  const before = connector.observation?.lost ?? null;
  if (!rows) return { lost: before };
  if (!isShown(connector, seen)) return { lost: lost ?? before };
  if (before && before.someSince === undefined) return { lost: null, cameAgainAt: at };
  if (lost?.someSince === undefined || lost.reason === 'not-visible') return { lost: null };
  return { lost: { ...lost, someSince: before?.someSince ?? lost.someSince } };
}

/** Whether what was accepted is there, as far as anything is waited for. */
function isShown({ status: { unseenSince } }: Connector, seen: Observation['seen']): boolean {
  return unseenSince === null || seenSince({ ...unseen, seen }, unseenSince);
}

function later(one: number | null, other: number | null | undefined): number | null {
  return one === null || other === null || other === undefined ? (one ?? other ?? null) : Math.max(one, other);
}

type Presence = Pick<Observation, 'there' | 'gone'>;

function presenceAfter({ observation, provisioning }: Connector, check: Check): Presence {
  const { there, gone, tableMadeAt = 0 } = observation ?? unseen;
  const { at, since } = check;
  // What Azure said before the table, the rule or the knowledge of their loss is not true of what is there now.
  const outdated = at <= Math.max(tableMadeAt, gone?.at ?? 0, provisioning.finishedAt ?? 0);
  // A table that answers a query is there, whatever else Azure says at this moment.
  const contradicted = check.gone === 'table-missing' && check.rows !== null;
  if (check.gone === undefined || outdated || contradicted) return { there, gone };
  if (check.gone) return { there, gone: { at, reason: check.gone } };
  return { there: { at, since: since ?? at }, gone: null };
}

/**
 * Whoever finds that the table is gone calls it before making it anew: no connector of the workspace sends to it until it is
 * there again, and what they have sent since it was last seen is sent once more. Nothing is there that could be repeated: what was
 * found by a look that began, at `began`, before another has made it is not so any more.
 */
export async function recordTableGone(
  pool: pg.Pool,
  { id }: Workspace,
  { began, now }: { began: number; now: number },
): Promise<void> {
  await transaction(pool, async (tx) => {
    for (const connector of await holdInWorkspace(tx, id)) {
      if ((connector.observation?.tableMadeAt ?? 0) >= began) continue;
      const gone = { at: now, reason: 'table-missing' as const };
      await saveObservation(tx, connector.id, { ...(connector.observation ?? unseen), gone });
      await rewind(tx, connector);
    }
  });
}

/** The table was made anew: all connectors of the workspace may send again, and checks that began before are outdated. */
export async function recordTableMade(pool: pg.Pool, { id }: Workspace, now: number): Promise<void> {
  await transaction(pool, async (tx) => {
    for (const { id: connectorId, observation } of await holdInWorkspace(tx, id)) {
      if (observation?.gone?.reason === 'table-missing')
        await saveObservation(tx, connectorId, { ...observation, gone: null, tableMadeAt: now });
    }
  });
}

/** Somebody wants the workspace checked at once; a check that is under way does not count. */
export async function requestCheck(tx: Queryable, id: string, now: number): Promise<void> {
  await tx.query('update connectors set observation = coalesce(observation, $2) || $3 where id = $1', [
    id,
    unseen,
    { requestedAt: now },
  ]);
}

/** Has the workspace (its ARM id in lower case) count as checked at `triedAt`, and rest until `until`, whoever asked for it. */
export async function postponeCheck(
  db: Queryable,
  workspaceId: string,
  { triedAt, until }: { triedAt: number; until: number },
): Promise<void> {
  await db.query(
    `with held as (${heldConnectors(`lower(settings->'workspace'->>'id') = $1`)})
     update connectors set observation = coalesce(observation, $2) || $3 from held where connectors.id = held.id`,
    [workspaceId, unseen, { triedAt, requestedAt: 0, restsUntil: until }],
  );
}

async function saveObservation(tx: Queryable, id: string, observation: Observation): Promise<void> {
  await tx.query('update connectors set observation = $2 where id = $1', [id, observation]);
}

/** To where everything had been delivered when the table was last seen; where it never was, to the connector's beginning. */
async function rewind(tx: Queryable, { id, observation, createdAt, settings }: Connector): Promise<void> {
  const began = createdAt - settings.backfillHours * 3_600_000;
  await rewindCheckpoint(tx, id, Math.max((observation?.there?.since ?? began) - visibleWithinMs, began));
}
