import type pg from 'pg';
import { type Queryable, transaction } from './store/database.ts';

/** How far the System Log has been delivered. */
export type Checkpoint = {
  /** Fence: every beat raises it, and a write with an older number changes nothing. */
  version: number;
  /** Okta's own next link, byte for byte; null before the first page. */
  nextUrl: string | null;
  /** Everything up to here has been delivered: where the first request starts, and a new one when Okta refuses the link. */
  since: number;
  /** The newest `published` delivered so far. */
  newest: number | null;
  /** uuids that Azure took, of pages that are not yet delivered whole. */
  acknowledged: string[];
  sentEvents: number;
  sentBytes: number;
  /** Events of requests without an answer: they may stand in the workspace twice. */
  doubtfulEvents: number;
  refusedEvents: number;
};

type Row = {
  version: number;
  next_url: string | null;
  since: number;
  newest: number | null;
  acknowledged: string[];
  sent_events: number;
  sent_bytes: number;
  doubtful_events: number;
  refused_events: number;
};

const fromRow = (row: Row): Checkpoint => ({
  version: row.version,
  nextUrl: row.next_url,
  since: row.since,
  newest: row.newest,
  acknowledged: row.acknowledged,
  sentEvents: row.sent_events,
  sentBytes: row.sent_bytes,
  doubtfulEvents: row.doubtful_events,
  refusedEvents: row.refused_events,
});

/** Takes the checkpoint for one beat: whoever held it before can't write any more. Null when the connector is gone. */
export async function takeCheckpoint(db: Queryable, connectorId: string): Promise<Checkpoint | null> {
  const { rows } = await db.query<Row>(
    'update checkpoints set version = version + 1 where connector_id = $1 returning *',
    [connectorId],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

export async function readCheckpoint(db: Queryable, connectorId: string): Promise<Checkpoint | null> {
  const { rows } = await db.query<Row>('select * from checkpoints where connector_id = $1', [connectorId]);
  return rows[0] ? fromRow(rows[0]) : null;
}

export type Sent = Pick<Checkpoint, 'newest' | 'sentEvents' | 'doubtfulEvents' | 'refusedEvents'>;

/** What each of these connectors has sent. */
export async function readSent(db: Queryable, connectorIds: string[]): Promise<Map<string, Sent>> {
  const { rows } = await db.query<Row & { connector_id: string }>(
    `select connector_id, version, null as next_url, since, newest, '{}'::text[] as acknowledged,
            sent_events, sent_bytes, doubtful_events, refused_events
       from checkpoints where connector_id = any($1)`,
    [connectorIds],
  );
  return new Map(rows.map((row) => [row.connector_id, fromRow(row)]));
}

/** Another beat has taken the checkpoint over; this one must end without a word. */
export class Fenced extends Error {
  constructor() {
    super('Another beat has taken the checkpoint over.');
    this.name = 'Fenced';
  }
}

/** So many pages are remembered: at a thousand events each, 400,000 uuids. */
const rememberedPages = 400;

/**
 * Writes the whole checkpoint, and remembers the uuids of the pages that it has moved over since the last save; throws
 * `Fenced` when a later beat has taken it.
 */
export async function saveCheckpoint(
  pool: pg.Pool,
  connectorId: string,
  to: Checkpoint,
  pages: string[][],
): Promise<void> {
  if (pages.length === 0) return write(pool, connectorId, to);
  await transaction(pool, async (tx) => {
    await write(tx, connectorId, to);
    for (const uuids of pages) {
      await tx.query('insert into delivered (connector_id, uuids) values ($1, $2)', [connectorId, uuids]);
    }
    await tx.query(
      `delete from delivered where connector_id = $1
          and id <= (select id from delivered where connector_id = $1 order by id desc offset $2 limit 1)`,
      [connectorId, rememberedPages],
    );
  });
}

/** The uuids of what was delivered lately, oldest first. */
export async function readDelivered(db: Queryable, connectorId: string): Promise<string[]> {
  const { rows } = await db.query<{ uuids: string[] }>(
    'select uuids from delivered where connector_id = $1 order by id',
    [connectorId],
  );
  return rows.flatMap(({ uuids }) => uuids);
}

async function write(db: Queryable, connectorId: string, to: Checkpoint): Promise<void> {
  const { rowCount } = await db.query(
    `update checkpoints
        set next_url = $3, since = $4, newest = $5, acknowledged = $6,
            sent_events = $7, sent_bytes = $8, doubtful_events = $9, refused_events = $10
      where connector_id = $1 and version = $2`,
    [
      connectorId,
      to.version,
      to.nextUrl,
      new Date(to.since),
      to.newest === null ? null : new Date(to.newest),
      to.acknowledged,
      to.sentEvents,
      to.sentBytes,
      to.doubtfulEvents,
      to.refusedEvents,
    ],
  );
  if (rowCount === 0) throw new Fenced();
}
