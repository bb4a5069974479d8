import { silencePage } from '../../cards/dialogs/silence.ts';
import { namesOf } from '../../cards/words/names.ts';
import { responses } from '../../cards/words/responses.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Member } from '../../ingestion/connector/alert.ts';
import { snoozeAlert } from '../../ingestion/connector/alerts.ts';
import type { Person } from '../../ingestion/connector/connector.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { minutesIn, saidOf } from './duration.ts';
import { saveMute } from './mute.ts';
import { alertOf, onAlert, type Response, respondToAll } from './respond.ts';

/** Ends the silence of an alert, from its card. */
export const endSnooze = onAlert('end-snooze', ({ alert }, { person }) => snoozing(alert.id, { by: person, ms: null }));

/** Silences an alert, or the only connector that it tells of, for as long as is chosen. */
export const silenceDialog: Dialog = { open: openSilence, submit: submitSilence };

async function openSilence({ pool }: Backend, { tenantId, data }: DialogCall): Promise<DialogAnswer> {
  const found = await alertOf(pool, tenantId, data.incident);
  if (!found) return said(sentences.gone);
  const { alert, members } = found;
  const name = namesOf(members);
  if (alert.resolvedAt !== null) return said(responses.over(name));
  return { kind: 'card', title: name, card: silencePage(members, alert.id) };
}

async function submitSilence(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await alertOf(backend.pool, call.tenantId, call.data.incident);
  if (!found) return said(sentences.gone);
  const { alert, members } = found;
  const ms = minutesIn(call.data);
  if (ms === null) return said(responses.howLong);
  const until = backend.runtime.now() + ms;
  if (call.data.what === 'connector') return muteOnly(backend, members, { call, ms, until });
  const asked = { asker: call, ...snoozing(alert.id, { by: call.person, ms }) };
  const done = await respondToAll(backend, members, asked);
  if (done.kind === 'refused') return said(done.text);
  return said(done.value === 'over' ? responses.over(namesOf(members)) : inOne(responses.snoozed(until, call.zone)));
}

/** Others may have joined the alert since that was offered. */
async function muteOnly(
  backend: Backend,
  [only, ...others]: Member[],
  { call, ms, until }: { call: DialogCall; ms: number; until: number },
): Promise<DialogAnswer> {
  if (!only || others.length > 0) return said(responses.several);
  const { connector } = only;
  const done = await saveMute(backend, connector, { asker: call, ms });
  return said(done.kind === 'refused' ? done.text : inOne(responses.muted(connector.name, until, call.zone)));
}

const inOne = ({ title, text }: { title: string; text: string }) => `${title}. ${text}`;

function snoozing(id: string, { by, ms }: { by: Person; ms: number | null }): Response {
  return {
    action: 'snooze',
    async work(tx, now) {
      const result = await snoozeAlert(tx, id, { by, until: ms === null ? null : now + ms, now });
      return result === 'done' ? saidOf(ms) : result;
    },
  };
}
