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

/** Where alerts go, after `alerts here`, `off` or `list`. */
export function alertsCard(given: { conversationName: string; on: boolean; others: string[] }): Card {
  const { on, others } = given;
  const place = given.conversationName || 'This conversation';
  const here = on
    ? `${place} is told when a connector breaks or goes quiet, and when it recovers.`
    : `${place} gets no alerts, except those of connectors that were set to it. Say “alerts here” to get them all.`;
  const elsewhere =
    others.length > 0 ? `Alerts also go to: ${others.join(', ')}.` : 'No other conversation gets all alerts.';
  return noticeCard({
    title: on ? 'Alerts come here' : 'Alerts do not come here',
    text: `${here}\n${elsewhere}`,
    tone: on ? 'good' : 'default',
  });
}
