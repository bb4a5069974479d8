import { sayAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';

/** What may have been meant by a command that there is not: a sentence, and a button for each that says it when pressed. */
export function suggestionCard(given: { typed: string; meant: string[]; argument: string }): Card {
  const { typed, argument } = given;
  const meant = given.meant.slice(0, 5);
  const title = meant.length > 1 ? 'Which command?' : 'I don’t know that command';
  const texts = meant.length === 0 ? ['help'] : meant.map((one) => [one, argument].filter(Boolean).join(' '));
  const text = `“${shown(typed, 60)}” ${textOf(meant)}`;
  return cardOf({ fallback: title, body: [header({ title }), paragraph(text)], actions: texts.map(sayAction) });
}

function textOf(meant: string[]): string {
  const [only] = meant;
  if (!only) return 'is no command of mine. Say “help” for all I can do.';
  if (meant.length > 1) return `can be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(meant)}.`;
  return `is no command of mine. Did you mean ${only}? Say “${only}”, or “help” for all I can do.`;
}
