import type { LocalTime } from '../runtime/local-time.ts';
import { nextAt } from '../runtime/local-time.ts';
import type { Queryable } from '../store/queryable.ts';

/** A conversation that is told once a day how all connectors of its tenant stand, at a time of day by the clocks of its zone. */
export type Digest = LocalTime & { conversationId: string; tenantId: string; dueAt: number };

type Row = { conversation_id: string; tenant_id: string; time: string; zone: string; due_at: number };

const fromRow = (row: Row): Digest => ({
  conversationId: row.conversation_id,
  tenantId: row.tenant_id,
  time: row.time,
  zone: row.zone,
  dueAt: row.due_at,
});

/** The conversation gets a digest each day from now on, at that time alone. Returns when the first comes. */
export async function startDigest(
  db: Queryable,
  { conversationId, tenantId, ...at }: Omit<Digest, 'dueAt'>,
  now: number,
): Promise<number> {
  const dueAt = nextAt(at, now);
  await db.query(
    `insert into digests (conversation_id, tenant_id, time, zone, due_at) values ($1, $2, $3, $4, $5)
     on conflict (conversation_id) do update set time = excluded.time, zone = excluded.zone, due_at = excluded.due_at`,
    [conversationId, tenantId, at.time, at.zone, new Date(dueAt)],
  );
  return dueAt;
}

/** The conversation gets no digest any more; whether it had one. */
export async function stopDigest(db: Queryable, conversationId: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from digests where conversation_id = $1', [conversationId]);
  return rowCount === 1;
}

/** The digest of a conversation; null when it has none. */
export async function getDigest(db: Queryable, conversationId: string): Promise<Digest | null> {
  const { rows } = await db.query<Row>('select * from digests where conversation_id = $1', [conversationId]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Has the digest that is due count as sent, and be due next at its time of day: null when another has done so. */
export async function takeDigest(tx: Queryable, conversationId: string, now: number): Promise<Digest | null> {
  const { rows } = await tx.query<Row>('select * from digests where conversation_id = $1 and due_at <= $2 for update', [
    conversationId,
    new Date(now),
  ]);
  const due = rows[0] && fromRow(rows[0]);
  if (!due) return null;
  await postponeDigest(tx, conversationId, nextAt(due, now));
  return due;
}

/** Has the digest be due at `until`. */
export async function postponeDigest(db: Queryable, conversationId: string, until: number): Promise<void> {
  await db.query('update digests set due_at = $2 where conversation_id = $1', [conversationId, new Date(until)]);
}
