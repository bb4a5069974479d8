import type { Counts } from '../../ingestion/connector/directory.ts';
import product from '../../package.json' with { type: 'json' };
import { executeAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { facts, paragraph } from '../kit/text.ts';
import { age, moment } from '../kit/times.ts';
import { troubledPieces } from '../words/counts.ts';
import { count } from '../words/numbers.ts';

type About = { counts: Counts; startedAt: number; polledAt: number | null; now: number };

/** What Patchbay is, how it is itself, what it may do, and where more is written. */
export function aboutCard({ counts, startedAt, polledAt, now }: About): Card {
  const polls = polledAt === null ? 'no poll yet' : `last poll ${age(polledAt, now)}`;
  return cardOf({
    fallback: `Patchbay ${product.version}`,
    body: [
      header({ title: 'Patchbay for Microsoft Sentinel', lines: [`Version ${product.version}`] }),
      paragraph(
        'Brings the Okta System Log into Microsoft Sentinel, and tells a channel the moment a connector breaks or goes quiet. Not a Microsoft or Okta product.',
      ),
      ...facts([
        ['This bot', `at work since ${moment(startedAt)}; its store answers; ${polls}`],
        ['Connectors', [count(counts.all), ...troubledPieces(counts)]],
        [
          'It may',
          'In Azure, what its own identity was given: make tables, functions and rules, send rows, and look whether they are visible. In Okta, read the System Log. In Teams, read what mentions it.',
        ],
        ['You may', 'what your own Azure roles on a workspace allow; they are read again each time.'],
        ['More', 'README.md and deploy/README.md of the project; deploy/FAILURES.md for each failure of Azure.'],
      ]),
    ],
    actions: [
      executeAction('connectors', 'My connectors', { page: 1, filter: '' }),
      executeAction('gallery', 'What can be connected'),
    ],
  });
}
