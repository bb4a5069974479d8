import { type Activity, type AdaptiveCardInvokeResponse, CardFactory, type TurnContext } from 'botbuilder';
import type { Logger } from 'pino';
import type { Card } from '../../cards/kit/template.ts';
import { retrying, retryPolicies } from '../../ingestion/retry.ts';
import type { Backend } from './backend.ts';
import { withinTurn } from './bot-connector.ts';
import { askRoster } from './proactive.ts';
import { type Failure, SendFailure } from './send-failure.ts';

/** An answer may take so long; Teams waits for no more than the first part of it, and the answer comes all the same. */
const answerMs = 45_000;

/**
 * Sends a card into the conversation of the turn. What passes is tried again for a few seconds; what is in doubt is sent once more
 * at most, and only when the place answers a question. Never throws: who can't be sent an answer can't be sent an excuse.
 */
export async function sendCard(
  { runtime, log }: Pick<Backend, 'runtime' | 'log'>,
  context: TurnContext,
  card: Card,
): Promise<void> {
  const turn = { deadline: runtime.deadline(answerMs), sent: false };
  let doubts = 0;
  const work = async () => {
    if (doubts > 0) await askRoster(context);
    await context.sendActivity({ attachments: [CardFactory.adaptiveCard(card)] });
  };
  const again = (fault: unknown) => {
    if (!(fault instanceof SendFailure)) return null;
    const { outcome, retryAfterMs: askedMs } = fault.failure;
    if (outcome === 'unknown') doubts += 1;
    return doubts <= 1 && mayPass(fault.failure) ? { askedMs } : null;
  };
  const waiting = { ...runtime, signal: turn.deadline.signal };
  try {
    await withinTurn(turn, () => retrying(retryPolicies.answer, waiting, { work, again }));
  } catch (error) {
    log.warn({ err: error }, 'an answer could not be sent');
  }
}

function mayPass({ outcome, status }: Failure): boolean {
  return outcome === 'unknown' || status === null || status === 412 || status === 429 || status >= 500;
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
