import { remindSoon } from '../../ingestion/connector/alerts.ts';
import { getAlertCard, getOutboxCard, type OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { gatherMissed } from '../../ingestion/connector/outbox/closed-place.ts';
import {
  abandonOutboxCard,
  forgetCopy,
  holdConversation,
  noteAttempt,
  notePosted,
  noteRefused,
  noteShown,
  noteUnknown,
  postponeOutboxCard,
} from '../../ingestion/connector/outbox/delivery.ts';
import { retryPolicies, waitMs } from '../../ingestion/retry.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from './backend.ts';
import { type Drawing, drawOutboxCard } from './card-drawing.ts';
import { type Conversation, getConversation, noteMissing } from './conversations.ts';
import { holdOnPost } from './hold.ts';
import type { Pacer } from './pacer.ts';
import { askRoster, messageOf, type Outcome, type Sender, speak } from './proactive.ts';
import { type Failure, goneBy, isMissing } from './send-failure.ts';
import { againMs, closePlace, comeBack, restAside, tellElsewhere } from './undeliverable.ts';
import { drawnFor, readViewers } from './viewers.ts';

/** What cards are delivered with. */
export type Delivery = Sender & Pick<Backend, 'runtime' | 'pool' | 'log' | 'viewers'> & { pacer: Pacer };

/** A card, and where it goes. */
type Errand = { card: OutboxCard; conversation: Conversation };

/**
 * Brings one card up to date in Teams: posts it, or edits every message that it stands as. What is refused comes again, later and
 * later; what is in doubt is posted once more at most. Throws what the store throws.
 */
export async function deliver(delivery: Delivery, outboxCardId: string): Promise<void> {
  const { pool } = delivery;
  const card = await getOutboxCard(pool, outboxCardId);
  if (!card) return;
  const conversation = await getConversation(pool, card.conversationId);
  if (!conversation) return abandonOutboxCard(pool, card.id, 'the conversation is not known');
  const errand = { card, conversation };
  if (conversation.closed && !(await isWorthATry(delivery, errand))) return;
  const drawing = await drawOutboxCard(delivery, card);
  if (!drawing) return abandonOutboxCard(pool, card.id, 'nothing to show');
  if (card.posted) await edit(delivery, errand, drawing);
  else if (await mayPost(delivery, errand)) await post(delivery, errand, drawing);
}

/** A closed place is tried once a day, with what it was not told of as one card. */
async function isWorthATry(delivery: Delivery, { card, conversation }: Errand): Promise<boolean> {
  const { pool, runtime } = delivery;
  const dueAt = (conversation.closed?.triedAt ?? 0) + againMs;
  if (runtime.now() < dueAt) {
    await restAside(delivery, conversation.id, dueAt);
    return false;
  }
  await transaction(pool, (tx) => gatherMissed(tx, conversation.id, runtime.now()));
  return (await getOutboxCard(pool, card.id)) !== null;
}

/** What a post may take, with the note of its outcome; one that was begun so long ago has no process any more that would note it. */
const attemptMs = 90_000;
const shortMs = 2_000;

/** Whether the card may be posted now. Else it comes again: when its turn has come, or what it stands beside is there. */
async function mayPost({ pool, runtime, ...delivery }: Delivery, { card, conversation }: Errand): Promise<boolean> {
  const now = runtime.now();
  if (card.attemptedAt !== null) {
    const over = card.attemptedAt + attemptMs;
    if (over > now) await postponeOutboxCard(pool, card, over);
    else await afterUnknown({ pool, runtime, ...delivery }, { card, conversation });
    return false;
  }
  const hold = await holdOnPost({ pool, runtime }, card, conversation);
  if (hold !== null) {
    if (hold === 'never') await abandonOutboxCard(pool, card.id, 'over before the silence was');
    else await postponeOutboxCard(pool, card, hold);
    return false;
  }
  const beside = card.kind === 'reply' ? await getAlertCard(pool, card) : null;
  if (beside && !beside.posted) {
    await postponeOutboxCard(pool, card, now + shortMs);
    return false;
  }
  return isItsTurn({ pool, runtime, ...delivery }, card, conversation.id);
}

/** Whether a card may be sent to the conversation, or edited (null), by Teams' rates; else it comes again when it may. */
async function isItsTurn(
  { pool, runtime, pacer }: Pick<Delivery, 'pool' | 'runtime' | 'pacer'>,
  card: OutboxCard,
  conversationId: string | null,
): Promise<boolean> {
  const pause = pacer.reserve(conversationId, shortMs / 2);
  if (pause > shortMs / 2) await postponeOutboxCard(pool, card, runtime.now() + pause);
  else if (pause > 0) await runtime.sleep(pause);
  return pause <= shortMs / 2;
}

async function post(delivery: Delivery, errand: Errand, drawing: Drawing): Promise<void> {
  const { pool, runtime } = delivery;
  const { card, conversation } = errand;
  if (card.unknownPosts > 0) {
    // What does not even answer a question would only lose a second answer.
    const asked = await speak(delivery, { conversation }, askRoster);
    if (asked.kind === 'failed') return afterRefusal(delivery, errand, asked.failure);
  }
  await readViewers(delivery, conversation);
  const thread = await threadOf(delivery, card);
  const message = messageOf(drawnFor(delivery.viewers, card, drawing));
  const now = runtime.now();
  if (!(await noteAttempt(pool, card, { now, until: now + attemptMs }))) return;
  const outcome = await speak(delivery, { conversation, thread }, async (context) => {
    return (await context.sendActivity(message))?.id || null;
  });
  await noted(delivery, () => afterPost(delivery, errand, outcome));
}

/**
 * A reply goes into the thread of its alert's card. In chats there are none; where the card's message is not known, or was
 * deleted and so refuses replies, it is a message of its own.
 */
async function threadOf({ pool }: Delivery, card: OutboxCard): Promise<string | null> {
  if (card.kind !== 'reply' || card.attempts > 1 || !card.conversationId.includes('@thread')) return null;
  return (await getAlertCard(pool, card))?.activityIds[0] ?? null;
}

/** The outcome is noted even if the store is away for a while: what is not noted would be taken for unknown. */
async function noted({ runtime, log }: Delivery, note: () => Promise<void>): Promise<void> {
  const end = runtime.deadline(attemptMs / 3);
  for (const until = runtime.now() + attemptMs / 3; ; ) {
    try {
      return await note();
    } catch (error) {
      if (end.leftMs() === 0 || runtime.now() >= until) throw error;
      log.warn({ err: error }, 'the outcome of a post could not be noted yet');
      await runtime.sleep(shortMs / 4);
    }
  }
}

async function afterPost(delivery: Delivery, errand: Errand, outcome: Outcome<string | null>): Promise<void> {
  const { card, conversation } = errand;
  count(delivery, card, { outcome, done: 'posted' });
  if (outcome.kind === 'done') {
    await notePosted(delivery.pool, card, outcome.value);
    return afterSuccess(delivery, conversation);
  }
  const { failure } = outcome;
  if (failure.outcome === 'refused') return afterRefusal(delivery, errand, failure);
  logFailure(delivery, card, failure);
  await afterUnknown(delivery, errand);
}

/** What became of a card, and how late it was posted. */
function count(
  { runtime }: Delivery,
  { kind, createdAt }: OutboxCard,
  { outcome, done }: { outcome: Outcome<unknown>; done: 'posted' | 'edited' },
): void {
  const { cardDeliveries, cardLateness } = runtime.metrics;
  cardDeliveries.inc({ kind, outcome: outcome.kind === 'done' ? done : outcome.failure.outcome });
  if (outcome.kind === 'done' && done === 'posted') cardLateness.observe({ kind }, (runtime.now() - createdAt) / 1_000);
}

/** Where an alert was in doubt twice and could be told nowhere else, it is said again so soon. */
const doubtMs = 10 * 60_000;

/** After a second post in doubt the card counts as posted, and an alert is told in another place as well, or again. */
async function afterUnknown(delivery: Delivery, { card }: Pick<Errand, 'card'> & Partial<Errand>): Promise<void> {
  const { pool, runtime } = delivery;
  const until = runtime.now() + waitMs(retryPolicies.card, card.attempts + 1);
  if (!(await noteUnknown(pool, card, until)) || card.kind !== 'alert' || !card.alertId) return;
  const told = await tellElsewhere(delivery, card);
  if (!told) await remindSoon(pool, card.alertId, runtime.now() + doubtMs);
}

/** Between two edits of a card that many connectors change, such as while one after the other fails for the same cause. */
const restMs = 10_000;

async function edit(delivery: Delivery, errand: Errand, drawing: Drawing): Promise<void> {
  const { pool, runtime } = delivery;
  const { card, conversation } = errand;
  const message = messageOf(drawnFor(delivery.viewers, card, drawing));
  for (const id of card.activityIds) {
    if (!(await isItsTurn(delivery, card, null))) return;
    const outcome = await speak(delivery, { conversation }, (context) => context.updateActivity({ ...message, id }));
    count(delivery, card, { outcome, done: 'edited' });
    if (outcome.kind === 'done') continue;
    if (goneBy(outcome.failure) === 'message') {
      await forgetCopy(pool, card.id, id);
      if (card.activityIds.length === 1) return;
    } else return afterRefusal(delivery, errand, outcome.failure);
  }
  await noteShown(pool, card, runtime.now() + restMs);
  if (card.activityIds.length > 0) await afterSuccess(delivery, conversation);
}

async function afterSuccess({ pool, runtime }: Delivery, { id, closed, missingSince }: Conversation): Promise<void> {
  if (closed || missingSince !== null) await transaction(pool, (tx) => comeBack(tx, id, runtime.now()));
}

/** A place that Teams has not known for so long is deleted. */
const missingMs = 3_600_000;
/** An alert that can't be delivered for so long is told elsewhere as well. */
const longMs = 30 * 60_000;

/** Not taken, and it may pass: then it is tried again. Final is only what Teams says of the place itself. */
async function afterRefusal(delivery: Delivery, { card, conversation }: Errand, failure: Failure): Promise<void> {
  const { pool, runtime } = delivery;
  logFailure(delivery, card, failure);
  const now = runtime.now();
  const missing =
    isMissing(failure) && card.kind !== 'reply' && now - (await noteMissing(pool, conversation.id, now)) >= missingMs;
  if (goneBy(failure) === 'place' || missing) {
    await noteRefused(pool, card.id, now);
    return closePlace(delivery, conversation, failure);
  }
  const until = now + waitMs(retryPolicies.card, card.attempts + 1, { askedMs: failure.retryAfterMs });
  await noteRefused(pool, card.id, until);
  if (failure.status === 429) await holdConversation(pool, conversation.id, until);
  if (card.kind === 'alert' && !card.posted && until - card.createdAt >= longMs) await tellElsewhere(delivery, card);
}

function logFailure({ log }: Delivery, { id }: OutboxCard, { outcome, status, code, subCode, text }: Failure): void {
  const told = { outboxCard: id, outcome, status, code, subCode, text };
  // The bot's own registration or password, which nobody but its engineers can mend.
  if (status === 401) log.error(told, 'Teams does not know this bot');
  else log.warn(told, 'Teams did not take a card');
}
