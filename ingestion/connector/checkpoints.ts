import { Batch } from '../runtime/batch.ts';
import { isFree, type Leases } from '../store/leases.ts';
import type { Queryable } from '../store/queryable.ts';
import { type Checkpoint, type CheckpointRow, checkpointColumns, checkpointFrom } from './checkpoint.ts';
import type { Connector } from './connector.ts';
import { type ConnectorRow, connectorColumns, connectorFrom } from './connectors.ts';
import { forgetDelivered, rememberedColumns, rememberSql, type Span } from './delivered.ts';
import { connectorLease } from './leases.ts';
import { type Tally, tallyColumns, tallySql, tallyValues } from './statistics.ts';
import { forgetUnseen } from './statuses.ts';

/** The checkpoint of a new connector, whose log is read from `since` on. */
export async function createCheckpoint(tx: Queryable, connectorId: string, since: number): Promise<void> {
  await tx.query('insert into checkpoints (connector_id, since) values ($1, $2)', [connectorId, new Date(since)]);
}

/**
 * A connector whose poll is due and that this process alone polls now, with the checkpoint that it has taken, and the name of its
 * lease, which it holds until it releases it.
 */
export type DuePoll = { connector: Connector; checkpoint: Checkpoint; lease: string };

const polled = `desired = 'run' and provisioning->'finishedAt' <> 'null'`;

/** SQL for when the next poll of any connector is due, or was. Reads all of them. */
export const nextPollDue = `select min(greatest(due_at, not_before)) from connectors where ${polled}`;

/** Whoever has polled a connector last has its dedup window in memory; others take it only when it is so late. */
const stickyMs = 2_000;

/**
 * Takes polls that are due at `now`, at most so many, the longest due first: the lease of each connector and its checkpoint,
 * whose version it raises, so that whoever held it before can't write any more. In one statement.
 */
export async function takeDuePolls(
  db: Queryable,
  leases: Leases,
  { now, most }: { now: number; most: number },
): Promise<DuePoll[]> {
  const lease = `'${connectorLease('')}' || id`;
  const taken = await leases.taking(async (leased) => {
    const { rows } = await db.query<ConnectorRow & CheckpointRow & { seen: number; lease: string }>({
      name: 'take-polls',
      text: `with due as (
          select id, version, ${lease} as name from connectors join checkpoints on connector_id = id
           where ${polled} and due_at <= $1 and not_before <= $1
             and (due_at <= $2 or coalesce(polled_by = $3, true)) and ${isFree(lease)}
           order by due_at limit $4),
        ${leased('due', '$3')},
        taken as (
          update checkpoints set version = checkpoints.version + 1, polled_by = $3, taken_at = $1
            from due join leased using (name) where connector_id = due.id
       returning due.id as taken_id, due.name as lease, due.version as seen, ${checkpointColumns.map((name) => `checkpoints.${name}`)})
        select lease, seen, ${checkpointColumns.map((name) => `taken.${name}`)}, ${connectorColumns.map((name) => `connectors.${name}`)}
          from taken join connectors on id = taken_id`,
      values: [new Date(now), new Date(now - stickyMs), leases.holder, most],
    });
    return rows.map((row) => ({
      lease: row.lease,
      connector: connectorFrom(row),
      checkpoint: checkpointFrom(row),
      // Whoever has moved the checkpoint in the same moment has changed the connector too: it is read anew.
      stale: row.version !== row.seen + 1,
    }));
  });
  for (const { lease, stale } of taken) if (stale) void leases.release(lease); // which never rejects
  return taken.filter(({ stale }) => !stale);
}

/** Another poll has taken the checkpoint over; this one must end without a word. */
export class Fenced extends Error {
  constructor() {
    super('Another poll has taken the checkpoint over.');
    this.name = 'Fenced';
  }
}

/**
 * One save of a connector's checkpoint, the `to.saves`th: where it is to be, the keys of what has been delivered since the last
 * with their span, and what was counted, up to `now`.
 */
export type Save = { connectorId: string; to: Checkpoint; keys: Uint8Array; span: Span; tally: Tally; now: number };

const saveColumns = [
  ['connector_id', 'uuid'],
  ['version', 'bigint'],
  ['saves', 'bigint'],
  ['next_url', 'text'],
  ['since', 'timestamptz'],
  ['newest', 'timestamptz'],
  ['chunk_bytes', 'int'],
  ['in_flight', 'int'],
  ['probation', 'jsonb'],
  ['possibly_duplicated', 'bigint'],
  ...rememberedColumns,
  ...tallyColumns,
] as const;

