import type { Card } from './template.ts';

/** The colours of a text in Adaptive Cards, which every client shows so that they can be read, light and dark. */
export type Color = 'Default' | 'Accent' | 'Good' | 'Warning' | 'Attention';

/**
 * A stretch of text in one style (adaptivecards.io/explorer/TextRun.html). Clients show it as it is written, on desktops and
 * on phones: no Markdown, no links, no mentions. Only the macros of `times.ts` are filled in.
 */
export type Run = { type: 'TextRun'; text: string } & Style;

type Style = {
  weight?: 'Bolder';
  isSubtle?: true;
  color?: Color;
  size?: 'Small' | 'Medium' | 'Large';
  fontType?: 'Monospace';
};

/** What a text is made of. Foreign text in it has gone through `shown`, alone or with the sentence that it stands in. */
export type Piece = string | Run;

/** Text in this style; what a piece says of itself goes before. */
export function styled(style: Style, ...pieces: Piece[]): Run[] {
  return pieces.map((piece) =>
    typeof piece === 'string' ? { type: 'TextRun', ...style, text: piece } : { ...style, ...piece },
  );
}

/** A paragraph: its pieces one after the other, with no blank between them. Lines break where they are too long. */
export function paragraph(...pieces: Piece[]): Card {
  return { type: 'RichTextBlock', inlines: styled({}, ...pieces) };
}

/** What is most important in its paragraph. */
export function strong(text: string): Run {
  return { type: 'TextRun', weight: 'Bolder', text };
}

/** What may be read last: small and pale. */
export function subtle(text: string): Run {
  return { type: 'TextRun', size: 'Small', isSubtle: true, text };
}

/** Text in a colour; what the colour says is said by the words or a mark as well. */
export function colored(text: string, color: Color): Run {
  return { type: 'TextRun', color, text };
}

/** A line of code, to be copied as it is. */
export function code(text: string): Run {
  return { type: 'TextRun', fontType: 'Monospace', size: 'Small', text };
}

/** Rows of a title and what it says, one element each: side by side for the eye, one after the other when it is read out. */
export function facts(rows: [title: string, value: string | Piece[]][]): Card[] {
  return rows.map(([title, value], index) => ({
    type: 'ColumnSet',
    ...(index === 0 ? {} : { spacing: 'Small' }),
    columns: [
      { type: 'Column', width: '116px', items: [paragraph(strong(title))] },
      { type: 'Column', width: 'stretch', spacing: 'Small', items: [paragraph(...[value].flat())] },
    ],
  }));
}

// Controls, and the marks that turn the direction of text that follows.
const unseen = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** One line of foreign text, cut at `limit` characters (code points), as a field holds it and sends it back. */
export function line(text: string, limit = 120): string {
  const whole = text.replace(unseen, ' ').replace(/\s+/g, ' ').trim();
  const letters = whole.length > limit ? [...whole] : [];
  const cut = letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : whole;
  // A word joiner, which nobody sees: `${` and `{{` belong to templates and clients.
  return cut.replace(/([${])(?=\{)/g, '$1\u2060');
}

const rightToLeft = '[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]+';
const stretch = new RegExp(`${rightToLeft}(?:[^\\p{L}\\p{N}]+${rightToLeft})*`, 'gu');

/**
 * Foreign text for every place where people read: one line, cut at `limit` characters (code points), with nothing in it that a
 * template or a client would fill in. What runs from right to left does not turn what stands around it.
 */
export function shown(text: string, limit = 120): string {
  return line(text, limit).replace(stretch, '\u2068$&\u2069');
}
