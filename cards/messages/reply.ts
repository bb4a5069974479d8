import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incidents.ts';
import type { ReplySubject } from '../../ingestion/connector/reply-subject.ts';
import { cardOf } from '../kit/card.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';
import { duration, utc } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';

type Told = { connector: Connector; incident: Incident; subject: ReplySubject };

/** What developed in an incident, as a message beside its card. */
export function replyCard(told: Told): Card {
  const text = replySummary(told);
  return cardOf({ fallback: text, body: [paragraph(text)] });
}

/** One sentence for the notification (`activity.summary`) and the card itself. */
export function replySummary({ connector, incident, subject }: Told): string {
  const name = shown(connector.name, 60);
  switch (subject.kind) {
    case 'acknowledged':
      return `${shown(subject.by, 60)} is on it: ${name}.`;
    case 'unacknowledged':
      return `${shown(subject.by, 60)} is no longer on it: ${name}.`;
    case 'snoozed':
      return `${shown(subject.by, 60)} snoozed ${name} until ${utc(subject.until)}.`;
    case 'reason-changed':
      return `${name}: ${hintOf(subject.to).title}. Before: ${hintOf(subject.from).title}.`;
    case 'recovered':
      return `${name} has recovered after ${duration(subject.resolvedAt - subject.beganAt)}.`;
    case 'reminder':
      return `Nobody has acknowledged this yet: ${name}: ${hintOf(incident.problem.reason).title}.`;
    case 'closed':
      return `${name} was deleted.`;
  }
}
