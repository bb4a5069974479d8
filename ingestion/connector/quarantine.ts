import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Queryable } from '../store/queryable.ts';

/** An event that can't be delivered, and why. */
export type Refused = { uuid: string; published: string; reason: string; bytes: Buffer };

/**
 * Keeps events that can't be delivered, byte for byte, so that they are neither lost nor in the way of the others. Returns how
 * many of them were not kept already.
 */
export async function quarantine(db: Queryable, connectorId: string, events: Refused[]): Promise<number> {
  let kept = 0;
  for (const { uuid, published, reason, bytes } of events) {
    const hash = createHash('sha256').update(bytes).digest();
    const { rowCount } = await db.query(
      `insert into quarantine (connector_id, uuid, published, reason, event, hash, at) values ($1, $2, $3, $4, $5, $6, now())
       on conflict do nothing`,
      [connectorId, uuid, published, reason, bytes, hash],
    );
    kept += rowCount ?? 0;
  }
  return kept;
}

/** What may be said of an event that was put aside; its content stays in the store. Foreign text, all but the numbers. */
export type PutAside = { uuid: string; published: string; reason: string; bytes: number; at: number };

const columns = `uuid, published, reason, length(event) as bytes, extract(epoch from at)::float8 * 1000 as at`;

/** How many events of a connector are put aside, and the newest of them, at most `most`. */
export async function readQuarantine(
  db: Queryable,
  connectorId: string,
  most: number,
): Promise<{ events: number; newest: PutAside[] }> {
  const counted = await db.query<{ events: number }>(
    'select count(*)::int as events from quarantine where connector_id = $1',
    [connectorId],
  );
  const { rows } = await db.query<PutAside>(
    `select ${columns} from quarantine where connector_id = $1 order by id desc limit $2`,
    [connectorId, most],
  );
  return { events: counted.rows[0]?.events ?? 0, newest: rows };
}

/** What is put aside of one connector; of every tenant, for whoever runs the store. */
export type Held = {
  id: string;
  name: string;
  domain: string;
  events: number;
  bytes: number;
  newest: number | null;
};

/** All connectors by name, with what is put aside of each. */
export async function listHeld(db: Queryable): Promise<Held[]> {
  const { rows } = await db.query<Held>(
    `select c.id, c.name, c.domain, count(q.id)::int as events, coalesce(sum(length(q.event)), 0)::float8 as bytes,
            extract(epoch from max(q.at))::float8 * 1000 as newest
       from connectors c left join quarantine q on q.connector_id = c.id
      group by c.id order by lower(c.name), c.id`,
  );
  return rows;
}

/** What is put aside of these connectors, oldest first; as it is when the reading begins. */
export function readPutAside(client: pg.ClientBase, connectorIds: string[]): AsyncGenerator<PutAside> {
  return stream<PutAside>(client, connectorIds, { selected: columns, atOnce: 100 });
}

/** The events themselves, byte for byte, in the same order; one at a time is in memory, whatever their size. */
export async function* readEvents(client: pg.ClientBase, connectorIds: string[]): AsyncGenerator<Buffer> {
  for await (const { event } of stream<{ event: Buffer }>(client, connectorIds, { selected: 'event', atOnce: 1 }))
    yield event;
}

async function* stream<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  connectorIds: string[],
  { selected, atOnce }: { selected: string; atOnce: number },
): AsyncGenerator<Row> {
  await client.query('begin read only');
  // Whoever takes the events may take their time.
  await client.query('set local idle_in_transaction_session_timeout = 0');
  try {
    const all = `select ${selected} from quarantine where connector_id = any($1) order by id`;
    await client.query(`declare put_aside no scroll cursor for ${all}`, [connectorIds]);
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${atOnce} from put_aside`);
      if (rows.length === 0) return;
      yield* rows;
    }
  } finally {
    await client.query('rollback');
  }
}
