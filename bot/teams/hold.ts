import { readTold } from '../../ingestion/connector/alert.ts';
import type { OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { holdOf } from './alert-rules.ts';
import type { Backend } from './backend.ts';
import type { Conversation } from './conversations.ts';

/** A silence may be ended, or made shorter, at any time: so often it is looked at again. */
const lookMs = 60_000;

/**
 * What becomes of the post of an alert's card or reply in a conversation that asked for silence: it is made now (null), looked at
 * again at a time (ms since the epoch), or never made.
 */
export async function holdOnPost(
  { pool, runtime }: Pick<Backend, 'pool' | 'runtime'>,
  { kind, subject, ...card }: OutboxCard,
  conversation: Conversation,
): Promise<number | 'never' | null> {
  const told = await readTold(pool, card);
  if (!told) return null;
  // Whoever tells of it now tells it here, too.
  if (told.goesOn && kind === 'alert') return 'never';
  const now = runtime.now();
  const hold = holdOf(conversation, { members: told.members, subject }, now);
  return typeof hold === 'number' ? Math.min(hold, now + lookMs) : hold;
}
