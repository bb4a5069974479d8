import { type Member, stillOpen, type Told } from '../../ingestion/connector/alert.ts';
import type { Trend } from '../../ingestion/connector/trend.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';
import { utc } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';
import { namesOf } from '../words/names.ts';
import { incidentCard, incidentSummary } from './incident.ts';
import { sharedCard, sharedSummary } from './shared-alert.ts';

/** What an alert's card in one place is drawn of; `portal` is the address of the cloud's portal, `trend` the course of the volume. */
export type ToldAlert = Told & { portal: string; now: number; trend?: Trend };

/** The alert in the channel, of one connector or of all that fail for the same cause; over, the same card says so calmly. */
export function alertCard(told: ToldAlert): Card {
  const [only, ...others] = told.members;
  if (told.goesOn) return goesOnCard(told);
  return only && others.length === 0 ? incidentCard({ ...only, ...told }) : sharedCard(told);
}

/** One sentence for notifications (`activity.summary`): plain text, not Markdown. */
export function alertSummary(told: ToldAlert): string {
  const [only, ...others] = told.members;
  if (told.goesOn) return goesOnSummary(told);
  return only && others.length === 0 ? incidentSummary(only) : sharedSummary(told);
}

/** Another alert tells of it: there is nothing to press here any more. */
function goesOnCard(told: ToldAlert): Card {
  return cardOf({
    fallback: goesOnSummary(told),
    body: [
      header({ title: '○ Goes on in another alert', lines: [[strong(namesOf(told.members))]] }),
      ...told.members.map((member) => paragraph(nowOf(member))),
    ],
  });
}

function nowOf({ connector, incident: { problem, resolvedAt } }: Member): string {
  const name = shown(connector.name, 60);
  const what = hintOf(problem.reason).title;
  return resolvedAt === null
    ? `What is wrong with ${name} has changed: ${what}. The alert of that tells of it from now on.`
    : `${name} is well again. It was last: ${what}.`;
}

function goesOnSummary({ members }: ToldAlert): string {
  const [first] = stillOpen(members);
  const what = first ? ` ${hintOf(first.incident.problem.reason).title}, since ${utc(first.incident.beganAt)}.` : '';
  return `${namesOf(members)}: it goes on in another alert.${what}`;
}
