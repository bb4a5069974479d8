import { getConnector } from '../../ingestion/connector/connectors.ts';
import { getIncident } from '../../ingestion/connector/incident.ts';
import type { OutboxCard } from '../../ingestion/connector/outbox-card.ts';
import type { Backend } from '../backend.ts';
import { holdOf } from './alert-rules.ts';
import type { Conversation } from './conversations.ts';

/** A silence may be ended, or made shorter, at any time: so often it is looked at again. */
const lookMs = 60_000;

/**
 * What becomes of the post of an incident's card or reply in a conversation that asked for silence: it is made now (null), looked
 * at again at a time (ms since the epoch), or never made.
 */
export async function holdOnPost(
  { pool, runtime }: Pick<Backend, 'pool' | 'runtime'>,
  { connectorId, incidentId, subject }: Pick<OutboxCard, 'connectorId' | 'incidentId' | 'subject'>,
  conversation: Conversation,
): Promise<number | 'never' | null> {
  const connector = connectorId && (await getConnector(pool, connectorId));
  const incident = incidentId && (await getIncident(pool, incidentId));
  if (!connector || !incident) return null;
  const now = runtime.now();
  const hold = holdOf(conversation, { connector, incident, subject }, now);
  return typeof hold === 'number' ? Math.min(hold, now + lookMs) : hold;
}
