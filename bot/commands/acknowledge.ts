import type { Card } from '../../cards/kit/template.ts';
import { choiceCard } from '../../cards/messages/choice.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { responses } from '../../cards/words/responses.ts';
import type { Connector, Person } from '../../ingestion/connector/connector.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { getOpenIncident, listOpenIncidents } from '../../ingestion/connector/incident.ts';
import { acknowledgeIncident } from '../../ingestion/connector/incidents.ts';
import type { Backend } from '../backend.ts';
import type { Asker } from '../teams/asker.ts';
import { aboutConnector, type Command, type CommandCall } from './command.ts';
import { onIncident, type Response, respond } from './respond.ts';

/** Says on an incident’s card who is on it. */
export const acknowledge = onIncident('acknowledge', ({ id }, { person }) => acknowledging(id, person));

function acknowledging(id: string, by: Person): Response {
  return { action: 'acknowledge', work: (tx, now) => acknowledgeIncident(tx, id, { by, now }) };
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
  const open = await listOpenIncidents(pool, call.tenantId, offered + 1);
  const found = await Promise.all(open.map(({ connectorId }) => getConnector(pool, connectorId)));
  const choices = found.filter((connector) => connector !== null);
  const [only] = choices;
  if (!only) return noticeCard(responses.noneOpen);
  if (choices.length === 1) return acknowledgeOf(backend, only, call);
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

async function acknowledgeOf(backend: Backend, connector: Connector, asker: Asker): Promise<Card> {
  const { name } = connector;
  const open = await getOpenIncident(backend.pool, connector.id);
  if (!open) return noticeCard(responses.nothingOpen(name));
  const done = await respond(backend, connector, { asker, ...acknowledging(open.id, asker.person) });
  if (done.kind === 'refused') return noticeCard(responses.refused(done.text));
  const before = done.value === 'already' && open.acknowledged;
  return noticeCard(
    before
      ? responses.acknowledgedBefore(name, before.by.name, { time: before.at, zone: asker.zone })
      : responses.acknowledged(name),
  );
}
