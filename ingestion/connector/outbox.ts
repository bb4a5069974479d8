import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/database.ts';

/**
 * A post is one card in one conversation that follows a state: the progress of a connector being built, or an incident.
 * Changing the state raises `version` in the same transaction; delivering brings `shownVersion` up to it. So a card
 * that was not delivered is found by looking, after whatever crash.
 */
export type OutboxCard = {
  id: string;
  connectorId: string;
  /** Null on a progress card. */
  incidentId: string | null;
  conversationId: string;
  /** The message to edit; null before the first delivery. */
  activityId: string | null;
  version: number;
  attempts: number;
};

type Row = {
  id: string;
  connector_id: string;
  incident_id: string | null;
  conversation_id: string;
  activity_id: string | null;
  version: number;
  attempts: number;
};

const fromRow = (row: Row): OutboxCard => ({
  id: row.id,
  connectorId: row.connector_id,
  incidentId: row.incident_id,
  conversationId: row.conversation_id,
  activityId: row.activity_id,
  version: row.version,
  attempts: row.attempts,
});

/** A card that is due at once in a conversation; nothing when the incident has one there already. */
export async function createOutboxCard(
  tx: Queryable,
  outboxCard: { connectorId: string; incidentId: string | null; conversationId: string },
  now: number,
): Promise<void> {
  await tx.query(
    `insert into outbox (id, connector_id, incident_id, conversation_id, due_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [randomUUID(), outboxCard.connectorId, outboxCard.incidentId, outboxCard.conversationId, new Date(now)],
  );
}

/** Has the progress card of a connector follow its new state. */
export async function bumpProgress(tx: Queryable, connectorId: string, now: number): Promise<void> {
  await tx.query(
    'update outbox set version = version + 1, due_at = least(due_at, $2) where connector_id = $1 and incident_id is null',
    [connectorId, new Date(now)],
  );
}

/** Has all cards of an incident follow its new state. */
export async function bumpIncident(tx: Queryable, incidentId: string, now: number): Promise<void> {
  await tx.query('update outbox set version = version + 1, due_at = least(due_at, $2) where incident_id = $1', [
    incidentId,
    new Date(now),
  ]);
}

/** A post whose card is behind what it follows; null when it is up to date or abandoned. */
export async function getOutboxCard(db: Queryable, id: string): Promise<OutboxCard | null> {
  const { rows } = await db.query<Row>(
    'select * from outbox where id = $1 and gone is null and shown_version < version',
    [id],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Whether a card of the connector has still to be brought up to date; one that Teams keeps refusing does not count. */
export async function hasOutboxCards(db: Queryable, connectorId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from outbox where connector_id = $1 and shown_version < version and gone is null and attempts < 5',
    [connectorId],
  );
  return rowCount !== 0;
}

/** The card stands in Teams as of `post.version`, as the message `activityId`. */
export async function markShown(db: Queryable, outboxCard: OutboxCard, activityId: string): Promise<void> {
  await db.query('update outbox set activity_id = $2, shown_version = $3, attempts = 0 where id = $1', [
    outboxCard.id,
    activityId,
    outboxCard.version,
  ]);
}

/** The card was refused for now. */
export async function postponeOutboxCard(db: Queryable, id: string, until: number): Promise<void> {
  await db.query('update outbox set attempts = attempts + 1, due_at = $2 where id = $1', [id, new Date(until)]);
}

/** The card can never be delivered there: the bot was removed or blocked. */
export async function abandonOutboxCard(db: Queryable, outboxCard: OutboxCard, why: string): Promise<void> {
  await db.query('update outbox set gone = $2 where id = $1', [outboxCard.id, why]);
}

/**
 * The bot is heard of again in a conversation where cards were abandoned: those of incidents that are still open, and those
 * that stand there and are not up to date, are due.
 */
export async function reviveOutboxCards(db: Queryable, conversationId: string, now: number): Promise<void> {
  await db.query(
    `update outbox set gone = null, attempts = 0, due_at = $2
      where conversation_id = $1 and gone is not null
        and (activity_id is not null or incident_id in (select id from incidents where resolved_at is null))`,
    [conversationId, new Date(now)],
  );
}

/** The post that stands in Teams as this message. */
export async function findOutboxCard(
  db: Queryable,
  conversationId: string,
  activityId: string,
): Promise<OutboxCard | null> {
  const { rows } = await db.query<Row>('select * from outbox where conversation_id = $1 and activity_id = $2', [
    conversationId,
    activityId,
  ]);
  return rows[0] ? fromRow(rows[0]) : null;
}
