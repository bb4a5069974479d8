// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the templates of Adaptive Cards look.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Card, list, parts, record } from '../sims/teams/cards.ts';
import { everyCard, hostile } from './every-card.ts';

/** What a client makes of a text that it takes for Markdown. */
type Reader = (text: string) => string;

const styles = (text: string) =>
  text
    .replace(/\[([^\]]*)\]\((?:[^)\s]*)\)/g, '$1')
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .replace(/(?<![\w*])[*_](\S.*?)[*_](?![\w*])/g, '$1')
    .replace(/^(?:[-*+]|\d+[.)])\s+/gm, '');

/** Takes away every backslash before punctuation, as CommonMark does (the renderer of desktops). */
const desktop: Reader = (text) => styles(text).replace(/\\([!-/:-@[-`{-~])/g, '$1');

/** The phones' parser (microsoft/Teams-AdaptiveCards-Mobile, MarkDownParser) knows these five alone. */
const phone: Reader = (text) => styles(text).replace(/\\([*_[\])])/g, '$1');

/** The macros that every client fills in, also where it reads no Markdown (learn.microsoft.com/adaptive-cards/authoring-cards/text-features). */
const filledIn: Reader = (text) => text.replace(/\{\{(DATE|TIME)\([^)]*\)\}\}/g, '9:41');

/** All that a person can read on a card, with that reader. */
function seen(card: Card, reader: Reader): string {
  const lines = [...parts(card)].flatMap((part) => {
    if (part.type === 'TextBlock') return [filledIn(reader(String(part.text)))];
    if (part.type === 'RichTextBlock')
      return [
        filledIn(
          list(part.inlines)
            .map((run) => String(record(run).text))
            .join(''),
        ),
      ];
    const names = part.type === undefined && 'facts' in part ? [] : [part.label, part.placeholder, part.title];
    return names.filter((text) => typeof text === 'string');
  });
  return lines.join('\n').replace(/[\u2060\u2068\u2069]/g, '');
}

const names = [
  'a_b *c* **d** __e__',
  '[link](mailto:a@evil.example) <at>Everyone',
  '& &lt;b&gt; ~x~ `y`',
  'back\\slash \\_ \\* (IAM) 50 % #1',
  '- item',
  '1. item',
  '# heading',
  '> quote',
  '${if(true, "evaluated", "")} ${name}',
  '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
  'שלום עולם (12)',
  "O'Brien “quoted” 100%",
];

const constant = everyCard('Zebra');
const cardsOf = new Map([...new Set([...names, ...hostile])].map((name) => [name, everyCard(name)]));

test('every name reaches its reader as it was written, on desktops and on phones, wherever it stands', () => {
  for (const [reader, ofReader] of Object.entries({ desktop, phone })) {
    const usual = new Map(constant.map(([title, card]) => [title, times(seen(card, ofReader), 'Zebra')]));
    for (const name of names)
      for (const [title, card] of cardsOf.get(name) ?? [])
        assert.equal(times(seen(card, ofReader), name), usual.get(title), `${title}, ${reader}: ${name}`);
  }
});

/** How often it stands there; a command to be copied names a connector by its id where a shell would act on its name. */
function times(text: string, name: string): number {
  return text.replace(/^npm run .*$/m, '').split(name).length - 1;
}

test('no text in which a client reads Markdown holds anything that is not constant', () => {
  const usual = new Map(constant.map(([title, card]) => [title, new Set(markdown(card))]));
  for (const cards of cardsOf.values())
    for (const [title, card] of cards) {
      const changed = markdown(card).filter((text) => !usual.get(title)?.has(text));
      assert.deepEqual(changed, [], title);
    }
  for (const [title, card] of constant) {
    assert.ok(![...parts(card)].some(({ type }) => type === 'FactSet'), `${title} has a FactSet`);
    assert.doesNotMatch(markdown(card).join(), /Zebra|\{\{/, title);
  }
});

function markdown(card: Card): string[] {
  return [...parts(card)].flatMap(({ type, text }) => (type === 'TextBlock' ? [String(text)] : []));
}

test('the readers do to Markdown what clients do: escapes stay on phones, and marks go', () => {
  assert.equal(
    desktop('status \\<name> \\(IAM\\) a\\_b **c** [d](https://e) 1\\. f'),
    'status <name> (IAM) a_b c d 1. f',
  );
  assert.equal(phone('status \\<name> \\(IAM\\) a\\_b **c**'), 'status \\<name> \\(IAM) a_b c');
});
