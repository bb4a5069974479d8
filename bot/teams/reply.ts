import { type Activity, type AdaptiveCardInvokeResponse, CardFactory, type TurnContext } from 'botbuilder';
import type { Logger } from 'pino';
import type { Card } from '../../cards/kit/template.ts';

/** Sends a card into the conversation of the turn. Throws what the SDK throws when Teams does not take it. */
export async function sendCard(context: TurnContext, card: Card): Promise<void> {
  await context.sendActivity({ attachments: [CardFactory.adaptiveCard(card)] });
}

/** The answer to a button changes its presser's view only; the message itself is edited for the others. Never throws. */
export async function showEverybody(context: TurnContext, card: Card, log: Logger): Promise<void> {
  const id = context.activity.replyToId;
  if (!id) return;
  try {
    await context.updateActivity({
      id,
      type: 'message',
      attachments: [CardFactory.adaptiveCard(card)],
    } as Partial<Activity>);
  } catch (error) {
    // The presser has the new card all the same.
    log.warn({ err: error }, 'a card could not be edited for everybody');
  }
}

/** A card as the answer to a button of a card (learn.microsoft.com, "Universal Actions for Adaptive Cards"). */
export function cardAnswer(card: Card): AdaptiveCardInvokeResponse {
  return { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card };
}
