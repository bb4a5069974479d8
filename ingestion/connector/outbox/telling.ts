import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../store/queryable.ts';
import type { Note } from '../note-subject.ts';
import type { ReplySubject } from '../reply-subject.ts';
import type { OutboxCard } from './card.ts';

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
export const joined = `on conflict (alert_id, conversation_id) where kind = 'alert' do update
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
