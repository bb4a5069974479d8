import type { TurnContext } from 'botbuilder';
import { reviveOutboxCards } from '../../ingestion/connector/outbox/closed-place.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from './backend.ts';
import {
  closePlaces,
  conversationIdOf,
  getConversation,
  openPlaces,
  rememberConversation,
  renamePlaces,
} from './conversations.ts';
import type { Move } from './moves.ts';
import { askName } from './questions.ts';

/** Keeps where an activity came from, so that alerts can go there. What goes wrong is logged and keeps nobody from an answer. */
export async function rememberPlace({ pool, runtime, log }: Backend, context: TurnContext): Promise<void> {
  const { activity } = context;
  try {
    const known = await getConversation(pool, conversationIdOf(activity));
    // A dialog has no time for questions to Teams.
    const name = known?.name || activity.type === 'invoke' ? '' : await askName(runtime, context);
    await rememberConversation(pool, activity, { name, now: runtime.now() });
    if (known?.closed) await transaction(pool, (tx) => reviveOutboxCards(tx, known.id, runtime.now()));
  } catch (error) {
    log.error({ err: error }, 'a conversation could not be remembered');
  }
}

/** Follows what has become of a place; throws nothing either. */
export async function followMove({ pool, runtime, log }: Backend, move: Move): Promise<void> {
  const { kind, where } = move;
  try {
    if (kind === 'closed') await closePlaces(pool, where, { why: move.why, now: runtime.now() });
    if (kind === 'renamed') await renamePlaces(pool, where, move.name);
    if (kind !== 'opened') return;
    const opened = await openPlaces(pool, where);
    for (const id of opened) await transaction(pool, (tx) => reviveOutboxCards(tx, id, runtime.now()));
  } catch (error) {
    log.error({ err: error }, 'what became of a place could not be followed');
  }
}
