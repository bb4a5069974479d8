import type { Queryable } from '../store/queryable.ts';
import type { Connector } from './connector.ts';
import type { Note } from './note-subject.ts';
import { createOutboxCard } from './outbox/telling.ts';

/** Has those who are told of the connector's incidents told of a change too, in each of these conversations once. */
export async function noteChange(
  tx: Queryable,
  { id: connectorId }: Pick<Connector, 'id'>,
  { note, conversationIds, now }: { note: Note; conversationIds: string[]; now: number },
): Promise<void> {
  for (const conversationId of new Set(conversationIds))
    await createOutboxCard(tx, { kind: 'note', connectorId, conversationId, subject: note }, now);
}
