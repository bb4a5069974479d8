import template from './header.json' with { type: 'json' };
import { type Card, expand } from './template.ts';

export type Tone = 'default' | 'accent' | 'good' | 'warning' | 'attention';

/** The first element of every card: its title, and subtle lines below. Both are Markdown, foreign parts escaped. */
export function header(given: { title: string; lines?: string[]; tone?: Tone }): Card {
  const { title, lines = [], tone = 'default' } = given;
  return expand(template, {
    title,
    lines: lines.map((text) => ({ text })),
    style: tone === 'default' ? 'emphasis' : tone,
  });
}
