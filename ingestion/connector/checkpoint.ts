import type { Queryable } from '../store/database.ts';
import { type Tally, tallySql, tallyValues } from './statistics.ts';
import { forgetUnseen } from './statuses.ts';

/** How far the System Log has been delivered. */
export type Checkpoint = {
  /** Fence: every poll raises it, and a write with an older number changes nothing. */
  version: number;
  /** How many saves there were: by its number the store knows one that comes again because its answer was lost. */
  saves: number;
  /** Okta's own next link, byte for byte; null before the first page. */
  nextUrl: string | null;
  /** Everything up to here has been delivered: where the first request starts, and a new one when Okta refuses the link. */
  since: number;
  /** The newest `published` delivered so far. */
  newest: number | null;
  /** Less than a body may have by our setting, because Azure has called a larger one too large; else null. */
  chunkBytes: number | null;
  /**
   * Events of the pages under way that are not known to be delivered. They are written down before any of them is sent, and 0
   * at the end of a poll: whoever finds another number, and does not know what became of them, counts them as possibly
   * duplicated.
   */
  inFlight: number;
};

/** What was sent, to the event: counted with each answer of Azure's, in the statement that notes it. */
export type Sent = {
  newest: number | null;
  sentEvents: number;
  /**
   * Rows that may stand in the workspace beside one of the same event, at most: the events of each request whose answer was
   * lost, as often as it was, and those that were under way when the process ended. Never fewer than there are.
   */
  possiblyDuplicatedEvents: number;
  refusedEvents: number;
};

type Row = {
  version: number;
  saves: number;
  next_url: string | null;
  since: number;
  newest: number | null;
  chunk_bytes: number | null;
  in_flight: number;
};

const fromRow = (row: Row): Checkpoint => ({
  version: row.version,
  saves: row.saves,
  nextUrl: row.next_url,
  since: row.since,
  newest: row.newest,
  chunkBytes: row.chunk_bytes,
  inFlight: row.in_flight,
});

/** The checkpoint of a new connector, whose log is read from `since` on. */
export async function createCheckpoint(tx: Queryable, connectorId: string, since: number): Promise<void> {
  await tx.query('insert into checkpoints (connector_id, since) values ($1, $2)', [connectorId, new Date(since)]);
}

/** Takes the checkpoint for one poll at `now`: whoever held it before can't write any more. Null when the connector is gone. */
export async function takeCheckpoint(db: Queryable, connectorId: string, now: number): Promise<Checkpoint | null> {
  const { rows } = await db.query<Row>(
    'update checkpoints set version = version + 1, alive_at = $2 where connector_id = $1 returning *',
    [connectorId, new Date(now)],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Whoever polls the connector was at work at `now`. */
export async function noteAlive(db: Queryable, connectorId: string, now: number): Promise<void> {
  await db.query('update checkpoints set alive_at = $2 where connector_id = $1', [connectorId, new Date(now)]);
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

/** What each of these connectors has sent. */
export async function readSent(db: Queryable, connectorIds: string[]): Promise<Map<string, Sent>> {
  const { rows } = await db.query<Sent & { id: string }>(
    `select connector_id as id, newest, sent_events as "sentEvents",
            possibly_duplicated_events as "possiblyDuplicatedEvents", refused_events as "refusedEvents"
       from checkpoints where connector_id = any($1)`,
    [connectorIds],
  );
  return new Map(rows.map(({ id, ...sent }) => [id, sent]));
}

/** Another poll has taken the checkpoint over; this one must end without a word. */
export class Fenced extends Error {
  constructor() {
    super('Another poll has taken the checkpoint over.');
    this.name = 'Fenced';
  }
}

/** One save: where the checkpoint is to be, the keys of what has been delivered since the last, and what was counted, up to `now`. */
export type Save = { to: Checkpoint; keys: Uint8Array; tally: Tally; now: number };

const save = `
  with moved as (
    update checkpoints
       set saves = $3, next_url = $4, since = $5, newest = $6, chunk_bytes = $7, in_flight = $8,
           sent_events = sent_events + $9, sent_bytes = sent_bytes + $10,
           possibly_duplicated_events = possibly_duplicated_events + $11, refused_events = refused_events + $12
     where connector_id = $1 and version = $2 and saves = $3 - 1
 returning connector_id),
       remembered as (
    insert into delivered (connector_id, keys) select connector_id, $13 from moved where length($13::bytea) > 0),
       counted as (${tallySql('moved', 14)})
  select 1 from moved`;

/**
 * Writes one save, the `to.saves`th, in one statement; for the second time it changes nothing. Throws `Fenced` when a later poll
 * has taken the checkpoint.
 */
export async function saveCheckpoint(
  db: Queryable,
  connectorId: string,
  { to, keys, tally, now }: Save,
): Promise<void> {
  const { version, saves, nextUrl, since, newest, chunkBytes, inFlight } = to;
  const { events, bytes, possiblyDuplicated, refused } = tally;
  const place = [nextUrl, new Date(since), newest === null ? null : new Date(newest), chunkBytes, inFlight];
  const values = [connectorId, version, saves, ...place, events, bytes, possiblyDuplicated, refused, keys];
  const { rows } = await db.query({ name: 'save', text: save, values: [...values, ...tallyValues(tally, now)] });
  if (rows.length > 0) return;
  const { rowCount } = await db.query(
    'select from checkpoints where connector_id = $1 and version = $2 and saves = $3',
    [connectorId, version, saves],
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
