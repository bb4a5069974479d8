import type { Queryable } from '../store/database.ts';
import type { Note } from './note-subject.ts';
import type { ReplySubject } from './reply-subject.ts';

/**
 * What a card is about: the progress of a connector being built, an incident, what developed in one, the day's digest, what a
 * place was not told of when it began, or what somebody has done to a connector.
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
  /** When it was to be sent first. */
  createdAt: number;
  /** A post is under way since then, or was when its process ended. */
  attemptedAt: number | null;
  /** How many posts have ended without an answer that says whether they stand there. */
  unknownPosts: number;
  /** It stands there, or is taken to: no other is posted. */
  posted: boolean;
  /** The messages that it is known to stand there as: none where Teams did not tell, several where an answer was lost. */
  activityIds: string[];
  version: number;
  /** How often in a row Teams has not taken it. */
  attempts: number;
};

/** A row of the table `outbox`. */
export type OutboxRow = {
  id: string;
  kind: CardKind;
  connector_id: string | null;
  incident_id: string | null;
  conversation_id: string;
  subject: ReplySubject | Note | null;
  instead_of: string | null;
  created_at: number;
  attempted_at: number | null;
  unknown_posts: number;
  posted: boolean;
  activity_id: string | null;
  copies: string[];
  version: number;
  attempts: number;
};

/** The card that a row holds. */
export const cardOf = (row: OutboxRow): OutboxCard => ({
  id: row.id,
  kind: row.kind,
  connectorId: row.connector_id,
  incidentId: row.incident_id,
  conversationId: row.conversation_id,
  subject: row.subject,
  insteadOf: row.instead_of,
  createdAt: row.created_at,
  attemptedAt: row.attempted_at,
  unknownPosts: row.unknown_posts,
  posted: row.posted,
  activityIds: row.activity_id === null ? [] : [row.activity_id, ...row.copies],
  version: row.version,
  attempts: row.attempts,
});

/** A card that is behind what it follows, and is told by itself; null when it is up to date or abandoned. */
export async function getOutboxCard(db: Queryable, id: string): Promise<OutboxCard | null> {
  const { rows } = await db.query<OutboxRow>(
    `select * from outbox where id = $1 and shown_version < version and merged_into is null
        and (gone is null or gone = 'closed')`,
    [id],
  );
  return rows[0] ? cardOf(rows[0]) : null;
}

/** The card that follows an incident in a conversation: its own, or that of what was missed; null where there is none. */
export async function getIncidentCard(
  db: Queryable,
  { incidentId, conversationId }: Pick<OutboxCard, 'incidentId' | 'conversationId'>,
): Promise<OutboxCard | null> {
  const { rows } = await db.query<OutboxRow>(
    `select shown.* from outbox as own join outbox as shown on shown.id = coalesce(own.merged_into, own.id)
      where own.incident_id = $1 and own.conversation_id = $2 and own.kind = 'incident'`,
    [incidentId, conversationId],
  );
  return rows[0] ? cardOf(rows[0]) : null;
}

/** Whether a card of the connector has still to be brought up to date; one that Teams keeps refusing does not count. */
export async function hasOutboxCards(db: Queryable, connectorId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from outbox where connector_id = $1 and shown_version < version and gone is null and attempts < 5',
    [connectorId],
  );
  return rowCount !== 0;
}

/** The card with this id, or that stands in Teams as this message, in this conversation. */
export async function findOutboxCard(
  db: Queryable,
  conversationId: string,
  { cardId, activityId }: { cardId: string | null; activityId: string | null },
): Promise<OutboxCard | null> {
  const { rows } = await db.query<OutboxRow>(
    `select * from outbox where conversation_id = $1 and (id = $2::uuid or activity_id = $3 or $3 = any(copies))
      order by id = $2::uuid desc nulls last limit 1`,
    [conversationId, cardId, activityId],
  );
  return rows[0] ? cardOf(rows[0]) : null;
}

/** The incidents that a card of what was missed tells of, the oldest first. */
export async function listMissed(db: Queryable, missedId: string): Promise<OutboxCard[]> {
  const { rows } = await db.query<OutboxRow>('select * from outbox where merged_into = $1 order by created_at, id', [
    missedId,
  ]);
  return rows.map(cardOf);
}

/** Whether an incident's card stands, or is on its way, in another place than this one; one in doubt does not count. */
export async function isToldElsewhere(
  db: Queryable,
  { incidentId, conversationId }: Pick<OutboxCard, 'incidentId' | 'conversationId'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from outbox where incident_id = $1 and conversation_id <> $2 and kind = 'incident' and gone is null
        and (unknown_posts < 2 or activity_id is not null)`,
    [incidentId, conversationId],
  );
  return rowCount !== 0;
}
