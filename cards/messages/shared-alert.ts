import { type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import { factsOf } from '../../ingestion/reasons.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { facts, type Piece, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { duration, moment, utc, utcMoment } from '../kit/times.ts';
import { commonOf } from '../words/causes.ts';
import { closingWords } from '../words/closings.ts';
import { dataAfterAll } from '../words/data.ts';
import { hintOf } from '../words/hints.ts';
import { namesOf } from '../words/names.ts';
import { count } from '../words/numbers.ts';
import { retrying } from '../words/state.ts';
import { factsWith, missingIn, onIt, wayBlock } from './incident.ts';
import { beginning, end, missingOf } from './members.ts';
import { problemBlock } from './problem.ts';
import { sharedActions } from './shared-actions.ts';

type Given = { members: Member[]; portal: string; now: number };

/** So many connectors are named on a card, of those that fail and of those that were taken out of it. */
const named = 10;

/** The alert of several connectors that fail for the same cause: what they share, who they are, and how many are well again. */
export function sharedCard(given: Given): Card {
  return stillOpen(given.members).length > 0 ? openCard(given) : overCard(given);
}

/** One sentence for notifications. */
export function sharedSummary({ members }: Pick<Given, 'members'>): string {
  const open = stillOpen(members);
  const [lead] = open;
  if (lead) return `${namesOf(open)}: ${hintOf(lead.incident.problem.reason).title}, since ${utc(beginning(open))}.`;
  return `${namesOf(members)}: ${endWords(members)}. It was: ${reasonsOf(members)}.`;
}

function openCard(given: Given): Card {
  const { members, now } = given;
  const { listed, muted } = listedOf(members, now);
  const [lead] = listed;
  if (!lead) return overCard(given);
  const { reason, health } = lead.incident.problem;
  const well = members.length - stillOpen(members).length;
  const common = listed.map(({ connector, incident }) => commonOf(connector, incident.problem.reason)).find(Boolean);
  const from = beginning(listed);
  return cardOf({
    fallback: sharedSummary(given),
    body: [
      header({
        title: `${health === 'warning' ? '▲' : '✕'} ${hintOf(reason).title}`,
        tone: health === 'warning' ? 'warning' : 'attention',
        lines: [
          [strong(connectors(listed.length)), ` · since ${moment(from)} (${utcMoment(from)})`],
          ...(common ? [common] : []),
        ],
      }),
      wayBlock(factsOf(reason).leg, health),
      ...courseOf(lead.incident, now),
      ...rowsOf(listed),
      ...(well > 0
        ? [
            paragraph(
              strong('✓ '),
              `${count(well)} of ${count(members.length)} ${well === 1 ? 'is' : 'are'} well again.`,
            ),
          ]
        : []),
      ...mutedLine(muted),
      problemBlock(lead.connector, lead.incident.problem),
      ...retryLine(listed),
      ...missingIn({ missing: missingOf(members), resolvedAt: null }),
    ],
    actions: sharedActions({ ...given, members: listed }),
  });
}

/** Those that are news: muted ones are none, unless nothing else is open. */
function listedOf(members: Member[], now: number): { listed: Member[]; muted: Member[] } {
  const isMuted = ({ connector }: Member) => muteAt(connector.muted, now) !== null;
  const open = stillOpen(members);
  const heard = open.filter((member) => !isMuted(member));
  return heard.length > 0 ? { listed: heard, muted: open.filter(isMuted) } : { listed: open, muted: [] };
}

function courseOf({ acknowledged, snoozed, problem }: Incident, now: number): Card[] {
  const snooze = muteAt(snoozed, now);
  const lines: Piece[][] = [
    ...(acknowledged
      ? [onIt(acknowledged)]
      : problem.health === 'error'
        ? [['○ Nobody has acknowledged it yet.']]
        : []),
    ...(snooze ? [[strong('◔ Snoozed'), ` until ${moment(snooze.until)}, by ${shown(snooze.by.name)}`]] : []),
  ];
  return lines.map((line) => paragraph(...line));
}

/** Each with where it leads, since when, and what is wrong where that is something else than with the first. */
function rowsOf(listed: Member[]): Card[] {
  const [lead] = listed;
  const rows = listed.slice(0, named).map(({ connector, incident: { problem, beganAt } }): [string, string] => {
    const other = problem.reason === lead?.incident.problem.reason ? '' : `${hintOf(problem.reason).title}, `;
    const way = `${shown(connector.domain, 60)} → ${shown(connector.settings.workspace.name, 60)}`;
    return [shown(connector.name, 60), `${other}since ${moment(beganAt)} · ${way}`];
  });
  const left = listed.length - rows.length;
  const more = `and ${count(left)} more: say “connectors” to see all.`;
  return [...factsWith(rows), ...(left > 0 ? [paragraph(subtle(more))] : [])];
}

/** That it is so for them as well, and until when nobody wants to hear of it. */
function mutedLine(muted: Member[]): Card[] {
  if (muted.length === 0) return [];
  const until = Math.max(...muted.map(({ connector }) => connector.muted?.until ?? 0));
  return [
    paragraph(strong('◔ Muted: '), `${namesOf(muted)}, until ${moment(until)} at the latest; it is so there as well.`),
  ];
}

function retryLine(listed: Member[]): Card[] {
  const asked = listed.map(({ connector, incident }) => retrying(connector, incident.beganAt)).find(Boolean);
  return asked ? [paragraph(strong(asked))] : [];
}

function overCard({ members, portal, now }: Given): Card {
  const all = members.every(({ incident }) => incident.closing === null);
  const resolvedAt = end(members);
  const [lead] = members;
  return cardOf({
    fallback: sharedSummary({ members }),
    body: [
      header({
        title: all ? `✓ Recovered after ${duration(resolvedAt - beginning(members))}` : '○ Over',
        tone: all ? 'good' : 'default',
        lines: [all ? [strong(namesOf(members)), ' are well again'] : [strong(namesOf(members))]],
      }),
      wayBlock(null, 'ok'),
      paragraph(strong('What it was: '), `${reasonsOf(members)}.`),
      ...(lead?.incident.acknowledged ? [paragraph(...onIt(lead.incident.acknowledged))] : []),
      ...(all ? [] : [paragraph(`${sentence(endWords(members))}.`), ...closingRows(members)]),
      ...(lead && all ? [paragraph(dataAfterAll(members))] : []),
      ...missingIn({ missing: missingOf(members), resolvedAt }),
      ...factsWith([
        ['From', `${moment(beginning(members))} (${utcMoment(beginning(members))})`],
        ['To', `${moment(resolvedAt)} (${utcMoment(resolvedAt)})`],
      ]),
    ],
    actions: sharedActions({ members, portal, now }),
  });
}

/** What became of all of them, in words. */
function endWords(members: Member[]): string {
  const closed = members.filter(({ incident }) => incident.closing !== null).length;
  const lasted = duration(end(members) - beginning(members));
  const well = members.length - closed;
  if (closed === 0) return `all have recovered after ${lasted}`;
  return `over after ${lasted}: ${well} of ${members.length} are well again, and ${closed} were paused or deleted, or had a token tried`;
}

const sentence = (words: string) => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

function closingRows(members: Member[]): Card[] {
  const closed = members.flatMap(({ connector, incident: { closing } }): [string, string][] =>
    closing ? [[shown(connector.name, 60), closingWords(closing).deed]] : [],
  );
  return facts(closed.slice(0, named));
}

/** All that went wrong, each once. */
function reasonsOf(members: Member[]): string {
  const titles = members.flatMap(({ incident }) => incident.reasons.map((reason) => hintOf(reason).title));
  return [...new Set(titles)].join('; ');
}

function connectors(number: number): string {
  return `${count(number)} ${number === 1 ? 'connector' : 'connectors'}`;
}
