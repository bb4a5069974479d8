import type { Connector, Health } from '../../ingestion/connector/connector.ts';
import type { Closing, Incident } from '../../ingestion/connector/incident.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import type { Trend } from '../../ingestion/connector/trend.ts';
import { factsOf, type Leg, type Reason } from '../../ingestion/reasons.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import { instant } from '../kit/portal.ts';
import type { Card } from '../kit/template.ts';
import { code, facts, type Piece, paragraph, shown, strong } from '../kit/text.ts';
import { duration, moment, utc, utcMoment } from '../kit/times.ts';
import { behindWords } from '../words/behind.ts';
import { closingWords } from '../words/closings.ts';
import { dataAfter } from '../words/data.ts';
import { hintOf } from '../words/hints.ts';
import { retrying } from '../words/state.ts';
import { openActions, resolvedActions } from './incident-actions.ts';
import { problemBlock } from './problem.ts';
import { volumeElements } from './trend.ts';

/** What the card of one incident is drawn of; `portal` is the address of the cloud's portal. */
export type Told = { connector: Connector; incident: Incident; portal: string; now: number; trend?: Trend };

/** The alert of one connector: what broke, who is on it and what to do; once resolved the same card says so calmly. */
export function incidentCard(told: Told): Card {
  const { incident } = told;
  if (incident.resolvedAt === null) return openedCard(told);
  return incident.closing ? closedCard(told, incident.closing) : resolvedCard(told, incident.resolvedAt);
}

function openedCard(told: Told): Card {
  const { connector, incident } = told;
  const { problem } = incident;
  const warning = problem.health === 'warning';
  return cardOf({
    fallback: incidentSummary(told),
    body: [
      header({
        title: `${warning ? '▲' : '✕'} ${hintOf(problem.reason).title}`,
        tone: warning ? 'warning' : 'attention',
        lines: [
          [strong(shown(connector.name)), ` · since ${moment(incident.beganAt)} (${utcMoment(incident.beganAt)})`],
        ],
      }),
      wayBlock(factsOf(problem.reason).leg, problem.health),
      ...courseOf(told),
      problemBlock(connector, problem),
      ...(told.trend ? volumeElements(told.trend) : []),
      ...[retrying(connector, incident.beganAt)].flatMap((asked) => (asked ? [paragraph(strong(asked))] : [])),
      ...factsWith([...soFar(incident), ...backlogFacts(told), ...connectionFacts(connector)]),
      ...missingIn(incident),
    ],
    actions: openActions(told),
  });
}

/** Who is on it, and what silence was asked for. */
function courseOf({ incident, connector, now }: Told): Card[] {
  const { acknowledged, problem } = incident;
  const snoozed = muteAt(incident.snoozed, now);
  const muted = muteAt(connector.muted, now);
  const lines: Piece[][] = [
    ...(acknowledged
      ? [onIt(acknowledged)]
      : problem.health === 'error'
        ? [['○ Nobody has acknowledged it yet.']]
        : []),
    ...(snoozed ? [[strong('◔ Snoozed'), ` until ${moment(snoozed.until)}, by ${shown(snoozed.by.name)}`]] : []),
    ...(muted ? [[strong('◔ Muted'), ` until ${moment(muted.until)}, by ${shown(muted.by.name)}`]] : []),
  ];
  return lines.map((line) => paragraph(...line));
}

/** Who has acknowledged it, and when. */
export function onIt({ by, at }: NonNullable<Incident['acknowledged']>): Piece[] {
  return [strong('✓ Acknowledged'), ` by ${shown(by.name)}, ${moment(at)}`];
}

/** All that went wrong, in order, where that is more than what is wrong now. */
function soFar({ reasons, problem }: Incident): [string, string][] {
  const others = reasons.filter((reason) => reason !== problem.reason);
  return others.length > 0 ? [['Before', others.map((reason) => hintOf(reason).title).join('; then: ')]] : [];
}

/** Somebody's deed ended it: nothing has recovered, and there is nothing to press but what shows the connector. */
function closedCard(told: Told, closing: Closing): Card {
  const { connector, incident, now } = told;
  const { title, since } = closingWords(closing);
  return cardOf({
    fallback: incidentSummary(told),
    body: [
      header({ title: [title], lines: [[strong(shown(connector.name)), ` ${since}`]] }),
      wayBlock(factsOf(incident.problem.reason).leg, incident.problem.health),
      ...whatItWas(incident),
      ...missingIn(incident),
      ...factsWith([...spanFacts(incident, incident.resolvedAt ?? now), ...connectionFacts(connector)]),
    ],
    actions: closing.cause === 'deleted' ? [] : resolvedActions(told),
  });
}

