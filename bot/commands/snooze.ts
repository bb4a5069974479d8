import { silencePage } from '../../cards/dialogs/silence.ts';
import { responses } from '../../cards/words/responses.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector, Person } from '../../ingestion/connector/connector.ts';
import { getIncident, type Incident } from '../../ingestion/connector/incident.ts';
import { snoozeIncident } from '../../ingestion/connector/incidents.ts';
import { connectorOf } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { minutesIn, saidOf } from './duration.ts';
import { saveMute } from './mute.ts';
import { onIncident, type Response, respond } from './respond.ts';

/** Ends the silence of an incident, from its card. */
export const endSnooze = onIncident('end-snooze', ({ id }, { person }) => snoozing(id, { by: person, ms: null }));

/** Silences an incident, or its connector, for as long as is chosen. */
export const silenceDialog: Dialog = { open: openSilence, submit: submitSilence };

async function openSilence(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findIncident(backend, call);
  if (!found) return said(sentences.gone);
  if (found.incident.resolvedAt !== null) return said(responses.over(found.connector.name));
  const { connector, incident } = found;
  return { kind: 'card', title: connector.name, card: silencePage(connector, incident.id) };
}

async function submitSilence(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findIncident(backend, call);
  if (!found) return said(sentences.gone);
  const { connector, incident } = found;
  const ms = minutesIn(call.data);
  if (ms === null) return said(responses.howLong);
  const whole = call.data.what === 'connector';
  const done = whole
    ? await saveMute(backend, connector, { asker: call, ms })
    : await respond(backend, connector, { asker: call, ...snoozing(incident.id, { by: call.person, ms }) });
  if (done.kind === 'refused') return said(done.text);
  const until = backend.runtime.now() + ms;
  if (whole) return said(inOne(responses.muted(connector.name, until, call.zone)));
  return said(done.value === 'over' ? responses.over(connector.name) : inOne(responses.snoozed(until, call.zone)));
}

const inOne = ({ title, text }: { title: string; text: string }) => `${title}. ${text}`;

function snoozing(id: string, { by, ms }: { by: Person; ms: number | null }): Response {
  return {
    action: 'snooze',
    async work(tx, now) {
      const result = await snoozeIncident(tx, id, { by, until: ms === null ? null : now + ms, now });
      return result === 'done' ? saidOf(ms) : result;
    },
  };
}

/** The incident that the card names, if it is of the tenant that asks. */
async function findIncident(
  { pool }: Backend,
  { tenantId, data }: DialogCall,
): Promise<{ incident: Incident; connector: Connector } | null> {
  const incident = await getIncident(pool, String(data.incident));
  const connector = incident && (await connectorOf(pool, tenantId, incident.connectorId));
  return connector ? { incident, connector } : null;
}
