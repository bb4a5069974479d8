import { type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import type { Closing, Incident } from '../../ingestion/connector/incident.ts';
import type { ReplySubject } from '../../ingestion/connector/reply-subject.ts';
import { cardOf } from '../kit/card.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';
import { duration, moment, utc, utcMoment } from '../kit/times.ts';
import { closingWords } from '../words/closings.ts';
import { dataAfterAll } from '../words/data.ts';
import { hintOf } from '../words/hints.ts';
import { namesOf } from '../words/names.ts';
import { beginning, end, missingOf } from './members.ts';

/** Those whose alert it is, never none: the worst and longest first. */
type Told = { members: Member[]; subject: ReplySubject };

/** How a time is written: in each reader’s own, or in UTC where no client fills it in. */
type Clock = (ms: number) => string;

/** What developed in an alert, as a message beside its card: the mark, then the words. */
export function replyCard(told: Told): Card {
  const { mark, text } = wordsOf(told, moment);
  return cardOf({ fallback: replySummary(told), body: [paragraph(strong(`${mark} `), text)] });
}

/** One sentence for the notification (`activity.summary`). */
export function replySummary(told: Told): string {
  return wordsOf(told, utc).text;
}

function wordsOf({ members, subject }: Told, at: Clock): { mark: string; text: string } {
  const open = stillOpen(members);
  const about = open.length > 0 ? open : members;
  const name = namesOf(about);
  const [lead] = about;
  if (!lead) return { mark: '', text: '' };
  const { incident } = lead;
  const what = hintOf(incident.problem.reason).title;
  switch (subject.kind) {
    case 'acknowledged':
      return { mark: '✓', text: `${shown(subject.by, 60)} is on it: ${name}, ${what}.` };
    case 'snoozed':
      return {
        mark: '◔',
        text: `${shown(subject.by, 60)} snoozed this until ${at(subject.until)}: ${name}. Only its recovery is told before.`,
      };
    case 'snooze-ended':
      return {
        mark: '◔',
        text: `The snooze by ${shown(subject.by, 60)} has ended, and it is still so: ${name}, ${what}. ${whoIsOnIt(incident)}`,
      };
    case 'reason-changed':
      return {
        mark: markOf(incident),
        text: `${name}: ${hintOf(subject.to).title}. Before: ${hintOf(subject.from).title}. ${whoIsOnIt(incident)}`,
      };
    case 'grown-worse':
      return { mark: '✕', text: `${name}: ${what}. It was a warning, and is an error now. ${whoIsOnIt(incident)}` };
    case 'goes-on':
      return {
        mark: markOf(incident),
        text: `${name}: ${hintOf(subject.to).title}. Before: ${hintOf(subject.from).title}. Another alert tells of it from now on.`,
      };
    case 'also':
      return { mark: markOf(incident), text: `${name}: ${hintOf(subject.reason).title}. ${whoIsOnIt(incident)}` };
    case 'again':
      return { mark: markOf(incident), text: `${name}: ${what}, once more. ${whoIsOnIt(incident)}` };
    case 'recovered':
      return { mark: '✓', text: `${recovery(members)} ${dataAfterAll(members)}${spanOf(members)}` };
    case 'closed':
      return { mark: '○', text: closed(members, subject.closing) };
    case 'reminder':
      return { mark: '✕', text: `Nobody has acknowledged this, since ${at(beginning(about))}: ${name}, ${what}.` };
  }
}

function markOf({ problem }: Incident): string {
  return problem.health === 'error' ? '✕' : '▲';
}

function recovery(members: Member[]): string {
  const well = members.filter(({ incident }) => incident.closing === null);
  const lasted = duration(end(members) - beginning(members));
  const others = members.length - well.length;
  const rest = others > 0 ? ` Of the others, ${others} were paused or deleted.` : '';
  return `${namesOf(well)} ${well.length === 1 ? 'has' : 'have'} recovered after ${lasted}.${rest}`;
}

function closed(members: Member[], closing: Closing): string {
  const [lead, ...others] = members;
  const { deed, since } = closingWords(closing);
  if (lead && others.length === 0)
    return `Closed, ${deed}: ${namesOf(members)}, ${hintOf(lead.incident.problem.reason).title}. The connector ${since}.`;
  return `Over: the last of ${namesOf(members)} was ${deed}.`;
}

/** Where to hunt again, exactly. */
function spanOf(members: Member[]): string {
  const missing = missingOf(members);
  return missing ? ` From ${utcMoment(missing.from)} to ${utcMoment(missing.to ?? end(members))}.` : '';
}

function whoIsOnIt({ acknowledged }: Incident): string {
  return acknowledged ? `${shown(acknowledged.by.name, 60)} is on it.` : 'Nobody is on it yet.';
}
