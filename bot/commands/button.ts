import type { TurnContext } from 'botbuilder';
import type { Card } from '../../cards/kit/template.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { connectorOf } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';

/** A press: by whom and where, on the message that the turn replies to, with what the card sent. The data gives no right. */
export type Press = Asker & { data: Record<string, unknown>; context: TurnContext };

/** A card in the place of the one that was pressed; or a sentence beside it, which leaves it as it is: why not. */
export type Pressed = Card | string;

/** A button by the verb that it sends. What its press throws is a bug; its presser reads a reference to it beside the card. */
export type Button = { verb: string; press(backend: Backend, press: Press): Promise<Pressed> };

/** A press about the connector that the card names; when that is gone, the presser is told so. */
export function onConnector(
  press: (backend: Backend, connector: Connector, press: Press) => Promise<Pressed>,
): Button['press'] {
  return async (backend, given) => {
    const connector = await connectorOf(backend.pool, given.tenantId, given.data.connector);
    return connector ? press(backend, connector, given) : sentences.gone;
  };
}

/** The page that a card asks for, counted from 1. */
export function pageIn({ page }: Record<string, unknown>): number {
  return Number.isInteger(page) ? Number(page) : 1;
}
