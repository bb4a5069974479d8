import { type Activity, CardFactory, type TurnContext } from 'botbuilder';
import { audit, bot } from '../../ingestion/connector/audit.ts';
import { abandonOutboxCard, getOutboxCard, markShown, postponeOutboxCard } from '../../ingestion/connector/outbox.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { retryPolicies, waitMs } from '../../ingestion/retry.ts';
import type { Backend } from '../backend.ts';
import type { TeamsAdapter } from './adapter.ts';
import { type Drawing, drawOutboxCard } from './card-drawing.ts';
import { type Conversation, getConversation, leaveConversation } from './conversations.ts';
import { holdOnPost } from './hold.ts';
import { inTime } from './questions.ts';

/** The bot's own way into a conversation, when nobody has asked it anything. */
export type Sender = { adapter: TeamsAdapter; appId: string };

/** Brings one post up to date in Teams: sends it, or edits what was sent. A refused one comes again, later and later. */
export async function deliver(
  { pool, runtime, log }: Pick<Backend, 'runtime' | 'pool' | 'log'>,
  sender: Sender,
  outboxCardId: string,
): Promise<void> {
  const outboxCard = await getOutboxCard(pool, outboxCardId);
  if (!outboxCard) return;
  const conversation = await getConversation(pool, outboxCard.conversationId);
  const drawing = await drawOutboxCard({ pool, runtime }, outboxCard);
  if (!conversation || !drawing)
    return abandonOutboxCard(pool, outboxCard, conversation ? 'nothing to show' : 'conversation gone');
  const hold = outboxCard.activityId ? null : await holdOnPost({ pool, runtime }, outboxCard, conversation);
  if (hold === 'never') return abandonOutboxCard(pool, outboxCard, 'over before the silence was');
  if (hold !== null) return postponeOutboxCard(pool, outboxCard.id, hold);

  const outcome = await send({ runtime, ...sender }, conversation.reference, {
    drawing,
    activityId: outboxCard.activityId,
  });
  if (outcome.kind === 'shown') return markShown(pool, outboxCard, outcome.activityId);
  log.warn({ outboxCard: outboxCard.id, status: outcome.status, code: outcome.code }, 'Teams did not take a card');
  if (outcome.kind === 'gone') {
    await abandonOutboxCard(pool, outboxCard, `refused with ${outcome.status}`);
    await leaveConversation(pool, conversation.id, `refused with ${outcome.status}`);
    const { tenantId, name, id } = conversation;
    const result = `undeliverable: ${outcome.status} ${outcome.code}`;
    return audit(
      pool,
      {
        tenantId,
        actor: bot,
        action: 'deliver',
        connectorId: outboxCard.connectorId,
        target: name,
        result,
        conversationId: id,
      },
      runtime.now(),
    );
  }
  await postponeOutboxCard(pool, outboxCard.id, runtime.now() + waitMs(retryPolicies.card, outboxCard.attempts + 1));
}

/** The SDK tries a few times itself, and has no limit of its own. */
const sendMs = 60_000;

type Outcome =
  | { kind: 'shown'; activityId: string }
  | { kind: 'gone' | 'refused'; status: number | null; code: string };

/** The result is caught inside the turn: with an error handler set, the SDK resolves a proactive turn that failed. */
async function send(
  { runtime, adapter, appId }: Sender & Pick<Backend, 'runtime'>,
  reference: Conversation['reference'],
  { drawing: { card, summary }, activityId }: { drawing: Drawing; activityId: string | null },
): Promise<Outcome> {
  let outcome: Outcome = { kind: 'refused', status: null, code: 'no turn' };
  const activity: Partial<Activity> = { type: 'message', summary, attachments: [CardFactory.adaptiveCard(card)] };
  const turn = adapter.continueConversationAsync(appId, reference, async (context) => {
    outcome = await put(context, activity, activityId);
  });
  try {
    await inTime(runtime, turn, sendMs);
  } catch {
    // It may stand there all the same; the next try finds out by sending it again.
    outcome = { kind: 'refused', status: null, code: 'no answer' };
  }
  return outcome;
}

async function put(context: TurnContext, activity: Partial<Activity>, activityId: string | null): Promise<Outcome> {
  try {
    if (activityId) {
      await context.updateActivity({ ...activity, id: activityId });
      return { kind: 'shown', activityId };
    }
    const response = await context.sendActivity(activity);
    return { kind: 'shown', activityId: response?.id ?? '' };
  } catch (error) {
    // What stands in between, such as a proxy that refuses, says nothing of the conversation.
    if (error instanceof ConnectorError) return { kind: 'refused', status: null, code: error.message };
    const { statusCode = null, code = '' } = error as { statusCode?: number; code?: string };
    // Somebody deleted the message: it is sent anew.
    if (activityId && statusCode === 404) return put(context, activity, null);
    return { kind: statusCode === 403 || statusCode === 404 ? 'gone' : 'refused', status: statusCode, code };
  }
}
