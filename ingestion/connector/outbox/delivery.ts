import type { Queryable } from '../../store/queryable.ts';
import type { OutboxCard } from './card.ts';

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

/**
 * All messages that it stands as show the card as it was when it was read. What follows many connectors rests until `rest`, unless
 * something that does not wait has come meanwhile.
 */
export async function noteShown(db: Queryable, card: OutboxCard, rest: number): Promise<void> {
  await db.query(
    `update outbox set shown_version = greatest(shown_version, $2), attempts = 0, gone = null,
            due_at = case when kind in ('alert', 'missed') and due_at = $3 then $4 else due_at end
      where id = $1`,
    [card.id, card.version, new Date(card.dueAt), new Date(rest)],
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
