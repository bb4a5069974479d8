import type { Card } from '../../cards/kit/template.ts';
import { alertsCard } from '../../cards/messages/alerts.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { responses } from '../../cards/words/responses.ts';
import {
  countOpenAlerts,
  listMembers,
  listOpenAlerts,
  type Member,
  stillOpen,
} from '../../ingestion/connector/alert.ts';
import { countByConversation } from '../../ingestion/connector/directory.ts';
import { tellLate } from '../../ingestion/connector/outbox/closed-place.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { type AlertFilter, type AlertRules, takesAlert } from '../teams/alert-rules.ts';
import type { Backend } from '../teams/backend.ts';
import { setAlerts, setQuietHours } from '../teams/conversations.ts';
import { listPlaces } from '../teams/told-places.ts';
import { type AlertsRequest, alertsRequest } from './alerts-request.ts';
import type { Command, CommandCall } from './command.ts';
import { respondHere } from './respond.ts';

/** Which alerts come to this conversation, and when, for those who may answer incidents on every workspace. */
export const alerts: Command = {
  word: 'alerts',
  usage: 'alerts here|off|quiet|list',
  what: 'Choose which alerts come here, and when',
  async run(backend, call) {
    const request = alertsRequest(call.argument);
    if (request.kind === 'unclear') return noticeCard(responses.alertsUnclear);
    if (request.kind === 'list') return drawAlerts(backend, call);
    const refusal = await respondHere(backend, call, {
      action: 'alerts',
      async work(tx, now) {
        await save(tx, call, request);
        if (request.kind === 'here') await tellOpen(tx, call, { filter: request.filter, now });
        return call.argument.slice(0, 100);
      },
    });
    return refusal ? noticeCard(responses.refused(refusal)) : drawAlerts(backend, call);
  },
};

async function save(tx: Queryable, { conversation: { id }, zone }: CommandCall, request: AlertsRequest): Promise<void> {
  if (request.kind === 'here') await setAlerts(tx, id, { alerts: true, filter: request.filter });
  if (request.kind === 'off') await setAlerts(tx, id, { alerts: false, filter: null });
  if (request.kind === 'quiet') await setQuietHours(tx, id, { from: request.from, to: request.to, zone });
  if (request.kind === 'quiet off') await setQuietHours(tx, id, null);
}

/** So many alerts are told of at once; whoever has more open is in need of the list of connectors. */
const most = 40;

/** The place is told of what is open already, as far as it takes it. */
async function tellOpen(
  tx: Queryable,
  { tenantId, conversation }: CommandCall,
  { filter, now }: { filter: AlertFilter | null; now: number },
): Promise<void> {
  const rules = { ...conversation, alerts: true, filter };
  const alerts: { id: string; connectorIds: string[] }[] = [];
  for (const { id } of await listOpenAlerts(tx, tenantId, most)) {
    const taken = stillOpen(await listMembers(tx, id)).filter((member) => isTaken(rules, member));
    if (taken.length > 0) alerts.push({ id, connectorIds: taken.map(({ connector }) => connector.id) });
  }
  await tellLate(tx, conversation.id, { alerts, now });
}

function isTaken(rules: AlertRules, { connector, incident }: Member): boolean {
  return takesAlert(rules, connector, incident.problem);
}

/** How it stands here, and where else alerts go. */
async function drawAlerts({ pool, runtime }: Backend, { tenantId, conversation }: CommandCall): Promise<Card> {
  const chosen = await countByConversation(pool, tenantId);
  const known = await listPlaces(pool, tenantId, [...chosen.keys()]);
  const places = known.map((place) => {
    const undeliverableSince = place.closed?.since ?? place.missingSince;
    return { ...place, connectors: chosen.get(place.id) ?? 0, undeliverableSince };
  });
  const here = places.find(({ id }) => id === conversation.id) ?? null;
  const elsewhere = places.filter((place) => place !== here && (place.alerts || place.connectors > 0));
  // Whose personal chats they are is nobody's business.
  const others = elsewhere.filter(({ kind }) => kind !== 'personal');
  const chats = elsewhere.length - others.length;
  const open = await countOpenAlerts(pool, tenantId);
  // A personal chat bears the name of whoever reads this.
  const name = conversation.kind === 'personal' ? '' : conversation.name;
  return alertsCard({ name, here, others, chats, open, now: runtime.now() });
}
