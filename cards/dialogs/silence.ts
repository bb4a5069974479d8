import type { Member } from '../../ingestion/connector/alert.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { namesOf } from '../words/names.ts';
import { spans } from '../words/spans.ts';

/** For how long an alert is to be silent, and whether all else of its connector too, where it has one; `alert` is its id. */
export function silencePage(members: Pick<Member, 'connector'>[], alert: string): Card {
  const name = namesOf(members);
  const lengths = spans.map(([minutes, title]) => ({ title, value: String(minutes) }));
  const whats = [
    { title: 'This alert: only its recovery is told', value: 'incident' },
    ...(members.length === 1 ? [{ title: `Everything about ${name}: nothing is posted`, value: 'connector' }] : []),
  ];
  return cardOf({
    fallback: `Snooze the alert of ${name}`,
    body: [
      header({
        title: [`Snooze ${name}`],
        lines: ['Reading and sending go on. What is still wrong at the end is told then.'],
      }),
      choice({ id: 'minutes', label: 'For how long?', choices: lengths, value: '60', style: 'compact' }),
      choice({ id: 'what', label: 'What is to be silent?', choices: whats, value: 'incident', style: 'expanded' }),
    ],
    actions: [
      { type: 'Action.Submit', title: 'Snooze', style: 'positive', data: { dialog: 'silence', incident: alert } },
    ],
  });
}

function choice(given: { id: string; label: string; choices: Card[]; value: string; style: string }): Card {
  return { type: 'Input.ChoiceSet', ...given, wrap: true, isRequired: true, errorMessage: 'Choose one.' };
}
