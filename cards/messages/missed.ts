import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { colored, paragraph, shown, strong } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';

/** An incident that a place was not told of when it began. */
export type Missed = { connector: Connector; incident: Incident };

/** What a place was not told of, such as while it could not be reached: all its incidents on one card, which follows them. */
export function missedCard(missed: Missed[]): Card {
  const open = missed.filter(({ incident }) => incident.resolvedAt === null).length;
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

function row({ connector, incident }: Missed): Card {
  const { beganAt, resolvedAt, problem } = incident;
  const name = strong(shown(connector.name, 60));
  const title = `: ${hintOf(problem.reason).title}, `;
  return resolvedAt === null
    ? paragraph(colored('✕ Open: ', 'Attention'), name, `${title}since ${moment(beganAt)}.`)
    : paragraph(colored('✓ Over: ', 'Good'), name, `${title}${moment(beganAt)} to ${moment(resolvedAt)}.`);
}
