import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from 'botbuilder';
import { didYouMean, holdsToken, parseCommand, typedText } from '../../bot/teams/message-text.ts';

function message(text: string, ...mentions: [id: string, text: string][]): Activity {
  const entities = mentions.map(([id, part]) => ({ type: 'mention', mentioned: { id }, text: part }));
  return { text, entities, recipient: { id: '28:bot' } } as unknown as Activity;
}

test('mentions of the bot go, whatever stands around them; those of people stay', () => {
  const bot: [string, string] = ['28:bot', '<at>Patchbay</at>'];
  assert.equal(typedText(message('<at>Patchbay</at> status Acme', bot)), 'status Acme');
  assert.equal(typedText(message('<at>Patchbay</at>&nbsp;connect', bot)), 'connect');
  assert.equal(typedText(message('<at>Patchbay</at> help <at>Patchbay</at>', bot)), 'help');
  assert.equal(
    typedText(message('<at>Patchbay</at> ask <at>Ada</at>', bot, ['29:ada', '<at>Ada</at>'])),
    'ask <at>Ada</at>',
  );
  assert.equal(typedText(message('')), '');
});

test('a command is its first word, in any case, and a quoted name loses its quotes', () => {
  assert.deepEqual(parseCommand('STATUS Acme Prod'), { word: 'status', argument: 'Acme Prod' });
  assert.deepEqual(parseCommand('status "Acme Prod"'), { word: 'status', argument: 'Acme Prod' });
  assert.deepEqual(parseCommand('/connect'), { word: 'connect', argument: '' });
});

test('something of the shape of an Okta token is noticed anywhere in a sentence', () => {
  const token = `00${'a'.repeat(40)}`;
  assert.equal(holdsToken(`my key is ${token}, thanks`), true);
  assert.equal(holdsToken(token), true);
  assert.equal(holdsToken('status Acme'), false);
  assert.equal(holdsToken('00123'), false);
});

test('a mistyped command is recognised within two letters', () => {
  const words = ['help', 'connect', 'connectors', 'status', 'delete', 'alerts'];
  assert.equal(didYouMean('stauts', words), 'status');
  assert.equal(didYouMean('conect', words), 'connect');
  assert.equal(didYouMean('constructor', words), null);
  assert.equal(didYouMean('weather', words), null);
});
