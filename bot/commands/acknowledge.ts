import type { Card } from '../../cards/kit/template.ts';
import { choiceCard } from '../../cards/messages/choice.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { namesOf } from '../../cards/words/names.ts';
import { responses } from '../../cards/words/responses.ts';
import { listOpenAlerts } from '../../ingestion/connector/alert.ts';
import { acknowledgeAlert } from '../../ingestion/connector/alerts.ts';
import type { Connector, Person } from '../../ingestion/connector/connector.ts';
import { getOpenIncident } from '../../ingestion/connector/incident.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { aboutConnector, type Command, type CommandCall } from './command.ts';
import { alertOf, type Found, onAlert, type Response, respondToAll } from './respond.ts';

/** Says on an alert’s card who is on it. */
export const acknowledge = onAlert('acknowledge', ({ alert }, { person }) => acknowledging(alert.id, person));

function acknowledging(id: string, by: Person): Response {
  return { action: 'acknowledge', work: (tx, now) => acknowledgeAlert(tx, id, { by, now }) };
}

const named = aboutConnector(
  { word: 'ack', takes: 'answer', usage: 'ack [name]', what: 'Say that you are on an alert' },
  acknowledgeOf,
);

/** The same by its connector’s name; without a name of the only open one, or it asks which. */
export const ack: Command = {
  ...named,
  run: (backend, call) => (call.argument ? named.run(backend, call) : acknowledgeOnly(backend, call)),
};

async function acknowledgeOnly(backend: Backend, call: CommandCall): Promise<Card> {
  const { pool } = backend;
  const open = await listOpenAlerts(pool, call.tenantId, offered + 1);
  const found = await Promise.all(open.map(({ id }) => alertOf(pool, call.tenantId, id)));
  const [only, ...others] = found.filter((one) => one !== null);
  if (!only) return noticeCard(responses.noneOpen);
  if (others.length === 0) return acknowledgeFound(backend, only, call);
  const choices = [only, ...others].flatMap(({ members: [lead] }) => (lead ? [lead.connector] : []));
  const more = choices.length > offered;
  return choiceCard({
    word: 'ack',
    text: '',
    why: 'unnamed',
    choices: choices.slice(0, offered),
    more,
    all: choices.length,
  });
}

/** So many are offered to choose from. */
const offered = 5;

async function acknowledgeOf(backend: Backend, { id, name, tenantId }: Connector, asker: Asker): Promise<Card> {
  const open = await getOpenIncident(backend.pool, id);
  const found = open && (await alertOf(backend.pool, tenantId, open.alertId));
  return found ? acknowledgeFound(backend, found, asker) : noticeCard(responses.nothingOpen(name));
}

async function acknowledgeFound(backend: Backend, { alert, members }: Found, asker: Asker): Promise<Card> {
  const name = namesOf(members);
  const done = await respondToAll(backend, members, { asker, ...acknowledging(alert.id, asker.person) });
  if (done.kind === 'refused') return noticeCard(responses.refused(done.text));
  const before = done.value === 'already' && alert.acknowledged;
  return noticeCard(
    before
      ? responses.acknowledgedBefore(name, before.by.name, { time: before.at, zone: asker.zone })
      : responses.acknowledged(name),
  );
}
