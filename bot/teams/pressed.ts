import type { TurnContext } from 'botbuilder';
import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { findOutboxCard, type OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { adoptCopy } from '../../ingestion/connector/outbox/delivery.ts';
import { isGuid } from '../../ingestion/store/guid.ts';
import type { Backend } from './backend.ts';
import { drawOutboxCard } from './card-drawing.ts';
import { conversationIdOf } from './conversations.ts';
import { drawnFor } from './viewers.ts';

/**
 * The outbox card that was pressed, or asks for its state of now; null when it is none. The conversation is the activity's own,
 * so that nobody reaches a card elsewhere by its id. A message that was not known as the card's is from now on.
 */
export async function findPressed(
  { pool }: Pick<Backend, 'pool'>,
  { activity }: TurnContext,
  data: Record<string, unknown>,
): Promise<OutboxCard | null> {
  const cardId = typeof data.card === 'string' && isGuid(data.card) ? data.card : null;
  const activityId = activity.replyToId ?? null;
  const card = await findOutboxCard(pool, conversationIdOf(activity), { cardId, activityId });
  if (card && activityId && cardId === card.id) await adoptCopy(pool, card, activityId);
  return card;
}

/** The card that asks, as it is now: for everybody who may see it, as nothing is done. Throws what the store throws. */
export async function refreshed(backend: Backend, context: TurnContext, data: Record<string, unknown>): Promise<Card> {
  const card = await findPressed(backend, context, data);
  const drawn = card && (await drawOutboxCard(backend, card));
  if (drawn) return drawnFor(backend.viewers, card, drawn).card;
  // A card is answered with a card, or it would show empty.
  return noticeCard({ title: 'Gone', text: sentences.gone, tone: 'default' });
}
