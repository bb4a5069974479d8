import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../store/queryable.ts';
import { cardOf, type OutboxCard, type OutboxRow } from './card.ts';
import { bumpAlert, joined } from './telling.ts';

/** The alert cards among those that a closed place is not told of. */
export type SetAside = Pick<OutboxCard, 'alertId' | 'connectorIds' | 'conversationId'>;

/**
 * The place is closed: what is to go there rests until `until`, when it is tried again, and what would be stale by then is
 * dropped. The alerts among it are to be told elsewhere.
 */
export async function setAside(tx: Queryable, conversationId: string, until: number): Promise<SetAside[]> {
  const { rows } = await tx.query<OutboxRow>(
    `update outbox set gone = case when kind in ('reply', 'digest', 'note') then 'stale' else 'closed' end,
            attempted_at = null, due_at = $2
      where conversation_id = $1 and shown_version < version and merged_into is null and (gone is null or gone = 'closed')
     returning *`,
    [conversationId, new Date(until)],
  );
  return rows.map(cardOf).filter(({ kind }) => kind === 'alert');
}

/** Makes one card of the alerts that a closed place was never told of; a single one is its own. */
export async function gatherMissed(tx: Queryable, conversationId: string, now: number): Promise<void> {
  const { rows } = await tx.query<{ id: string; kind: OutboxCard['kind'] }>(
    `select id, kind from outbox
      where conversation_id = $1 and gone = 'closed' and not posted and merged_into is null and kind in ('alert', 'missed')
        for update`,
    [conversationId],
  );
  if (rows.length < 2) return;
  const known = rows.find(({ kind }) => kind === 'missed')?.id;
  const id = known ?? randomUUID();
  if (!known)
    await tx.query(
      `insert into outbox (id, kind, conversation_id, created_at, due_at, gone) values ($1, 'missed', $2, $3, $3, 'closed')`,
      [id, conversationId, new Date(now)],
    );
  await tx.query(`update outbox set merged_into = $1 where id = any($2) and kind = 'alert'`, [
    id,
    rows.map((row) => row.id),
  ]);
}

/** A place is told of these alerts only now: of several as one card, of one that has a card there by that. */
export async function tellLate(
  tx: Queryable,
  conversationId: string,
  { alerts, now }: { alerts: { id: string; connectorIds: string[] }[]; now: number },
): Promise<void> {
  for (const { id, connectorIds } of alerts)
    await tx.query(
      `insert into outbox (id, kind, alert_id, connector_ids, conversation_id, created_at, due_at, gone)
       values ($1, 'alert', $2, $3, $4, $5, $5, 'closed') ${joined}`,
      [randomUUID(), id, connectorIds, conversationId, new Date(now)],
    );
  // What was missed is a card of its own, which follows them.
  for (const { id } of alerts) await bumpAlert(tx, id, [conversationId]);
  await reviveOutboxCards(tx, conversationId, now);
}

/** The place can be reached again: what it was not told of is due, as one card. */
export async function reviveOutboxCards(tx: Queryable, conversationId: string, now: number): Promise<void> {
  await gatherMissed(tx, conversationId, now);
  await tx.query(
    `update outbox set gone = null, attempts = 0, due_at = $2
      where conversation_id = $1 and gone = 'closed' and merged_into is null`,
    [conversationId, new Date(now)],
  );
}
