import type { Card } from '../../cards/kit/template.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { findOutboxCard } from '../../ingestion/connector/outbox.ts';
import { retryNow } from '../../ingestion/connector/owner-requests.ts';
import { refusalOn } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { drawOutboxCard } from '../teams/card-delivery.ts';
import { type Button, onConnector, type Press } from './button.ts';
import { statusOf } from './status.ts';

/** Tries again at once: the failed step of a connector being built, or its poll. Takes the rights of an owner. */
export const retry: Button = {
  verb: 'retry',
  press: onConnector(async (backend, connector, press) => {
    const { runtime, pool } = backend;
    const { tenantId, person, activityId } = press;
    const { workspace } = connector.settings;
    const refusal = await refusalOn(backend, { person, workspace, needs: ownerNeeds });
    const result = refusal ? 'refused' : 'due at once';
    await audit(
      pool,
      { tenantId, actor: person, action: 'retry', target: connector.name, result, activityId },
      runtime.now(),
    );
    if (refusal) return refusal;
    await retryNow(pool, connector.id, runtime.now());
    return pressedCard(backend, connector, press);
  }),
};

/** The card that was pressed, as it looks now: a card is answered with a card, or it would show empty. */
async function pressedCard(backend: Backend, connector: Connector, { conversationId, context }: Press): Promise<Card> {
  const outboxCard = await findOutboxCard(backend.pool, conversationId, context.activity.replyToId ?? '');
  const drawn = outboxCard && (await drawOutboxCard(backend, outboxCard));
  return drawn ? drawn.card : statusOf(backend, connector);
}
