import template from './header.json' with { type: 'json' };
import { type Card, expand } from './template.ts';

/** The styles of a container in Adaptive Cards (https://adaptivecards.io/explorer/Container.html); `default` is drawn as emphasis. */
export type Tone = 'default' | 'accent' | 'good' | 'warning' | 'attention';

type Header = { title: string; tone?: Tone; state?: { text: string; color: string }; lines?: string[] };

/** The first element of every card: a title, a state in its colour, subtle lines. All Markdown, foreign parts escaped. */
export function header({ title, tone = 'default', state, lines = [] }: Header): Card {
  return expand(template, {
    title,
    style: tone === 'default' ? 'emphasis' : tone,
    state: state ? [state] : [],
    lines: lines.map((text) => ({ text })),
  });
}