/** `locked`: what becomes of a checkpoint that somebody else has locked, or whose connector. */
const saveSql = (locked: 'waited for' | 'left out', skip = locked === 'left out' ? 'skip locked' : '') => `
  with given as (
    select * from unnest(${saveColumns.map(([, type], at) => `$${at + 1}::${type}[]`).join(', ')})
               as given (${saveColumns.map(([name]) => name).join(', ')})),
       free as (
    select connector_id from checkpoints join given using (connector_id) join connectors on connectors.id = connector_id
       for no key update of checkpoints ${skip} for key share of connectors ${skip}),
       moved as (
    update checkpoints as c
       set saves = given.saves, next_url = given.next_url, since = given.since, newest = given.newest,
           chunk_bytes = given.chunk_bytes, in_flight = given.in_flight, probation = given.probation, sent_events = sent_events + events,
           sent_bytes = sent_bytes + bytes, refused_events = refused_events + refused,
           possibly_duplicated_events = possibly_duplicated_events + possibly_duplicated
      from given join free using (connector_id)
     where c.connector_id = given.connector_id and c.version = given.version and c.saves = given.saves - 1
 returning given.*),
       remembered as (${rememberSql('moved')}),
       counted as (${tallySql('moved')})
  select connector_id as id from moved`;

function saveValues({ connectorId, to, keys, span, tally, now }: Save): unknown[] {
  const { version, saves, nextUrl, since, newest, chunkBytes, inFlight, probation } = to;
  const place = [nextUrl, new Date(since), newest === null ? null : new Date(newest), chunkBytes, inFlight];
  const doubt = probation && JSON.stringify(probation);
  const { possiblyDuplicated } = tally;
  const remembered = [keys, span.oldest, span.newest, span.ahead];
  return [connectorId, version, saves, ...place, doubt, possiblyDuplicated, ...remembered, ...tallyValues(tally, now)];
}

/** Writes saves of several connectors; which connectors' were written. */
async function write(db: Queryable, saves: Save[], locked: 'waited for' | 'left out'): Promise<Set<string>> {
  const all = saves.map(saveValues);
  const values = saveColumns.map((_, column) => all.map((row) => row[column]));
  const { rows } = await db.query<{ id: string }>({ name: `save, ${locked}`, text: saveSql(locked), values });
  return new Set(rows.map(({ id }) => id));
}

/** Saves of all who save at the same time, in one statement; whether each was written. */
export type Saves = Batch<Save, boolean>;

/** Where saves go together. One that a poll has fenced off, that was written before, or whose checkpoint is locked, is not. */
export function openSaves(db: Queryable): Saves {
  return new Batch(async (saves) => {
    const written = await write(db, saves, 'left out');
    return saves.map(({ connectorId }) => written.has(connectorId));
  });
}

/**
 * Writes one save by itself; for the second time it changes nothing. Throws `Fenced` when a later poll has taken the checkpoint.
 */
export async function saveCheckpoint(db: Queryable, one: Save): Promise<void> {
  const { connectorId, to } = one;
  if ((await write(db, [one], 'waited for')).size > 0) return;
  const { rowCount } = await db.query(
    'select from checkpoints where connector_id = $1 and version = $2 and saves = $3',
    [connectorId, to.version, to.saves],
  );
  if (rowCount === 0) throw new Fenced();
}

/** Clocks differ, and events come late: so much is read again. */
const overlapMs = 10 * 60_000;

/**
 * The log is at another address: reading begins there anew, a little before what is known to be delivered. A poll that is
 * under way can't write any more; what it and others have delivered stays known.
 */
export async function restartCheckpoint(tx: Queryable, connectorId: string): Promise<void> {
  await tx.query(
    `update checkpoints set version = version + 1, next_url = null, since = since - $2 * interval '1 millisecond'
      where connector_id = $1`,
    [connectorId, overlapMs],
  );
}

/**
 * The table is gone, and what was accepted lately with it: reading begins again at `to`, if that is earlier than what is known
 * to be delivered, and nothing counts as delivered, or sent in vain, any more. A poll that is under way can't write any more.
 */
export async function rewindCheckpoint(tx: Queryable, connectorId: string, to: number): Promise<void> {
  await tx.query(
    `update checkpoints set version = version + 1, next_url = null, probation = null, since = least(since, $2) where connector_id = $1`,
    [connectorId, new Date(to)],
  );
  await forgetDelivered(tx, connectorId);
  // Nor is anything of it waited for in the workspace.
  await forgetUnseen(tx, connectorId);
}
