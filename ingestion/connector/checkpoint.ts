import type { Queryable } from '../store/database.ts';
import { forgetUnseen } from './statuses.ts';

/** How far the System Log has been delivered. */
export type Checkpoint = {
  /** Fence: every poll raises it, and a write with an older number changes nothing. */
  version: number;
  /** Okta's own next link, byte for byte; null before the first page. */
  nextUrl: string | null;
  /** Everything up to here has been delivered: where the first request starts, and a new one when Okta refuses the link. */
  since: number;
  /** The newest `published` delivered so far. */
  newest: number | null;
  sentEvents: number;
  sentBytes: number;
  /** Events of requests without an answer: they may stand in the workspace twice. */
  possiblyDuplicatedEvents: number;
  refusedEvents: number;
  /** Less than a body may have by our setting, because Azure has called a larger one too large; else null. */
  chunkBytes: number | null;
};

type Row = {
  version: number;
  next_url: string | null;
  since: number;
  newest: number | null;
  sent_events: number;
  sent_bytes: number;
  possibly_duplicated_events: number;
  refused_events: number;
  chunk_bytes: number | null;
};

const fromRow = (row: Row): Checkpoint => ({
  version: row.version,
  nextUrl: row.next_url,
  since: row.since,
  newest: row.newest,
  sentEvents: row.sent_events,
  sentBytes: row.sent_bytes,
  possiblyDuplicatedEvents: row.possibly_duplicated_events,
  refusedEvents: row.refused_events,
  chunkBytes: row.chunk_bytes,
});

/** The checkpoint of a new connector, whose log is read from `since` on. */
export async function createCheckpoint(tx: Queryable, connectorId: string, since: number): Promise<void> {
  await tx.query('insert into checkpoints (connector_id, since) values ($1, $2)', [connectorId, new Date(since)]);
}

/** Takes the checkpoint for one poll: whoever held it before can't write any more. Null when the connector is gone. */
export async function takeCheckpoint(db: Queryable, connectorId: string): Promise<Checkpoint | null> {
  const { rows } = await db.query<Row>(
    'update checkpoints set version = version + 1 where connector_id = $1 returning *',
    [connectorId],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The checkpoint as it is, without taking it; null when the connector is gone. */
export async function readCheckpoint(db: Queryable, connectorId: string): Promise<Checkpoint | null> {
  const { rows } = await db.query<Row>('select * from checkpoints where connector_id = $1', [connectorId]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Up to which time each of these connectors has delivered everything. */
export async function readSince(db: Queryable, connectorIds: string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; since: number }>(
    'select connector_id as id, since from checkpoints where connector_id = any($1)',
    [connectorIds],
  );
  return new Map(rows.map(({ id, since }) => [id, since]));
}

/** What of a checkpoint says how much was sent. */
export type Sent = Pick<Checkpoint, 'newest' | 'sentEvents' | 'possiblyDuplicatedEvents' | 'refusedEvents'>;

/** What each of these connectors has sent. */
export async function readSent(db: Queryable, connectorIds: string[]): Promise<Map<string, Sent>> {
  const { rows } = await db.query<Row & { connector_id: string }>(
    `select connector_id, version, null as next_url, since, newest,
            sent_events, sent_bytes, possibly_duplicated_events, refused_events, chunk_bytes
       from checkpoints where connector_id = any($1)`,
    [connectorIds],
  );
  return new Map(rows.map((row) => [row.connector_id, fromRow(row)]));
}

/** Another poll has taken the checkpoint over; this one must end without a word. */
export class Fenced extends Error {
  constructor() {
    super('Another poll has taken the checkpoint over.');
    this.name = 'Fenced';
  }
}

/**
 * Writes the whole checkpoint, and the keys of events that have been delivered since the last save, in one statement; throws
 * `Fenced` when a later poll has taken it. What is written is what the checkpoint says at the call.
 */
export async function saveCheckpoint(
  db: Queryable,
  connectorId: string,
  { to, keys }: { to: Checkpoint; keys: Uint8Array },
): Promise<void> {
  const { rows } = await db.query({
    name: 'save-checkpoint',
    text: `with moved as (
             update checkpoints
                set next_url = $3, since = $4, newest = $5, sent_events = $6, sent_bytes = $7,
                    possibly_duplicated_events = $8, refused_events = $9, chunk_bytes = $10
              where connector_id = $1 and version = $2
          returning connector_id),
                remembered as (
             insert into delivered (connector_id, keys)
             select connector_id, $11 from moved where length($11::bytea) > 0)
           select 1 from moved`,
    values: [
      connectorId,
      to.version,
      to.nextUrl,
      new Date(to.since),
      to.newest === null ? null : new Date(to.newest),
      to.sentEvents,
      to.sentBytes,
      to.possiblyDuplicatedEvents,
      to.refusedEvents,
      to.chunkBytes,
      keys,
    ],
  });
  if (rows.length === 0) throw new Fenced();
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
 * to be delivered, and nothing counts as delivered any more. A poll that is under way can't write any more.
 */
export async function rewindCheckpoint(tx: Queryable, connectorId: string, to: number): Promise<void> {
  await tx.query(
    `update checkpoints set version = version + 1, next_url = null, since = least(since, $2) where connector_id = $1`,
    [connectorId, new Date(to)],
  );
  await tx.query('delete from delivered where connector_id = $1', [connectorId]);
  // Nor is anything of it waited for in the workspace.
  await forgetUnseen(tx, connectorId);
}

/** So many saves are remembered; a busy connector's have some hundred events each. */
const rememberedSaves = 1_200;

/** Forgets what was delivered long ago. */
export async function forgetDelivered(db: Queryable, connectorId: string): Promise<void> {
  await db.query(
    `delete from delivered where connector_id = $1
        and id <= (select id from delivered where connector_id = $1 order by id desc offset $2 limit 1)`,
    [connectorId, rememberedSaves],
  );
}

/** The keys of what was delivered lately as they were saved, oldest first. */
export async function readDelivered(db: Queryable, connectorId: string): Promise<Buffer[]> {
  const { rows } = await db.query<{ keys: Buffer }>(
    `select keys from (select id, keys from delivered where connector_id = $1 order by id desc limit $2) as latest
      order by id`,
    [connectorId, rememberedSaves],
  );
  return rows.map(({ keys }) => keys);
}
