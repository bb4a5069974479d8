import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Note } from '../../ingestion/connector/note-subject.ts';
import { cardOf } from '../kit/card.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';

type Noted = { connector: Connector; note: Note };

/** Who has done what to a connector, as a message of its own. */
export function noteCard(noted: Noted): Card {
  const text = noteSummary(noted);
  return cardOf({ fallback: text, body: [paragraph(strong('✎ '), text)] });
}

/** The same sentence for the notification (`activity.summary`). */
export function noteSummary({ connector, note }: Noted): string {
  const [who, name] = [shown(note.by, 60), shown(connector.name, 60)];
  switch (note.kind) {
    case 'changed':
      return `${who} changed ${name}: ${shown(note.words, 600)}.`;
    case 'paused':
      return `${who} paused ${name}: Okta is not read until it is resumed.`;
    case 'resumed':
      return `${who} resumed ${name}: it goes on where it stopped.`;
  }
}
