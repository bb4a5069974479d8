import { type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { colored, paragraph, strong } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';
import { namesOf } from '../words/names.ts';
import { beginning, end } from './members.ts';

/** An alert that a place was not told of when it began, by those of its connectors that the place is told of; never of none. */
export type Missed = Member[];

/** What a place was not told of, such as while it could not be reached: all its alerts on one card, which follows them. */
export function missedCard(missed: Missed[]): Card {
  const open = missed.filter((members) => stillOpen(members).length > 0).length;
  const lead = header({
    title: 'What this place was not told of',
    tone: open > 0 ? 'attention' : 'good',
    lines: [`${missed.length} alerts, of which ${open} are still open`],
  });
  return cardOf({ fallback: missedSummary(missed), body: [lead, ...missed.map(row)] });
}

/** One sentence for the notification (`activity.summary`). */
export function missedSummary(missed: Missed[]): string {
  return `${missed.length} alerts that this place was not told of.`;
}

function row(members: Missed): Card {
  const open = stillOpen(members);
  const about = open.length > 0 ? open : members;
  const [lead] = about;
  const name = strong(namesOf(about));
  const title = `: ${lead ? hintOf(lead.incident.problem.reason).title : ''}, `;
  const from = moment(beginning(about));
  return open.length > 0
    ? paragraph(colored('✕ Open: ', 'Attention'), name, `${title}since ${from}.`)
    : paragraph(colored('✓ Over: ', 'Good'), name, `${title}${from} to ${moment(end(about))}.`);
}
