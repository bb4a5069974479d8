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

/**
 * The answer to a button of a card (learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model): a card takes the
 * place of the pressed one for its presser; a text is shown to the presser beside the card, which stays. A refusal is a text: the
 * bot is not told what the pressed card shows, so only thus nobody loses it. An error status would say "Something went wrong" in
 * place of the reason, and an empty text "Unable to reach app" (vercel/chat#903).
 */
export function pressAnswer(answer: Card | string): AdaptiveCardInvokeResponse {
  if (typeof answer !== 'string')
    return { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: answer };
  // The SDK's type knows cards alone.
  const value = answer as unknown as Record<string, unknown>;
  return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value };
}
