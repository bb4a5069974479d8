import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/database.ts';
import type { Note } from './note-subject.ts';
import { cardOf, type OutboxCard, type OutboxRow } from './outbox-card.ts';
import type { ReplySubject } from './reply-subject.ts';

/** What a new card is made of. */
export type NewOutboxCard = Pick<OutboxCard, 'kind' | 'connectorId' | 'incidentId' | 'conversationId'> & {
  subject?: ReplySubject | Note;
  insteadOf?: string | null;
};

/** A card that is due in a conversation; nothing when it is of an incident that has one there already. */
export async function createOutboxCard(tx: Queryable, card: NewOutboxCard, now: number): Promise<void> {
  const { kind, connectorId, incidentId, conversationId, subject = null, insteadOf = null } = card;
  await tx.query(
    `insert into outbox (id, kind, connector_id, incident_id, conversation_id, subject, instead_of, created_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict do nothing`,
    [randomUUID(), kind, connectorId, incidentId, conversationId, subject, insteadOf, new Date(now)],
  );
}

/**
 * Has what developed in an incident told as a message of its own, beside each card that stands or is being posted: its own, or
 * that of what was missed. One that was never posted will show it anyway.
 */
export async function replyToIncident(
  tx: Queryable,
  { incidentId, subject }: { incidentId: string; subject: ReplySubject },
  now: number,
): Promise<void> {
  await tx.query(
    `insert into outbox (id, kind, connector_id, incident_id, conversation_id, subject, created_at, due_at)
     select gen_random_uuid(), 'reply', own.connector_id, own.incident_id, own.conversation_id, $2, $3, $3
       from outbox as own join outbox as shown on shown.id = coalesce(own.merged_into, own.id)
      where own.incident_id = $1 and own.kind = 'incident' and shown.gone is null
        and (shown.posted or shown.attempted_at is not null or shown.unknown_posts > 0)`,
    [incidentId, subject, new Date(now)],
  );
}

/** Has the progress card of a connector follow its new state. */
export async function bumpProgress(tx: Queryable, connectorId: string): Promise<void> {
  await tx.query(`update outbox set version = version + 1 where connector_id = $1 and kind = 'progress'`, [
    connectorId,
  ]);
}

/** Has all cards of an incident follow its new state; one that waits because Teams wants it goes on waiting. */
export async function bumpIncident(tx: Queryable, incidentId: string): Promise<void> {
  await tx.query(
    `update outbox set version = version + 1, due_at = case when attempts = 0 and attempted_at is null then created_at else due_at end
      where (incident_id = $1 and kind = 'incident')
         or id in (select merged_into from outbox where incident_id = $1)`,
    [incidentId],
  );
}

/**
 * Notes that a post is about to be made, before it is; until `until` nobody else makes one. False when another post of the card
 * has been noted since it was read: then none may be made.
 */
