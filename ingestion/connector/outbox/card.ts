import type { Queryable } from '../../store/queryable.ts';
import type { Note } from '../note-subject.ts';
import type { ReplySubject } from '../reply-subject.ts';

/**
 * What a card is about: the progress of a connector being built, an alert, what developed in one, the day's digest, what a
 * place was not told of when it began, or what somebody has done to a connector.
 */
export type CardKind = 'progress' | 'alert' | 'reply' | 'digest' | 'missed' | 'note';

/**
 * One card in one conversation that follows a state. Changing the state raises `version` in the same transaction; delivering
 * brings the shown version up to it. So a card that was not delivered is found by looking, after whatever crash.
 */
export type OutboxCard = {
  id: string;
  kind: CardKind;
  /** Null on a card about more than one connector. */
  connectorId: string | null;
  /** Of an alert's card, and of a reply to one. */
  alertId: string | null;
  /** Those of the alert's connectors that the place is told of. */
  connectorIds: string[];
  conversationId: string;
  /** Of a reply, what developed; of a note, what was done. */
  subject: ReplySubject | Note | null;
  /** The conversation that can't be reached, in whose stead this one is told; null where it is told anyway. */
  insteadOf: string | null;
  /** When it was to be sent first. */
  createdAt: number;
  /** Not before then is it brought up to date. */
  dueAt: number;
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
  alert_id: string | null;
  connector_ids: string[];
  conversation_id: string;
  subject: ReplySubject | Note | null;
  instead_of: string | null;
  created_at: number;
  due_at: number;
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
  alertId: row.alert_id,
  connectorIds: row.connector_ids,
  conversationId: row.conversation_id,
  subject: row.subject,
  insteadOf: row.instead_of,
  createdAt: row.created_at,
  dueAt: row.due_at,
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

/** Which alert, where. */
export type AlertPlace = Pick<OutboxCard, 'alertId' | 'conversationId'>;

/** The card that follows an alert in a conversation: its own, or that of what was missed; null where there is none. */
export async function getAlertCard(db: Queryable, { alertId, conversationId }: AlertPlace): Promise<OutboxCard | null> {
  const { rows } = await db.query<OutboxRow>(
    `select shown.* from outbox as own join outbox as shown on shown.id = coalesce(own.merged_into, own.id)
      where own.alert_id = $1 and own.conversation_id = $2 and own.kind = 'alert'`,
    [alertId, conversationId],
  );
  return rows[0] ? cardOf(rows[0]) : null;
}

/** The conversations whose card of the alert tells of nothing that goes on; of those that tell of this connector, where one is given. */
export async function listPlacesOver(
  db: Queryable,
  alertId: string,
  connectorId: string | null = null,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select conversation_id as id from outbox
      where alert_id = $1 and kind = 'alert' and ($2::uuid is null or $2 = any(connector_ids))
        and not exists (select from incidents
                         where alert_id = $1 and resolved_at is null and connector_id = any(outbox.connector_ids))`,
    [alertId, connectorId],
  );
  return rows.map(({ id }) => id);
}

/** Whether a card of the connector has still to be brought up to date; one that Teams keeps refusing does not count. */
export async function hasOutboxCards(db: Queryable, connectorId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from outbox
      where (connector_id = $1
             or alert_id in (select alert_id from incidents where connector_id = $1) and $1 = any(connector_ids))
        and shown_version < version and gone is null and attempts < 5`,
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

/** The alerts that a card of what was missed tells of, the oldest first. */
export async function listMissed(db: Queryable, missedId: string): Promise<OutboxCard[]> {
  const { rows } = await db.query<OutboxRow>('select * from outbox where merged_into = $1 order by created_at, id', [
    missedId,
  ]);
  return rows.map(cardOf);
}

/** Of which connectors an alert's cards tell, or are on their way, in other places than this one; those in doubt do not count. */
export async function listToldElsewhere(db: Queryable, { alertId, conversationId }: AlertPlace): Promise<Set<string>> {
  const { rows } = await db.query<{ ids: string[] }>(
    `select connector_ids as ids from outbox
      where alert_id = $1 and conversation_id <> $2 and kind = 'alert' and gone is null
        and (unknown_posts < 2 or activity_id is not null)`,
    [alertId, conversationId],
  );
  return new Set(rows.flatMap(({ ids }) => ids));
}
