// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the templates of Adaptive Cards look.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header } from '../../cards/kit/header.ts';
import { code, colored, facts, paragraph, shown, strong, styled, subtle } from '../../cards/kit/text.ts';
import { textOf } from '../sims/teams/cards.ts';

test('a paragraph holds its pieces as they are written, each in its style', () => {
  assert.deepEqual(paragraph('a_b ', strong('*c*'), colored(' [d](e)', 'Good')), {
    type: 'RichTextBlock',
    inlines: [
      { type: 'TextRun', text: 'a_b ' },
      { type: 'TextRun', weight: 'Bolder', text: '*c*' },
      { type: 'TextRun', color: 'Good', text: ' [d](e)' },
    ],
  });
  assert.deepEqual(styled({ isSubtle: true, size: 'Small' }, 'x'), [subtle('x')]);
  assert.equal(code('a | b').fontType, 'Monospace');
});

test('a row of facts is a title with its value', () => {
  const rows = facts([
    ['Okta domain', 'acme.okta.com'],
    ['Created', ['today, by ', strong('Ada')]],
  ]);
  assert.equal(textOf({ body: rows }), 'Okta domain: acme.okta.com\nCreated: today, by Ada');
});

test('a header with a name in it holds the name as it is written', () => {
  const card = header({
    title: ['Manage ', 'a_b'],
    state: { text: '✓ Well', color: 'Good' },
    lines: [['*c*', ' → d']],
  });
  assert.equal(textOf(card), 'Manage a_b\n✓ Well\n*c* → d');
});

test('foreign text is one line without templates, and keeps its direction to itself', () => {
  assert.equal(shown('a_b *c* (IAM) <d>\\'), 'a_b *c* (IAM) <d>\\');
  assert.equal(shown('  a \n b\t\u0000\u202ec'), 'a b c');
  assert.equal(shown('{{DATE(x)}} ${y}'), '{\u2060{DATE(x)}} $\u2060{y}');
  assert.equal(shown('שלום עולם'), '\u2068שלום עולם\u2069');
  assert.equal(shown('Removing שלום, 12 minutes'), 'Removing \u2068שלום\u2069, 12 minutes');
  assert.equal(shown('x'.repeat(300)), `${'x'.repeat(119)}…`);
});