function resolvedCard(told: Told, resolvedAt: number): Card {
  const { connector, incident } = told;
  return cardOf({
    fallback: incidentSummary(told),
    body: [
      header({
        title: `✓ Recovered after ${duration(resolvedAt - incident.beganAt)}`,
        tone: 'good',
        lines: [[strong(shown(connector.name)), ' is well again']],
      }),
      wayBlock(null, 'ok'),
      ...whatItWas(incident),
      paragraph(dataAfter(connector, incident)),
      ...missingIn(incident),
      ...factsWith([...spanFacts(incident, resolvedAt), ...connectionFacts(connector)]),
    ],
    actions: resolvedActions(told),
  });
}

/** What it was, and who was on it. */
function whatItWas({ reasons, acknowledged }: Incident): Card[] {
  const all = reasons.map((reason) => hintOf(reason).title).join('; then: ');
  return [paragraph(strong('What it was: '), `${all}.`), ...(acknowledged ? [paragraph(...onIt(acknowledged))] : [])];
}

/** Where to hunt again: exactly, in UTC, and as a line of KQL. */
export function missingIn({ missing, resolvedAt }: Pick<Incident, 'missing' | 'resolvedAt'>): Card[] {
  if (!missing) return [];
  const to = missing.to ?? resolvedAt;
  const end = to === null ? 'now' : utcMoment(to);
  const until = to === null ? 'now()' : `datetime(${instant(to + 999)})`;
  return [
    paragraph(strong('Events may be missing '), `from ${utcMoment(missing.from)} to ${end}. To look there again:`),
    paragraph(code(`| where TimeGenerated between (datetime(${instant(missing.from)}) .. ${until})`)),
  ];
}

/** One sentence for notifications (`activity.summary`): plain text, not Markdown. */
export function incidentSummary({ connector, incident }: Omit<Told, 'now' | 'portal'>): string {
  const { title } = hintOf(incident.problem.reason);
  const name = shown(connector.name, 60);
  if (incident.resolvedAt === null) return `${name}: ${title}, since ${utc(incident.beganAt)}.`;
  if (incident.closing) return `${closingWords(incident.closing).title} (${name}). It was: ${title}.`;
  return `${name} has recovered after ${duration(incident.resolvedAt - incident.beganAt)}. It was: ${title}.`;
}

/** The way of the events, with a mark on the part that is in trouble. */
export function wayBlock(leg: Leg | null, health: Health): Card {
  const run = { type: 'TextRun', size: 'Medium' };
  const problem = { ...run, weight: 'Bolder', ...(health === 'warning' ? warningMark : errorMark) };
  const arrow = (part: Leg) => (leg === part ? problem : { ...run, isSubtle: true, text: ' → ' });
  const inlines = [
    { ...run, text: 'Okta' },
    arrow('Okta'),
    ...(leg === 'Patchbay' ? [problem] : []),
    { ...run, text: 'Patchbay' },
    arrow('Azure'),
    { ...run, text: 'Microsoft Sentinel' },
  ];
  return { type: 'RichTextBlock', inlines };
}

const warningMark = { color: 'Warning', text: ' ▲ ' };
const errorMark = { color: 'Attention', text: ' ✕ ' };

function spanFacts({ beganAt }: Incident, to: number): [string, string][] {
  return [
    ['From', `${moment(beganAt)} (${utcMoment(beganAt)})`],
    ['To', `${moment(to)} (${utcMoment(to)})`],
  ];
}

/** How late events are, where that is what is wrong. */
function backlogFacts({ connector, incident, now }: Told): [string, string][] {
  const late: Reason[] = ['falling-behind', 'rate-limited'];
  const words = late.includes(incident.problem.reason) ? behindWords(connector, now) : null;
  return words === null ? [] : [['Behind', words]];
}

function connectionFacts({ domain, settings, status }: Connector): [string, string][] {
  return [
    ['Okta domain', shown(domain)],
    ['Workspace', shown(settings.workspace.name)],
    ['Newest event', status.lastEventAt === null ? 'none yet' : moment(status.lastEventAt)],
  ];
}

/** Facts below a line. */
export function factsWith(rows: [string, string][]): Card[] {
  const [first, ...others] = facts(rows);
  return first ? [{ ...first, separator: true }, ...others] : [];
}
