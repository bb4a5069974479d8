import type { Card } from '../../cards/kit/template.ts';
import { pauseSentences } from '../../cards/words/pause.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { getAlertCard } from '../../ingestion/connector/outbox/card.ts';
import { retryAllNow, retryNow } from '../../ingestion/connector/owner-requests.ts';
import { auditDeed, connectorOf, deedOn, doAllowed, turnDeadline } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { drawOutboxCard } from '../teams/card-drawing.ts';
import { type Dialog, type DialogCall, said } from '../teams/dialog.ts';
import { findPressed } from '../teams/pressed.ts';
import { showEverybody } from '../teams/reply.ts';
import { drawnFor } from '../teams/viewers.ts';
import { type Button, onConnector, type Press } from './button.ts';
import { aboutConnector } from './command.ts';
import { alertNow, alertOf, deedsOn } from './respond.ts';
import { statusOf } from './status.ts';

/** Tries again at once: the failed step of a connector being built, or its poll. Takes the rights of an owner. */
export const retry = aboutConnector(
  {
    word: 'retry',
    takes: 'change',
    usage: 'retry <name>',
    what: 'Try again at once what failed, and repair what is gone',
  },
  async (backend, connector, asker) => {
    const refusal = await tryAgain(backend, connector, asker);
    if (refusal) return refusal;
    return statusOf(backend, (await getConnector(backend.pool, connector.id)) ?? connector);
  },
);

/** The button Retry, or Repair: the card on which it was pressed says at once that it began, and for whom. */
export const retryButton: Button = {
  verb: 'retry',
  press: (backend, press) => (press.data.incident === undefined ? retryOne : retryAll)(backend, press),
};

const retryOne = onConnector(async (backend, connector, press) => {
  const refusal = await tryAgain(backend, connector, press);
  if (refusal) return refusal;
  return pressedCard(backend, (await getConnector(backend.pool, connector.id)) ?? connector, press);
});

/** All that fail of those that the alert's card tells of in this place: for whoever may change each of them, else none. */
const retryAll: Button['press'] = async (backend, press) => {
  const { pool, runtime } = backend;
  const found = await alertOf(pool, press.tenantId, press.data.incident);
  const own = found && (await getAlertCard(pool, { alertId: found.alert.id, conversationId: press.conversationId }));
  const members = (found?.members ?? []).filter(
    ({ connector }) => connector.desired === 'run' && own?.connectorIds.includes(connector.id),
  );
  if (!found || members.length === 0) return sentences.gone;
  const { deed, each } = deedsOn(members, { asker: press, action: 'retry', deadline: turnDeadline(runtime) });
  const now = runtime.now();
  const done = await doAllowed(backend, deed, async (tx) => {
    await retryAllNow(
      tx,
      members.map(({ connector }) => connector.id),
      { by: press.person, now },
    );
    for (const one of each) await auditDeed(tx, one, { result: 'due at once', now });
  });
  return done.kind === 'refused' ? done.text : alertNow(backend, found.alert.id, press);
};

/** The same by a button of a dialog, which ends with what it has come to. */
export const retryDialog: Dialog = { open: retryInDialog, submit: retryInDialog };

async function retryInDialog(backend: Backend, call: DialogCall) {
  const connector = await connectorOf(backend.pool, call.tenantId, call.data.connector);
  if (!connector) return said(sentences.gone);
  return said((await tryAgain(backend, connector, call)) ?? sentences.retryBegan(connector.name));
}

/** Null when it began; else the sentence that says why not. */
async function tryAgain(backend: Backend, connector: Connector, asker: Asker): Promise<string | null> {
  if (connector.desired === 'pause') return pauseSentences.noRetry(connector.name);
  const { runtime } = backend;
  const deed = deedOn(connector, { asker, action: 'retry', deadline: turnDeadline(runtime) });
  const done = await doAllowed(backend, deed, async (tx) => {
    await retryNow(tx, connector.id, { by: asker.person, now: runtime.now() });
    await auditDeed(tx, deed, { result: 'due at once', now: runtime.now() });
  });
  return done.kind === 'refused' ? done.text : null;
}

/** The card that was pressed, as it looks now: a card is answered with a card, or it would show empty. */
export async function pressedCard(backend: Backend, connector: Connector, { data, context }: Press): Promise<Card> {
  const pressed = await findPressed(backend, context, data);
  const drawn = pressed && (await drawOutboxCard(backend, pressed));
  if (drawn) return drawnFor(backend.viewers, pressed, drawn).card;
  const card = await statusOf(backend, connector);
  await showEverybody(context, card, backend.log);
  return card;
}
