import { header, type Tone } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';
import template from './notice.json' with { type: 'json' };

const marks = new Map<Tone, string>([
  ['good', '✓ '],
  ['warning', '▲ '],
  ['attention', '✕ '],
]);

/** A short answer: a title and a text, whose lines become paragraphs. Both are plain text. */
export function noticeCard(given: {
  title: string;
  text: string;
  tone: 'good' | 'warning' | 'attention' | 'default';
}): Card {
  const { title, text, tone } = given;
  const lines = text.split('\n').map((one) => shown(one, 1000));
  return expand(template, {
    fallback: shown(title, 200),
    header: header({ title: [`${marks.get(tone) ?? ''}${shown(title, 200)}`], tone }),
    paragraphs: lines.filter(Boolean).map((one) => paragraph(one)),
  });
}