export async function noteAttempt(
  db: Queryable,
  { id, unknownPosts }: OutboxCard,
  { now, until }: { now: number; until: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update outbox set attempted_at = $3, due_at = $4
      where id = $1 and unknown_posts = $2 and attempted_at is null and not posted`,
    [id, unknownPosts, new Date(now), new Date(until)],
  );
  return rowCount === 1;
}

/** The card stands there as it was when it was read; as the message `activityId`, null where Teams did not tell. */
export async function notePosted(db: Queryable, card: OutboxCard, activityId: string | null): Promise<void> {
  await db.query(
    `update outbox set posted = true, attempted_at = null, due_at = least(due_at, attempted_at), attempts = 0, gone = null, ${copied},
            shown_version = case when activity_id is null then $3 else shown_version end,
            version = case when activity_id is null then version else version + 1 end
      where id = $1`,
    [card.id, activityId, card.version],
  );
}

// A second id is that of another copy, as of a process that was taken for dead while it waited.
const copied = `activity_id = coalesce(activity_id, $2),
            copies = case when $2 <> activity_id and $2 <> all(copies) then array_append(copies, $2) else copies end`;

/**
 * Nobody knows whether the post stands there. It may be made once more from `until`; with the second such post the card counts as
 * posted: true then.
 */
export async function noteUnknown(db: Queryable, card: OutboxCard, until: number): Promise<boolean> {
  const { rows } = await db.query<{ posted: boolean }>(
    `update outbox set unknown_posts = unknown_posts + 1, attempted_at = null, attempts = attempts + 1, due_at = $2,
            posted = posted or unknown_posts >= 1,
            shown_version = case when unknown_posts >= 1 then greatest(shown_version, $3) else shown_version end
      where id = $1 returning posted`,
    [card.id, new Date(until), card.version],
  );
  return rows[0]?.posted ?? false;
}

/** All messages that it stands as show the card as it was when it was read. */
export async function noteShown(db: Queryable, card: OutboxCard): Promise<void> {
  await db.query(
    'update outbox set shown_version = greatest(shown_version, $2), attempts = 0, gone = null where id = $1',
    [card.id, card.version],
  );
}

/** It has no end in Teams yet: refused, and tried again from `until`. */
export async function noteRefused(db: Queryable, id: string, until: number): Promise<void> {
  await db.query('update outbox set attempted_at = null, attempts = attempts + 1, due_at = $2 where id = $1', [
    id,
    new Date(until),
  ]);
}

/**
 * The card waits until `until` for its turn; nothing was tried. Given the version that was read, one that has changed since is due
 * all the same.
 */
export async function postponeOutboxCard(
  db: Queryable,
  { id, version = null }: { id: string; version?: number | null },
  until: number,
): Promise<void> {
  await db.query('update outbox set due_at = $3 where id = $1 and version = coalesce($2, version)', [
    id,
    version,
    new Date(until),
  ]);
}

/** Teams wants to be left alone with this conversation: all that is to go there waits until `until`. */
export async function holdConversation(db: Queryable, conversationId: string, until: number): Promise<void> {
  await db.query(
    `update outbox set due_at = greatest(due_at, $2), attempts = greatest(attempts, 1)
      where conversation_id = $1 and shown_version < version`,
    [conversationId, new Date(until)],
  );
}

/** There is nothing left to show. */
export async function abandonOutboxCard(db: Queryable, id: string, why: string): Promise<void> {
  await db.query('update outbox set gone = $2, attempted_at = null where id = $1', [id, why]);
}

/** The message is not there any more, because somebody deleted it; with the last one gone, the card is posted anew. */
export async function forgetCopy(db: Queryable, id: string, activityId: string): Promise<void> {
  await db.query(
    `with left_over as (select array_remove(array_prepend(activity_id, copies), $2) as ids from outbox where id = $1)
     update outbox set activity_id = ids[1], copies = ids[2:], posted = cardinality(ids) > 0, unknown_posts = 0
       from left_over where id = $1`,
    [id, activityId],
  );
}

/**
 * Somebody has pressed this message of the card: it is edited from now on with those that are known, and soon. A new version, as
 * an edit of the others may be under way.
 */
export async function adoptCopy(db: Queryable, card: OutboxCard, activityId: string): Promise<void> {
  if (card.activityIds.includes(activityId)) return;
  await db.query(
    `update outbox set posted = true, attempted_at = null, ${copied}, version = version + 1 where id = $1`,
    [card.id, activityId],
  );
}

/** The incident cards among those that a closed place is not told of. */
export type SetAside = Pick<OutboxCard, 'incidentId' | 'connectorId' | 'conversationId'>;

/**
 * The place is closed: what is to go there rests until `until`, when it is tried again, and what would be stale by then is
 * dropped. The cards of incidents among it are to be told elsewhere.
 */
export async function setAside(tx: Queryable, conversationId: string, until: number): Promise<SetAside[]> {
  const { rows } = await tx.query<OutboxRow>(
    `update outbox set gone = case when kind in ('reply', 'digest', 'note') then 'stale' else 'closed' end,
            attempted_at = null, due_at = $2
      where conversation_id = $1 and shown_version < version and merged_into is null and (gone is null or gone = 'closed')
     returning *`,
    [conversationId, new Date(until)],
  );
  return rows.map(cardOf).filter(({ kind }) => kind === 'incident');
}

/** Makes one card of the incidents that a closed place was never told of; a single one is its own. */
export async function gatherMissed(tx: Queryable, conversationId: string, now: number): Promise<void> {
  const { rows } = await tx.query<{ id: string; kind: OutboxCard['kind'] }>(
    `select id, kind from outbox
      where conversation_id = $1 and gone = 'closed' and not posted and merged_into is null and kind in ('incident', 'missed')
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
  await tx.query(`update outbox set merged_into = $1 where id = any($2) and kind = 'incident'`, [
    id,
    rows.map((row) => row.id),
  ]);
}

/** A place is told of these incidents only now: of several as one card, of none that has a card there already. */
export async function tellLate(
  tx: Queryable,
  conversationId: string,
  { incidents, now }: { incidents: { id: string; connectorId: string }[]; now: number },
): Promise<void> {
  for (const { id, connectorId } of incidents)
    await tx.query(
      `insert into outbox (id, kind, connector_id, incident_id, conversation_id, created_at, due_at, gone)
       values ($1, 'incident', $2, $3, $4, $5, $5, 'closed') on conflict do nothing`,
      [randomUUID(), connectorId, id, conversationId, new Date(now)],
    );
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
