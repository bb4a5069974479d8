import type { Card } from '../../cards/kit/template.ts';
import { nowhere } from '../../cards/messages/alert-places.ts';
import { statusCard } from '../../cards/messages/status.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { readLastChanges } from '../../ingestion/connector/audit.ts';
import { readSent } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, stateOf } from '../../ingestion/connector/connector.ts';
import { listFeeding } from '../../ingestion/connector/connectors.ts';
import { getHealthRule } from '../../ingestion/connector/health-rules.ts';
import { listIncidentsOf } from '../../ingestion/connector/incident.ts';
import { listOlderFeeds } from '../../ingestion/connector/older-feeds.ts';
import { readTraffic } from '../../ingestion/connector/statistics.ts';
import { readTrend } from '../../ingestion/connector/trend.ts';
import { readBudget } from '../../ingestion/okta/rate-budget.ts';
import { readKeptAt } from '../../ingestion/secrets/secrets.ts';
import { connectorOf } from '../authorization.ts';
import { alertPlacesOf } from '../teams/alert-places.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogCall, said } from '../teams/dialog.ts';
import { showEverybody } from '../teams/reply.ts';
import { type Button, onConnector } from './button.ts';
import { aboutConnector } from './command.ts';

/** How the connector stands, as a message; a button of it brings it up to date. */
export const status = aboutConnector(
  { word: 'status', usage: 'status <name>', what: 'How one connector stands, and what to do' },
  statusOf,
);

/** The card as it looks now, for everybody who sees it. */
export const refreshStatus: Button = {
  verb: 'status',
  press: onConnector(async (backend, connector, { context }) => {
    const card = await statusOf(backend, connector);
    await showEverybody(context, card, backend.log);
    return card;
  }),
};

/** The status as a page, so that the card from which it is opened stays as it is. */
export const statusDialog: Dialog = { open: openStatus, submit: openStatus };

async function openStatus(backend: Backend, { tenantId, data }: DialogCall) {
  const connector = await connectorOf(backend.pool, tenantId, data.connector);
  if (!connector || stateOf(connector) === 'deleting') return said(sentences.gone);
  return { kind: 'card' as const, title: connector.name, card: await drawStatus(backend, connector, true) };
}

/** How a connector stands, as a message. */
export function statusOf(backend: Backend, connector: Connector): Promise<Card> {
  return drawStatus(backend, connector, false);
}

/** What a look for older connectors has found is told until the second look after it. */
const olderFeedsToldMs = 2 * 86_400_000;

/** So many of its last incidents are told. */
const mostTold = 4;

async function drawStatus(
  { pool, runtime, tokenAgeDays }: Backend,
  connector: Connector,
  inDialog: boolean,
): Promise<Card> {
  const now = runtime.now();
  const { id, tenantId, domain, settings } = connector;
  const fed = { tenantId, domain, workspaceId: settings.workspace.id, but: id };
  const [lastHour, reporting, checkpoint, trend, budget, incidents, changes, places, feeding, olderFeeds, keptAt] =
    await Promise.all([
      readTraffic(pool, id, now - 3_600_000),
      getHealthRule(pool, settings.workspace.id.toLowerCase()),
      readSent(pool, [id]).then((sent) => sent.get(id) ?? null),
      readTrend(pool, connector, now),
      readBudget(pool, domain, now),
      listIncidentsOf(pool, id, mostTold),
      readLastChanges(pool, [id]),
      alertPlacesOf(pool, [connector]),
      listFeeding(pool, fed),
      listOlderFeeds(pool, id, { workspaceId: fed.workspaceId, since: now - olderFeedsToldMs }),
      readKeptAt(pool, settings.keyId),
    ]);
  const sent = { checkpoint, lastHour, trend, budget, alsoFedBy: feeding.map(({ name }) => name), olderFeeds };
  const told = { reporting, incidents, changed: changes.get(id) ?? null, places: places.get(id) ?? nowhere };
  const token = { keptAt, ageDays: tokenAgeDays };
  return statusCard({ connector, token, state: stateOf(connector), ...sent, ...told, inDialog, now });
}
