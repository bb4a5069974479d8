import type { Card } from '../../cards/kit/template.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { findOutboxCard } from '../../ingestion/connector/outbox.ts';
import { retryNow } from '../../ingestion/connector/owner-requests.ts';
import { auditDeed, deedOn, doAllowed, turnDeadline } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { drawOutboxCard } from '../teams/card-drawing.ts';
import { showEverybody } from '../teams/reply.ts';
import { type Button, onConnector, type Press } from './button.ts';
import { statusOf } from './status.ts';

/** Tries again at once: the failed step of a connector being built, or its poll. Takes the rights of an owner. */
export const retry: Button = {
  verb: 'retry',
  press: onConnector(async (backend, connector, press) => {
    const { runtime } = backend;
    const deed = deedOn(connector, { asker: press, action: 'retry', deadline: turnDeadline(runtime) });
    const done = await doAllowed(backend, deed, async (tx) => {
      await retryNow(tx, connector.id, runtime.now());
      await auditDeed(tx, deed, { result: 'due at once', now: runtime.now() });
    });
    if (done.kind === 'refused') return done.text;
    return pressedCard(backend, connector, press);
  }),
};

/** The card that was pressed, as it looks now: a card is answered with a card, or it would show empty. */
export async function pressedCard(
  backend: Backend,
  connector: Connector,
  { conversationId, context }: Press,
): Promise<Card> {
  const outboxCard = await findOutboxCard(backend.pool, conversationId, context.activity.replyToId ?? '');
  const drawn = outboxCard && (await drawOutboxCard(backend, outboxCard));
  if (drawn) return drawn.card;
  const card = await statusOf(backend, connector);
  await showEverybody(context, card, backend.log);
  return card;
}
