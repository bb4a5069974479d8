import { audit, bot } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { listConnectors } from '../../ingestion/connector/connectors.ts';
import { listToldElsewhere, type OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { reviveOutboxCards, type SetAside, setAside } from '../../ingestion/connector/outbox/closed-place.ts';
import { tellPlaces } from '../../ingestion/connector/outbox/telling.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import type { Backend } from './backend.ts';
import { type Conversation, closeConversation, getConversation, openConversation } from './conversations.ts';
import type { Sender } from './proactive.ts';
import { findSecondPlaces } from './second-place.ts';
import type { Failure } from './send-failure.ts';

type Parts = Sender & Pick<Backend, 'runtime' | 'pool' | 'log'>;

/** A closed place is tried again so often: apps are allowed again, people unblock. */
export const againMs = 24 * 3_600_000;
/** Where no other place could be found, it is looked for again after this time. */
const placelessMs = 15 * 60_000;

/** Teams says that the bot may not speak there: it rests, whoever is to know is told elsewhere, and the audit has it. */
export async function closePlace(
  parts: Parts,
  conversation: Conversation,
  { status, code }: Pick<Failure, 'status' | 'code'>,
): Promise<void> {
  const { pool, runtime } = parts;
  const { id, tenantId, name } = conversation;
  const now = runtime.now();
  await transaction(pool, async (tx) => {
    await closeConversation(tx, id, { status, code, now });
    const result = `undeliverable: ${status} ${code}`;
    if (!conversation.closed)
      await audit(
        tx,
        { tenantId, actor: bot, action: 'deliver', connectorId: null, target: name, result, conversationId: id },
        now,
      );
  });
  await restAside(parts, id, now + againMs);
}

/** What is to go to a closed place rests until it is tried again; the alerts among it are told elsewhere. */
export async function restAside(parts: Parts, conversationId: string, until: number): Promise<void> {
  const cards = await rest(parts, conversationId, until);
  const told = await Promise.all(cards.map((card) => tellElsewhere(parts, card)));
  if (told.includes(false)) await rest(parts, conversationId, parts.runtime.now() + placelessMs);
}

/** Not in a place that is open again by now: there, all is due. */
function rest({ pool }: Parts, conversationId: string, until: number): Promise<SetAside[]> {
  return transaction(pool, async (tx) => {
    const conversation = await getConversation(tx, conversationId);
    return conversation?.closed ? setAside(tx, conversationId, until) : [];
  });
}

/**
 * Has an alert told in another place, as far as it is told nowhere else yet: of each connector in its own conversation or those that
 * take all alerts, else to its owner. False when there is none for one of them.
 */
export async function tellElsewhere(
  parts: Parts,
  { alertId, connectorIds, conversationId }: SetAside | OutboxCard,
): Promise<boolean> {
  const { pool, runtime } = parts;
  if (!alertId) return true;
  const told = await listToldElsewhere(pool, { alertId, conversationId });
  const left = await listConnectors(
    pool,
    connectorIds.filter((id) => !told.has(id)),
  );
  let found = true;
  for (const alike of Map.groupBy(left, placesBy).values()) {
    const [connector] = alike;
    const places = connector ? await findSecondPlaces(parts, connector, conversationId) : [];
    const ids = alike.map(({ id }) => id);
    for (const place of places)
      await tellPlaces(pool, { alertId, connectorIds: ids, places: [place], insteadOf: conversationId }, runtime.now());
    found &&= places.length > 0;
  }
  return found;
}

/** Connectors that are alike in this are told in the same places. */
function placesBy({ settings }: Connector): string {
  return `${settings.conversationId} ${settings.createdBy.id}`;
}

/** Something was sent to a place that had been closed, or is heard of from there: what it was not told of is due, as one card. */
export async function comeBack(tx: Queryable, conversationId: string, now: number): Promise<void> {
  await openConversation(tx, conversationId, null);
  await reviveOutboxCards(tx, conversationId, now);
}
