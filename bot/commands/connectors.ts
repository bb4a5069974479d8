import type { Card } from '../../cards/kit/template.ts';
import { nowhere } from '../../cards/messages/alert-places.ts';
import { connectorsCard, pageOf, pageSize } from '../../cards/messages/connectors.ts';
import { readLastChanges } from '../../ingestion/connector/audit.ts';
import { readSent } from '../../ingestion/connector/checkpoint.ts';
import { stateOf } from '../../ingestion/connector/connector.ts';
import { countConnectors, listWorst } from '../../ingestion/connector/directory.ts';
import { readLastIncidents } from '../../ingestion/connector/incident.ts';
import { alertPlacesOf } from '../teams/alert-places.ts';
import type { Backend } from '../teams/backend.ts';
import { withoutEnding } from '../teams/message-text.ts';
import { type Button, pageIn } from './button.ts';
import type { Command } from './command.ts';

/** All connectors of the tenant, or those that the argument is found in, a page at a time. */
export const connectors: Command = {
  word: 'connectors',
  usage: 'connectors [text]',
  what: 'My connectors, worst first',
  run: (backend, { tenantId, argument }) =>
    connectorsPage(backend, tenantId, { page: 1, filter: withoutEnding(argument) }),
};

/** Previous, Next, Find and Show all. */
export const turnConnectors: Button = {
  verb: 'connectors',
  press: (backend, { tenantId, data }) =>
    connectorsPage(backend, tenantId, { page: pageIn(data), filter: data.all ? '' : String(data.filter ?? '').trim() }),
};

/** One page of My connectors: those whose name, domain or workspace holds the filter. Only what stands on it is read. */
async function connectorsPage(
  { pool, runtime }: Backend,
  tenantId: string,
  { page: wanted, filter }: { page: number; filter: string },
): Promise<Card> {
  const part = { tenantId, filter };
  const counts = await countConnectors(pool, part);
  const { page } = pageOf(counts, wanted);
  const listed = await listWorst(pool, part, { offset: (page - 1) * pageSize, most: pageSize });
  const ids = listed.map(({ id }) => id);
  const [sent, incidents, changes, places] = await Promise.all([
    readSent(pool, ids),
    readLastIncidents(pool, ids),
    readLastChanges(pool, ids),
    alertPlacesOf(pool, listed),
  ]);
  const rows = listed.map((connector) => ({
    connector,
    state: stateOf(connector),
    checkpoint: sent.get(connector.id) ?? null,
    incident: incidents.get(connector.id) ?? null,
    changed: changes.get(connector.id) ?? null,
    places: places.get(connector.id) ?? nowhere,
  }));
  return connectorsCard({ rows, counts, page, filter, now: runtime.now() });
}
