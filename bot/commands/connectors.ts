import type { Card } from '../../cards/kit/template.ts';
import { connectorsCard } from '../../cards/messages/connectors.ts';
import { readSent } from '../../ingestion/connector/checkpoint.ts';
import { stateOf } from '../../ingestion/connector/connector.ts';
import { listConnectors } from '../../ingestion/connector/connectors.ts';
import type { Backend } from '../backend.ts';
import { type Button, pageIn } from './button.ts';
import type { Command } from './command.ts';

/** All connectors of the tenant, or those that the argument is found in, a page at a time. */
export const connectors: Command = {
  word: 'connectors',
  usage: 'connectors [text]',
  what: 'My connectors, worst first',
  run: (backend, { tenantId, argument }) => connectorsPage(backend, tenantId, { page: 1, filter: argument }),
};

/** Previous and Next. */
export const turnConnectors: Button = {
  verb: 'connectors',
  press: (backend, { tenantId, data }) =>
    connectorsPage(backend, tenantId, { page: pageIn(data), filter: String(data.filter ?? '') }),
};

/** One page of My connectors: those whose name, domain or workspace holds the filter. */
async function connectorsPage(
  { pool, runtime }: Backend,
  tenantId: string,
  { page, filter }: { page: number; filter: string },
): Promise<Card> {
  const wanted = filter.toLowerCase();
  const matching = (await listConnectors(pool, tenantId)).filter(({ name, domain, settings }) =>
    [name, domain, settings.workspace.name].some((text) => text.toLowerCase().includes(wanted)),
  );
  const ids = matching.map(({ id }) => id);
  const sent = await readSent(pool, ids);
  const views = matching.map((connector) => ({
    connector,
    checkpoint: sent.get(connector.id) ?? null,
    state: stateOf(connector),
  }));
  return connectorsCard({ connectors: views, page, filter, now: runtime.now() });
}
