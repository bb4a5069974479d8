import type { TurnContext } from 'botbuilder';
import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { connectorOf } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import type { Asker } from '../teams/asker.ts';

/** A press: by whom and where, on the message that the turn replies to, with what the card sent. The data gives no right. */
export type Press = Asker & { data: Record<string, unknown>; context: TurnContext };

/** A button that answers with a card in the place of the one that was pressed, by the verb that it sends. */
export type Button = { verb: string; press(backend: Backend, press: Press): Promise<Card> };

/** A press about the connector that the card names; when that is gone, the card says so. */
export function onConnector(
  press: (backend: Backend, connector: Connector, press: Press) => Promise<Card>,
): Button['press'] {
  return async (backend, given) => {
    const connector = await connectorOf(backend.pool, given.tenantId, given.data.connector);
    return connector
      ? press(backend, connector, given)
      : noticeCard({ title: 'Gone', text: sentences.gone, tone: 'warning' });
  };
}

/** The page that a card asks for, counted from 1. */
export function pageIn({ page }: Record<string, unknown>): number {
  return Number.isInteger(page) ? Number(page) : 1;
}
