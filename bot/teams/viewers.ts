import { following } from '../../cards/kit/following.ts';
import type { OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { openCache } from '../../ingestion/runtime/cache.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { Backend } from './backend.ts';
import type { Drawing } from './card-drawing.ts';
import type { Conversation } from './conversations.ts';
import type { Pacer } from './pacer.ts';
import { askRoster, type Speaking, speak } from './proactive.ts';

type Viewers = Backend['viewers'];

/** A cache for those who ask for the state of cards: an hour, a thousand conversations. */
export function openViewers(runtime: Runtime): Viewers {
  return openCache(runtime, { most: 1_000, keptMs: 3_600_000 });
}

/** What follows a state, so that a copy of it can mend itself; a reply says once and for all what has happened. */
const followers: ReadonlySet<OutboxCard['kind']> = new Set(['progress', 'alert', 'missed']);

/** The drawing of a card in a conversation, for its people; without a roster, for those who ask by themselves. */
export function drawnFor(viewers: Viewers, { id, kind, conversationId }: OutboxCard, drawing: Drawing): Drawing {
  if (!followers.has(kind)) return drawing;
  const ids = viewers.get(conversationId)?.ids ?? [];
  return { ...drawing, card: following(drawing.card, { card: id, viewers: ids }) };
}

/** Reads the people of a conversation who see its cards, unless they are known, or much is being sent: the next card asks again. */
export async function readViewers(
  speaking: Speaking & { viewers: Viewers; pacer: Pacer },
  conversation: Conversation,
): Promise<void> {
  const { viewers, pacer } = speaking;
  if (viewers.has(conversation.id) || !pacer.hasSpare()) return;
  const roster = await speak(speaking, { conversation }, askRoster);
  // Whoever is not named has "Refresh card" in the menu of the message.
  viewers.set(conversation.id, { ids: roster.kind === 'done' ? roster.value.slice(0, 60) : [] });
}
