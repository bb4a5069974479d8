import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { executeAction, manageAction, pauseAction, pauseSubmit, retryAction, retrySubmit } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { colored, facts, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import { borneWords, firstRowsWords } from '../words/first-rows.ts';
import { incidentMessage } from '../words/health-messages.ts';
import { hintOf } from '../words/hints.ts';
import { appearanceOf, problemOf, retrying, type Stopping } from '../words/state.ts';
import { closedWords } from './alert-places.ts';
import { problemBlock } from './problem.ts';
import { type Status, statusRows } from './status-facts.ts';
import { trendElements } from './trend.ts';

/** Everything about one connector: how it stands, what is wrong and what to do, what it has sent. */
export function statusCard(given: Status & { inDialog?: boolean }): Card {
  const { connector, state, now, inDialog = false } = given;
  const appearance = appearanceOf(connector, state, now);
  const name = shown(connector.name);
  const problem = problemOf(connector, state);
  return cardOf({
    fallback: `${name}: ${appearance.word}`,
    body: [
      header({
        title: [name],
        tone: appearance.tone,
        state: { text: `${appearance.mark} ${appearance.word}`, color: appearance.color },
      }),
      ...[retrying(connector, sinceOf(connector, problem))].flatMap((asked) =>
        asked ? [paragraph(strong(asked))] : [],
      ),
      ...(problem ? [explained(connector, problem)] : []),
      ...awaited(given).map((text) => paragraph(text)),
      ...closedWords(given.places).map((text) => paragraph(colored(text, 'Warning'))),
      { type: 'Container', separator: problem !== null, spacing: 'Medium', items: facts(statusRows(given)) },
      ...messages(given.incidents),
      ...trendElements(given.trend),
      paragraph(subtle(`As of ${moment(now)}`)),
    ],
    actions: inDialog ? dialogActions(connector, problem) : actions(connector, problem),
  });
}

/** Since when it is wrong; 0 for what stops the building, which says no time. */
function sinceOf({ status }: Connector, problem: Stopping | null): number | null {
  if (!problem) return null;
  return problem === status.problem ? status.problem.since : 0;
}

/** What Pending waits for, and how long; and what is borne for now. */
function awaited({ connector, state }: Status): string[] {
  const { problem, finishedAt } = connector.provisioning;
  if (problem || state === 'paused' || state === 'deleting') return [];
  if (finishedAt === null && state === 'pending')
    return ['Patchbay is setting it up in Azure; the first rows come after that.'];
  const borne = connector.status.problem ? null : borneWords(connector);
  return borne ? [borne] : state === 'pending' ? [firstRowsWords(connector)] : [];
}

/** What was told of its health lately. */
function messages(incidents: Incident[]): Card[] {
  if (incidents.length === 0) return [];
  const title = { ...paragraph(strong('Last health messages')), spacing: 'Medium' };
  return [title, ...incidents.map((each) => ({ ...paragraph(incidentMessage(each)), spacing: 'Small' }))];
}

function actions(connector: Connector, problem: Stopping | null): Card[] {
  const data = { connector: connector.id };
  return [
    executeAction('status', 'Refresh', data),
    executeAction('verify', 'Verify', data),
    ...(problem && connector.desired !== 'pause' ? [retryAction(connector, problem)] : []),
    ...(connector.desired === 'delete' ? [] : [manageAction(connector), pauseAction(connector)]),
    { type: 'Action.Submit', title: 'Delete…', data: { msteams: { type: 'task/fetch' }, dialog: 'delete', ...data } },
  ];
}

/** In a dialog nothing but Submit works: `open` asks for another dialog's first page. */
function dialogActions(connector: Connector, problem: Stopping | null): Card[] {
  const { id } = connector;
  return [
    { type: 'Action.Submit', title: 'Refresh', data: { dialog: 'status', connector: id } },
    ...(problem && connector.desired !== 'pause' ? [retrySubmit(connector, problem)] : []),
    { type: 'Action.Submit', title: 'Manage…', data: { dialog: 'manage', connector: id, open: true } },
    pauseSubmit(connector),
    { type: 'Action.Submit', title: 'Delete…', data: { dialog: 'delete', connector: id, open: true } },
  ];
}

function explained(connector: Connector, problem: Stopping): Card {
  const { status } = connector;
  const since = problem === status.problem ? `, since ${moment(status.problem.since)}` : '';
  const health = problem === status.problem ? status.problem.health : 'error';
  const title = { text: `${hintOf(problem.reason).title}${since}`, health };
  return problemBlock(connector, problem, title);
}
