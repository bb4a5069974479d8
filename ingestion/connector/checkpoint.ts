import type { Evidence } from '../errors.ts';
import type { Queryable } from '../store/queryable.ts';

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
  /** Why not everything is sent at once; null when nothing speaks against it. */
  probation: Probation | null;
};

/**
 * Uploads had no answer (`lost`), so that what was sent may stand there, or Azure has refused every event: then one event is
 * sent alone before all others, another one each time. Times are ms since the epoch.
 */
export type Probation = {
  why: 'lost' | 'refused';
  /** When a copy of what is still open was sent in vain, the last day's: of no event more than these and one sent alone. */
  copies: number[];
  /** So many of the first open events were sent alone in vain besides, each once. */
  alone: number;
  /** Tries in a row that failed, since when, and when the last one did; 0 once something was taken. */
  failures: number;
  since: number;
  at: number;
  /** What Azure said last, if anything. */
  evidence: Evidence;
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

/** A row of the table `checkpoints`, without what was sent. */
export type CheckpointRow = {
  version: number;
  saves: number;
  next_url: string | null;
  since: number;
  newest: number | null;
  chunk_bytes: number | null;
  in_flight: number;
  probation: Probation | null;
};

/** Its columns, by name. */
export const checkpointColumns = [
  'version',
  'saves',
  'next_url',
  'since',
  'newest',
  'chunk_bytes',
  'in_flight',
  'probation',
] as const satisfies (keyof CheckpointRow)[];

/** The checkpoint that a row holds. */
export const checkpointFrom = (row: CheckpointRow): Checkpoint => ({
  version: row.version,
  saves: row.saves,
  nextUrl: row.next_url,
  since: row.since,
  newest: row.newest,
  chunkBytes: row.chunk_bytes,
  inFlight: row.in_flight,
  probation: row.probation,
});

/** The checkpoint as it is, without taking it; null when the connector is gone. */
export async function readCheckpoint(db: Queryable, connectorId: string): Promise<Checkpoint | null> {
  const { rows } = await db.query<CheckpointRow>('select * from checkpoints where connector_id = $1', [connectorId]);
  return rows[0] ? checkpointFrom(rows[0]) : null;
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
