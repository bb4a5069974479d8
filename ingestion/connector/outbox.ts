import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/database.ts';
import type { Note } from './note-subject.ts';
import type { ReplySubject } from './reply-subject.ts';

/**
 * What a card is about: the progress of a connector being built, an incident, what developed in one, the day's digest, what a
 * place has missed while it could not be reached, or what somebody has done to a connector.
 */
export type CardKind = 'progress' | 'incident' | 'reply' | 'digest' | 'missed' | 'note';

/**
 * One card in one conversation that follows a state. Changing the state raises `version` in the same transaction; delivering
 * brings the shown version up to it. So a card that was not delivered is found by looking, after whatever crash.
 */
export type OutboxCard = {
  id: string;
  kind: CardKind;
  /** Null on a card about more than one connector. */
  connectorId: string | null;
  /** Of an incident, and of a reply to one. */
  incidentId: string | null;
  conversationId: string;
  /** Of a reply, what developed; of a note, what was done. */
  subject: ReplySubject | Note | null;
  /** The conversation that can't be reached, in whose stead this one is told; null where it is told anyway. */
  insteadOf: string | null;
  createdAt: number;
  /** The message to edit; null before the first delivery, and where Teams did not tell its id. */
  activityId: string | null;
  version: number;
  attempts: number;
};

type Row = {
  id: string;
  kind: CardKind;
  connector_id: string | null;
  incident_id: string | null;
  conversation_id: string;
  subject: ReplySubject | Note | null;
  instead_of: string | null;
  created_at: number;
  activity_id: string | null;
  version: number;
  attempts: number;
};

const fromRow = (row: Row): OutboxCard => ({
  id: row.id,
  kind: row.kind,
  connectorId: row.connector_id,
  incidentId: row.incident_id,
  conversationId: row.conversation_id,
  subject: row.subject,
  insteadOf: row.instead_of,
  createdAt: row.created_at,
  activityId: row.activity_id,
  version: row.version,
  attempts: row.attempts,
});

/** What a new card is made of; `notBefore` (ms since the epoch) is when it may be sent, at once without. */
export type NewOutboxCard = Pick<OutboxCard, 'kind' | 'connectorId' | 'incidentId' | 'conversationId'> & {
  subject?: ReplySubject | Note;
  insteadOf?: string | null;
  notBefore?: number | null;
};

/** A card that is due in a conversation; nothing when it is of an incident that has one there already. */
export async function createOutboxCard(tx: Queryable, card: NewOutboxCard, now: number): Promise<void> {
  const { kind, connectorId, incidentId, conversationId, subject = null, insteadOf = null, notBefore } = card;
  await tx.query(
    `insert into outbox (id, kind, connector_id, incident_id, conversation_id, subject, instead_of, created_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [
      randomUUID(),
      kind,
      connectorId,
      incidentId,
      conversationId,
      subject,
      insteadOf,
      new Date(now),
      new Date(Math.max(now, notBefore ?? now)),
    ],
  );
}

/**
 * Has what developed in an incident told as a message of its own, beside each of its cards that stands or is being posted. One
 * that was never posted will show it anyway.
 */
export async function replyToIncident(
  tx: Queryable,
  { incidentId, subject }: { incidentId: string; subject: ReplySubject },
  now: number,
): Promise<void> {
  await tx.query(
    `insert into outbox (id, kind, connector_id, incident_id, conversation_id, subject, created_at, due_at)
     select gen_random_uuid(), 'reply', connector_id, incident_id, conversation_id, $2, $3, $3 from outbox
      where incident_id = $1 and kind = 'incident' and gone is null
        and (posted or attempted_at is not null or unknown_posts > 0)`,
    [incidentId, subject, new Date(now)],
  );
}

/** Has the progress card of a connector follow its new state. */
export async function bumpProgress(tx: Queryable, connectorId: string): Promise<void> {
  await tx.query(`update outbox set version = version + 1 where connector_id = $1 and kind = 'progress'`, [
    connectorId,
  ]);
}

/** Has all cards of an incident follow its new state; one that waits, as Teams or a quiet hour wants it, goes on waiting. */
export async function bumpIncident(tx: Queryable, incidentId: string): Promise<void> {
  await tx.query(
    `update outbox set version = version + 1
      where (incident_id = $1 and kind = 'incident')
         or id in (select merged_into from outbox where incident_id = $1)`,
    [incidentId],
  );
}

/** A card that is behind what it follows; null when it is up to date or abandoned. */
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
  await db.query('update outbox set activity_id = $2, posted = true, shown_version = $3, attempts = 0 where id = $1', [
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
