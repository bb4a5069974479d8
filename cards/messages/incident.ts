import type { Connector, Health } from '../../ingestion/connector/connector.ts';
import type { Closing, Incident } from '../../ingestion/connector/incidents.ts';
import { factsOf, type Leg } from '../../ingestion/reasons.ts';
import { remedyActions, statusAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { facts, paragraph, shown, strong } from '../kit/text.ts';
import { duration, moment, utc } from '../kit/times.ts';
import type { Hint } from '../words/hint.ts';
import { hintOf } from '../words/hints.ts';
import { retrying } from '../words/state.ts';
import template from './incident.json' with { type: 'json' };
import { problemBlock } from './problem.ts';

type Told = { connector: Connector; incident: Incident; now: number };

/** The alert in the channel: what broke and what to do; once resolved the same card says so calmly. */
export function incidentCard({ connector, incident, now }: Told): Card {
  return incident.resolvedAt === null
    ? openedCard(connector, incident, now)
    : incident.closing
      ? closedCard(connector, incident, { closing: incident.closing, closedAt: incident.resolvedAt })
      : resolvedCard(connector, incident, incident.resolvedAt);
}

/** How an incident is closed by somebody's deed: the title, and what is so of the connector since. */
const closings: Record<Closing['cause'], (who: string) => { title: string; since: string }> = {
  deleted: () => ({ title: 'Closed: the connector was deleted', since: 'no longer reads Okta' }),
  paused: (who) => ({ title: `Closed: paused by ${who}`, since: 'reads Okta again when it is resumed' }),
  resumed: (who) => ({ title: `Closed: resumed by ${who}`, since: 'goes on where it stopped' }),
  token: (who) => ({ title: `Closed: ${who} had a token tried at Okta`, since: 'is paused, and its token was used' }),
};

function wordsOf({ cause, by }: Closing): { title: string; since: string } {
  return closings[cause](shown(by.name, 60));
}

/** Somebody's deed ended it: nothing has recovered, and there is nothing to press but what shows the connector. */
function closedCard(
  connector: Connector,
  incident: Incident,
  { closing, closedAt }: { closing: Closing; closedAt: number },
): Card {
  const { title, since } = wordsOf(closing);
  return expand(template, {
    fallback: incidentSummary({ connector, incident, now: closedAt }),
    header: header({
      title: [title],
      tone: 'default',
      lines: [[strong(shown(connector.name)), ` ${since}`]],
    }),
    way: wayOf(factsOf(incident.problem.reason).leg, incident.problem.health),
    problem: [],
    paragraphs: [whatItWas(incident)],
    facts: facts([['From', moment(incident.openedAt)], ['To', moment(closedAt)], ...connectionRows(connector)]),
    actions: closing.cause === 'deleted' ? [] : [statusAction(connector, 'Status')],
  });
}

function openedCard(connector: Connector, incident: Incident, now: number): Card {
  const { problem } = incident;
  const hint = hintOf(problem.reason);
  const warning = problem.health === 'warning';
  return expand(template, {
    fallback: incidentSummary({ connector, incident, now }),
    header: header({
      title: `${warning ? '▲' : '✕'} ${hint.title}`,
      tone: warning ? 'warning' : 'attention',
      lines: [[strong(shown(connector.name)), ` · since ${moment(problem.since)}`]],
    }),
    way: wayOf(factsOf(problem.reason).leg, problem.health),
    problem: problemBlock(problem),
    paragraphs: [retrying(connector)].flatMap((asked) => (asked ? [paragraph(strong(asked))] : [])),
    facts: facts(connectionRows(connector)),
    actions: [...remedyActions(connector, problem), statusAction(connector, 'Status')],
  });
}

/** All that went wrong, in order. */
function whatItWas({ reasons }: Incident): Card {
  return paragraph(strong('What it was: '), `${reasons.map((reason) => hintOf(reason).title).join('; then: ')}.`);
}

const afterwards = new Map<Hint['data']['fate'], string>([
  ['delayed', 'Nothing was lost: Patchbay went on where it had stopped.'],
  ['may be lost', 'Events of that time may be missing in the workspace.'],
  ['not affected', 'Events are coming in as usual again.'],
]);

function resolvedCard(connector: Connector, incident: Incident, resolvedAt: number): Card {
  const { openedAt, reasons } = incident;
  const fates = reasons.map((reason) => hintOf(reason).data.fate);
  const worst = fates.includes('may be lost') ? 'may be lost' : fates.includes('delayed') ? 'delayed' : 'not affected';
  return expand(template, {
    fallback: incidentSummary({ connector, incident, now: resolvedAt }),
    header: header({
      title: `✓ Recovered after ${duration(resolvedAt - openedAt)}`,
      tone: 'good',
      lines: [[strong(shown(connector.name)), ' is well again']],
    }),
    way: wayOf(null, 'ok'),
    problem: [],
    paragraphs: [whatItWas(incident), paragraph(afterwards.get(worst) ?? '')],
    facts: facts([['From', moment(openedAt)], ['To', moment(resolvedAt)], ...connectionRows(connector)]),
    actions: [statusAction(connector, 'Status')],
  });
}

/** One sentence for notifications (`activity.summary`): plain text. */
export function incidentSummary({ connector, incident }: Told): string {
  const { title } = hintOf(incident.problem.reason);
  const name = shown(connector.name, 60);
  if (incident.resolvedAt === null) return `${name}: ${title}, since ${utc(incident.problem.since)}.`;
  if (incident.closing) return `${wordsOf(incident.closing).title} (${name}). It was: ${title}.`;
  return `${name} has recovered after ${duration(incident.resolvedAt - incident.openedAt)}. It was: ${title}.`;
}

/** The way of the events, with a mark on the part that is in trouble. */
function wayOf(leg: Leg | null, health: Health): Card[] {
  const run = { type: 'TextRun', size: 'Medium' };
  const problem = { ...run, weight: 'Bolder', ...(health === 'warning' ? warningMark : errorMark) };
  const arrow = (part: Leg) => (leg === part ? problem : { ...run, isSubtle: true, text: ' → ' });
  return [
    { ...run, text: 'Okta' },
    arrow('Okta'),
    ...(leg === 'Patchbay' ? [problem] : []),
    { ...run, text: 'Patchbay' },
    arrow('Azure'),
    { ...run, text: 'Microsoft Sentinel' },
  ];
}

const warningMark = { color: 'Warning', text: ' ▲ ' };
const errorMark = { color: 'Attention', text: ' ✕ ' };

function connectionRows({ domain, settings, status }: Connector): [string, string][] {
  const newest = status.lastEventAt === null ? 'none yet' : moment(status.lastEventAt);
  return [
    ['Okta domain', shown(domain)],
    ['Workspace', shown(settings.workspace.name)],
    ['Newest event', newest],
  ];
}
