import type { Connector } from '../../ingestion/connector/connector.ts';
import { executeAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';
import { spans } from '../words/spans.ts';

/** For how long a connector is to be muted: a button for each choice. */
export function howLongCard({ id, name }: Connector): Card {
  return cardOf({
    fallback: `Mute ${shown(name)}: say for how long.`,
    body: [
      header({ title: [`Mute ${shown(name)} for how long?`] }),
      paragraph('What is still wrong with it then is told; what is over by then is not. Reading and sending go on.'),
    ],
    actions: spans.map(([minutes, title]) => executeAction('mute', title, { connector: id, minutes: String(minutes) })),
  });
}
