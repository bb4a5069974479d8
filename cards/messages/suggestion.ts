import { sayAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';

/** What may have been meant by a command that there is not: a sentence, and a button for each that says it when pressed. */
export function suggestionCard(given: { typed: string; meant: string[]; argument: string }): Card {
  const { typed, argument } = given;
  const meant = given.meant.slice(0, 5);
  const title = titleOf(typed.length > 20 ? 'that command' : `“${shown(typed, 20)}”`, meant);
  const texts = meant.length === 0 ? ['help'] : meant.map((one) => [one, argument].filter(Boolean).join(' '));
  return cardOf({
    fallback: title,
    body: [header({ title: [title] }), paragraph(textOf(meant))],
    actions: texts.map(sayAction),
  });
}

function titleOf(typed: string, meant: string[]): string {
  return meant.length > 1 ? `What do you mean by ${typed}?` : `I don’t know ${typed}`;
}

function textOf(meant: string[]): string {
  const [only] = meant;
  if (!only) return 'Say “help” for all I can do.';
  if (meant.length === 1) return `Did you mean ${only}? Say “${only}”, or “help” for all I can do.`;
  return `It can be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(meant)}.`;
}
