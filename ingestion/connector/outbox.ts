import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/queryable.ts';
import type { Note } from './note-subject.ts';
import { cardOf, type OutboxCard, type OutboxRow } from './outbox-card.ts';
import type { ReplySubject } from './reply-subject.ts';

/** What a new card is made of. */
export type NewOutboxCard = Pick<OutboxCard, 'kind' | 'connectorId' | 'conversationId'> & { subject?: Note };

/** A card that is due in a conversation. */
export async function createOutboxCard(tx: Queryable, card: NewOutboxCard, now: number): Promise<void> {
  const { kind, connectorId, conversationId, subject = null } = card;
  await tx.query(
    `insert into outbox (id, kind, connector_id, conversation_id, subject, created_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $6)`,
    [randomUUID(), kind, connectorId, conversationId, subject, new Date(now)],
  );
}

/** Who is to be told of which connectors of an alert; `insteadOf`: another place, which can't be reached. */
type Telling = { alertId: string; connectorIds: string[]; places: string[]; insteadOf?: string | null };

/** The alert's card in each of these places tells of these connectors as well; where there is none yet, it is due. */
export async function tellPlaces(
  tx: Queryable,
  { alertId, connectorIds, places, insteadOf = null }: Telling,
  now: number,
): Promise<void> {
  await tx.query(
    `insert into outbox (id, kind, alert_id, connector_ids, conversation_id, instead_of, created_at, due_at)
     select gen_random_uuid(), 'alert', $1, $2, place, $3, $4, $4 from unnest($5::text[]) as place
     ${joined}`,
    [alertId, connectorIds, insteadOf, new Date(now), places],
  );
}

// A card that was never posted, as all was over before its place could hear of it, is due again.
const joined = `on conflict (alert_id, conversation_id) where kind = 'alert' do update
        set connector_ids = outbox.connector_ids
              || array(select unnest(excluded.connector_ids) except select unnest(outbox.connector_ids)),
            version = outbox.version + 1,
            due_at = case when outbox.gone is null or outbox.gone = 'closed' then outbox.due_at else excluded.due_at end,
            gone = case when outbox.gone = 'closed' then outbox.gone end
      where not outbox.connector_ids @> excluded.connector_ids or outbox.gone is not null`;

/**
 * Has what developed in an alert told as a message of its own, beside each card that stands or is being posted: its own, or that
 * of what was missed. One that was never posted will show it anyway. In `places`, else wherever something of it goes on; `about`
 * one connector alone, where one is given.
 */
export async function replyToAlert(
  tx: Queryable,
  { alertId, subject, places = null, about = null }: Reply,
  now: number,
): Promise<void> {
  await tx.query(
    `insert into outbox (id, kind, alert_id, connector_ids, conversation_id, subject, created_at, due_at)
     select gen_random_uuid(), 'reply', own.alert_id, case when $5::uuid is null then own.connector_ids else array[$5::uuid] end, own.conversation_id, $2, $3, $3
       from outbox as own join outbox as shown on shown.id = coalesce(own.merged_into, own.id)
      where own.alert_id = $1 and own.kind = 'alert' and shown.gone is null
        and (shown.posted or shown.attempted_at is not null or shown.unknown_posts > 0)
        and ($5 is null or $5 = any(own.connector_ids))
        and case when $4::text[] is not null then own.conversation_id = any($4)
                 else exists (select from incidents
                               where alert_id = $1 and resolved_at is null and connector_id = any(own.connector_ids)) end`,
    [alertId, subject, new Date(now), places, about],
  );
}

type Reply = { alertId: string; subject: ReplySubject; places?: string[] | null; about?: string | null };

/** Has the progress card of a connector follow its new state. */
export async function bumpProgress(tx: Queryable, connectorId: string): Promise<void> {
  await tx.query(`update outbox set version = version + 1 where connector_id = $1 and kind = 'progress'`, [
    connectorId,
  ]);
}

/** Has all cards of an alert follow its new state at once, or those in `places`; one that waits because Teams wants it goes on waiting. */
export async function bumpAlert(tx: Queryable, alertId: string, places: string[] | null = null): Promise<void> {
  await tx.query(
    `update outbox set version = version + 1, due_at = case when attempts = 0 and attempted_at is null then created_at else due_at end
      where id in (select unnest(array[id, merged_into]) from outbox
                    where alert_id = $1 and kind = 'alert' and ($2::text[] is null or conversation_id = any($2)))`,
    [alertId, places],
  );
}

/**
 * Has the cards of an alert that tell of a connector follow it: at once where they tell of it alone, or stand nowhere yet; among
 * many, when the rest after the last edit is over, so that many changes are one edit.
 */
export async function bumpMember(
  tx: Queryable,
  { alertId, connectorId }: { alertId: string; connectorId: string },
): Promise<void> {
  await tx.query(
    `update outbox set version = version + 1,
            due_at = case when (not posted or cardinality(connector_ids) = 1) and attempts = 0 and attempted_at is null
                          then created_at else due_at end
      where id in (select unnest(array[id, merged_into]) from outbox
                    where alert_id = $1 and kind = 'alert' and $2 = any(connector_ids))`,
    [alertId, connectorId],
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
