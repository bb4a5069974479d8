import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manageDialog } from '../../cards/dialogs/manage.ts';
import { cardOf } from '../../cards/kit/card.ts';
import { bytesOf, fitted, mostBytes } from '../../cards/kit/size.ts';
import { paragraph } from '../../cards/kit/text.ts';
import { faultsOf, inputs, list, press, record, textOf } from '../sims/teams/cards.ts';
import { built, connected, manageable } from './every-card.ts';

test('a card that fits is left as it is', () => {
  const card = { type: 'AdaptiveCard', body: [paragraph('x')] };
  assert.equal(fitted(card), card);
});

test('a list that Teams would refuse ends sooner, says how many are left out, and the card still fits', () => {
  const card = cardOf({ fallback: 'x', body: Array.from({ length: 2000 }, (_, index) => paragraph(`Row ${index}`)) });
  const text = textOf(card);
  assert.ok(bytesOf(card) <= mostBytes && bytesOf(card) > mostBytes * 0.95, `${bytesOf(card)}`);
  assert.deepEqual(faultsOf(card, 'message'), []);
  const rows = [...text.matchAll(/^Row \d+$/gm)].length;
  assert.ok(text.startsWith('Row 0\n'));
  assert.ok(
    text.endsWith(`${(2000 - rows).toLocaleString('en-US')} more are left out: there is no room for them here.`),
  );
});

test('of a thousand channels as many are offered as fit, and the chosen one is always among them', () => {
  const connector = built(connected);
  connector.settings.conversationId = '19:last@thread.tacv2';
  const conversations = Array.from({ length: 1000 }, (_, index) => ({
    id: index === 999 ? '19:last@thread.tacv2' : `19:${'x'.repeat(60)}${index}@thread.tacv2`,
    name: `Channel ${index}`,
  }));
  const dialog = manageDialog({ ...manageable(connector), conversations });
  assert.ok(bytesOf(dialog) <= mostBytes);
  assert.equal(press(dialog, 'Save').data.conversation, '19:last@thread.tacv2');
  const offered = list(inputs(dialog).find(({ id }) => id === 'conversation')?.choices).map((one) => record(one).title);
  assert.equal(offered[0], 'Channel 0');
  assert.equal(offered.at(-1), 'Channel 999');
  assert.match(textOf(dialog), new RegExp(`^${1000 - offered.length} more are left out`, 'm'));
});

test('a card of one text has nothing to leave out', () => {
  const card = { type: 'AdaptiveCard', body: [paragraph('x'.repeat(mostBytes))] };
  assert.deepEqual(fitted(card), card);
});
