import type { TurnContext } from 'botbuilder';
import { reviveOutboxCards } from '../../ingestion/connector/outbox.ts';
import type { Backend } from '../backend.ts';
import { conversationIdOf, getConversation, rememberConversation } from './conversations.ts';
import { askName } from './questions.ts';

/** Keeps where an activity came from, so that alerts can go there. What goes wrong is logged and keeps nobody from an answer. */
export async function rememberPlace({ pool, runtime, log }: Backend, context: TurnContext): Promise<void> {
  const { activity } = context;
  try {
    const known = await getConversation(pool, conversationIdOf(activity));
    // A dialog has no time for questions to Teams.
    const name = known?.name || activity.type === 'invoke' ? '' : await askName(runtime, context);
    await rememberConversation(pool, activity, { name, now: runtime.now() });
    if (!known) await reviveOutboxCards(pool, conversationIdOf(activity), runtime.now());
  } catch (error) {
    log.error({ err: error }, 'a conversation could not be remembered');
  }
}

/** Whether the bot is taken away by this activity: then it must not be remembered. */
export function isLeaving({ activity }: TurnContext): boolean {
  const { action, membersRemoved, recipient } = activity;
  return (action?.startsWith('remove') || membersRemoved?.some(({ id }) => id === recipient.id)) ?? false;
}
