import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import type { ReplySubject } from '../../ingestion/connector/reply-subject.ts';
import { cardOf } from '../kit/card.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';
import { duration, moment, utc, utcMoment } from '../kit/times.ts';
import { closingWords } from '../words/closings.ts';
import { dataAfter } from '../words/data.ts';
import { hintOf } from '../words/hints.ts';

type Told = { connector: Connector; incident: Incident; subject: ReplySubject };

/** How a time is written: in each reader’s own, or in UTC where no client fills it in. */
type Clock = (ms: number) => string;

/** What developed in an incident, as a message beside its card: the mark, then the words. */
export function replyCard(told: Told): Card {
  const { mark, text } = wordsOf(told, moment);
  return cardOf({ fallback: replySummary(told), body: [paragraph(strong(`${mark} `), text)] });
}

/** One sentence for the notification (`activity.summary`). */
export function replySummary(told: Told): string {
  return wordsOf(told, utc).text;
}

function wordsOf({ connector, incident, subject }: Told, at: Clock): { mark: string; text: string } {
  const name = shown(connector.name, 60);
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
        mark: incident.problem.health === 'error' ? '✕' : '▲',
        text: `${name}: ${hintOf(subject.to).title}. Before: ${hintOf(subject.from).title}. ${whoIsOnIt(incident)}`,
      };
    case 'grown-worse':
      return { mark: '✕', text: `${name}: ${what}. It was a warning, and is an error now. ${whoIsOnIt(incident)}` };
    case 'recovered':
      return {
        mark: '✓',
        text: `${name} has recovered after ${duration(subject.resolvedAt - subject.beganAt)}. ${dataAfter(connector, incident)}${spanOf(incident)}`,
      };
    case 'closed': {
      const { deed, since } = closingWords(subject.closing);
      return { mark: '○', text: `Closed, ${deed}: ${name}, ${what}. The connector ${since}.` };
    }
    case 'reminder':
      return { mark: '✕', text: `Nobody has acknowledged this, since ${at(incident.beganAt)}: ${name}, ${what}.` };
  }
}

/** Where to hunt again, exactly. */
function spanOf({ missing, resolvedAt }: Incident): string {
  const to = missing?.to ?? resolvedAt;
  return missing && to !== null ? ` From ${utcMoment(missing.from)} to ${utcMoment(to)}.` : '';
}

function whoIsOnIt({ acknowledged }: Incident): string {
  return acknowledged ? `${shown(acknowledged.by.name, 60)} is on it.` : 'Nobody is on it yet.';
}
