import template from './header.json' with { type: 'json' };
import { type Card, expand } from './template.ts';
import { type Color, colored, type Piece, paragraph, styled } from './text.ts';

/** The styles of a container in Adaptive Cards (https://adaptivecards.io/explorer/Container.html); `default` is drawn as emphasis. */
export type Tone = 'default' | 'accent' | 'good' | 'warning' | 'attention';

/** A title of pieces is shown as it is written; a string is a heading for screen readers, with nothing foreign in it. */
type Header = {
  title: string | Piece[];
  tone?: Tone;
  state?: { text: string; color: Color };
  lines?: (string | Piece[])[];
};

/** The first element of every card: a title, a state in its colour, subtle lines. */
export function header({ title, tone = 'default', state, lines = [] }: Header): Card {
  return expand(template, {
    title: typeof title === 'string' ? { ...heading, text: title } : paragraph(...styled(large, ...title)),
    style: tone === 'default' ? 'emphasis' : tone,
    state: state ? [small(...styled({ weight: 'Bolder' }, colored(state.text, state.color)))] : [],
    lines: lines.map((line) => small(...styled({ isSubtle: true }, ...[line].flat()))),
  });
}

const small = (...pieces: Piece[]): Card => ({ ...paragraph(...pieces), spacing: 'Small' });
const large = { size: 'Large', weight: 'Bolder' } as const;
const heading = { type: 'TextBlock', style: 'heading', ...large, wrap: true };
