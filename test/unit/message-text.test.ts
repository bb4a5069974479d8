import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from 'botbuilder';
import {
  didYouMean,
  holdsToken,
  nearest,
  parseCommand,
  tidy,
  typedText,
  unquoted,
} from '../../bot/teams/message-text.ts';

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

test('what Teams writes as HTML is read as the letters that were typed, once', () => {
  const rows: [sent: string, typed: string][] = [
    ['R&amp;D', 'R&D'],
    ['a&nbsp;b', 'a b'],
    ['&lt;b&gt;', '<b>'],
    ['&quot;Acme&quot;', '"Acme"'],
    ['O&#39;Neill &#39;s', "O'Neill 's"],
    ['&amp;lt;b&amp;gt;', '&lt;b&gt;'],
    ['&amp;amp;', '&amp;'],
  ];
  for (const [sent, typed] of rows) assert.equal(typedText(message(sent)), typed, sent);
});

test('only mentions of the bot go, each of them, and words on both sides stay apart', () => {
  const bot: [string, string] = ['28:bot', '<at>P</at>'];
  assert.equal(typedText(message('status<at>P</at>Acme', bot)), 'status Acme');
  assert.equal(typedText(message('<at>A</at> <at>P</at> x', ['29:a', '<at>A</at>'], bot)), '<at>A</at> x');
  const entities = [
    { type: 'clientInfo', mentioned: { id: '28:bot' }, text: 'status' },
    { type: 'mention', text: 'status' },
    { type: 'mention', mentioned: { id: '28:bot' } },
    { type: 'mention', mentioned: { id: '28:bot' }, text: '' },
    { type: 'mention', mentioned: { id: '28:bot' }, text: '<at>P</at>' },
  ];
  const recipient = { id: '28:bot' };
  const text = (given: object) => typedText({ recipient, ...given } as unknown as Activity);
  assert.equal(text({ text: '<at>P</at> status Acme', entities }), 'status Acme');
  assert.equal(text({ text: ' help ' }), 'help');
  assert.equal(text({ entities }), '');
});

test('names are compared without regard to how accents are written, and with single blanks', () => {
  assert.equal(tidy('  Zu\u0308rich \t\n 2   b '), 'Zürich 2 b');
  assert.equal(tidy('Zürich'), 'Zürich');
});

test('a command is its first word, in any case, and a quoted name loses its quotes', () => {
  assert.deepEqual(parseCommand('STATUS Acme Prod'), { word: 'status', argument: 'Acme Prod' });
  assert.deepEqual(parseCommand('status "Acme Prod"'), { word: 'status', argument: 'Acme Prod' });
  assert.deepEqual(parseCommand('/connect'), { word: 'connect', argument: '' });
});

test('only a pair of quotes around the whole name is lost, and only the first slash', () => {
  const rows: [text: string, word: string, argument: string][] = [
    ['', '', ''],
    ['status', 'status', ''],
    ["status 'Acme'", 'status', 'Acme'],
    ['status “Acme Prod”', 'status', 'Acme Prod'],
    ['status ""', 'status', ''],
    ['status "Acme', 'status', '"Acme'],
    ['status Acme"', 'status', 'Acme"'],
    ['status the "Acme"', 'status', 'the "Acme"'],
    ['status "Acme" Prod', 'status', '"Acme" Prod'],
    ['//a/b', '/a/b', ''],
    ['a/b', 'a/b', ''],
  ];
  for (const [text, word, argument] of rows) assert.deepEqual(parseCommand(text), { word, argument }, text);
});

test('the mention of the bot is cut whatever it is called and however Teams writes it down', () => {
  const recipient = { id: '28:bot', name: 'Patch & Bay' };
  const mention = (mentioned: unknown, text?: unknown) => ({ type: 'mention', mentioned, text });
  const bot = (text?: unknown, name: unknown = 'Patch & Bay') => mention({ id: '28:bot', name }, text);
  const ada = (text?: string) => mention({ id: '29:ada', name: 'Ada' }, text);
  const rows: [text: unknown, entities: unknown[] | undefined, typed: string][] = [
    ['<at>Patch & Bay</at> help', [bot()], 'help'],
    ['<at>Patch &amp; Bay</at> help', [bot()], 'help'],
    ['<at>Patch &amp; Bay</at>&nbsp;help', [bot('<at>Patch & Bay</at>')], 'help'],
    ['<at>Patch & Bay</at>&nbsp;help', [bot('<at>Patch &amp; Bay</at>')], 'help'],
    ['<at>Renamed</at> help', [bot(undefined, undefined)], 'help'],
    ['<at>Renamed</at> help', [mention({ id: '28:bot' }, 7)], 'help'],
    ['<at id="0">Patchbay</at> help', [bot('<at>Patchbay</at>')], 'help'],
    ['<at>Patch</at> <at>Bay</at> help', [bot('<at>Patch</at>'), bot('<at>Bay</at>')], 'help'],
    ['<at>Patch & Bay</at> status Acme <at>Patch & Bay</at>', [bot(), bot()], 'status Acme'],
    ['<at>Ada</at> <at>Renamed</at> help', [ada(), bot(undefined, undefined)], '<at>Ada</at> help'],
    ['<at>Renamed</at> ask <at>Ada</at>', [bot(undefined, undefined), ada('<at>Ada</at>')], 'ask <at>Ada</at>'],
    ['<at>Ada</at> help', [ada()], '<at>Ada</at> help'],
    // Nobody says who that is.
    ['<at>Somebody</at> help', undefined, '<at>Somebody</at> help'],
    ['<at>Patch & Bay</at> help', undefined, 'help'],
    ['<at>Patch & Bay</at> help', [mention(null), mention(undefined)], 'help'],
    ['@Patch & Bay connectors', [], 'connectors'],
    ['@patch &amp; bay, connectors', [], ', connectors'],
    ['<at>Patch & Bay</at>', [bot()], ''],
    ['he\u200blp\u00ad \ufeff', [], 'help'],
    ['<at>Patch &\u200b Bay</at>\u200b help', [bot('<at>Patch &\u200b Bay</at>')], 'help'],
    [undefined, [bot()], ''],
  ];
  for (const [text, entities, typed] of rows) {
    const activity = { text, entities, recipient } as unknown as Activity;
    assert.equal(typedText(activity), typed, JSON.stringify([text, entities]));
  }
});

test('punctuation after a mention or around a command is as good as a blank', () => {
  const rows: [text: string, word: string, argument: string][] = [
    [', connectors', 'connectors', ''],
    [': connectors', 'connectors', ''],
    ['— connectors', 'connectors', ''],
    ['- help', 'help', ''],
    ['... help', 'help', ''],
    ['Help!', 'help', ''],
    ['Help?!', 'help', ''],
    ['help.', 'help', ''],
    ['hello, bot', 'hello', 'bot'],
    ['!help', 'help', ''],
    ['status: Acme', 'status', 'Acme'],
    ['status:Acme', 'status', 'Acme'],
    ['status, Acme Inc.', 'status', 'Acme Inc.'],
    [', /connect', 'connect', ''],
    ['"connectors"', 'connectors', ''],
    ['“status Acme”', 'status', 'Acme'],
    ['status -Acme', 'status', '-Acme'],
    ['status 2.0', 'status', '2.0'],
    ['?', '', ''],
    ['…', '…', ''],
  ];
  for (const [text, word, argument] of rows) assert.deepEqual(parseCommand(text), { word, argument }, text);
});

test('quotes of all kinds around a name are lost, and only pairs', () => {
  for (const quoted of [
    '"Acme"',
    "'Acme'",
    '`Acme`',
    '´Acme´',
    '“Acme”',
    '”Acme”',
    '„Acme“',
    '„Acme”',
    '‘Acme’',
    '’Acme’',
    '‚Acme‘',
    '«Acme»',
    '« Acme »',
    '»Acme«',
    '‹Acme›',
    '›Acme‹',
    '›Acme›',
    '「Acme」',
    '『Acme』',
    '＂Acme＂',
  ])
    assert.equal(unquoted(quoted), 'Acme', quoted);
  for (const kept of ['"Acme', 'Acme"', '«Acme"', '"', 'the "Acme"', '', "Acme's"]) assert.equal(unquoted(kept), kept);
});

test('something of the shape of an Okta token is noticed anywhere in a sentence', () => {
  const token = `00${'a'.repeat(40)}`;
  assert.equal(holdsToken(`my key is ${token}, thanks`), true);
  assert.equal(holdsToken(token), true);
  assert.equal(holdsToken('status Acme'), false);
  assert.equal(holdsToken('00123'), false);
  assert.equal(holdsToken(`00${'aZ9_-x'.repeat(6)}`), true);
  assert.equal(holdsToken(`00${'a'.repeat(35)}`), false);
  assert.equal(holdsToken(`01${'a'.repeat(40)}`), false);
  assert.equal(holdsToken(`00${'a'.repeat(20)} ${'a'.repeat(20)}`), false);
});

test('a mistyped command is recognised within two letters', () => {
  const words = ['help', 'connect', 'connectors', 'status', 'delete', 'alerts'];
  assert.equal(didYouMean('stauts', words), 'status');
  assert.equal(didYouMean('conect', words), 'connect');
  assert.equal(didYouMean('constructor', words), null);
  assert.equal(didYouMean('weather', words), null);
});

test('a name is looked for by what it holds, or by no more than half of its letters wrong, the nearest first', () => {
  const all = ['Acme', 'Acme EU', 'Contoso', 'Fabrikam'].map((name) => ({ name }));
  for (const [typed, names] of [
    ['acme', ['Acme', 'Acme EU']],
    ['EU', ['Acme EU']],
    ['acne', ['Acme', 'Acme EU'].slice(0, 1)],
    ['contso', ['Contoso']],
    // Half of eight letters, and one more.
    ['fabrxxxx', ['Fabrikam']],
    ['fabxxxxx', []],
    ['', ['Acme', 'Acme EU', 'Contoso', 'Fabrikam']],
  ] as const)
    assert.deepEqual(
      nearest(typed, all).map(({ name }) => name),
      names,
      typed,
    );
});

test('two letters may be missing, wrong or too many, and no more than half of a short word', () => {
  const rows: [typed: string, words: string[], meant: string | null][] = [
    ['help', ['help'], 'help'],
    ['hel', ['help'], 'help'],
    ['he', ['help'], 'help'],
    ['elp', ['help'], 'help'],
    ['lp', ['help'], 'help'],
    ['hellp', ['help'], 'help'],
    ['xhelpx', ['help'], 'help'],
    ['xxhelp', ['help'], 'help'],
    ['xelp', ['help'], 'help'],
    ['hexx', ['help'], 'help'],
    ['xhelx', ['help'], 'help'],
    ['hlep', ['help'], 'help'],
    ['h', ['help'], null],
    ['hxxx', ['help'], null],
    ['helpxyz', ['help'], null],
    ['xxxhelp', ['help'], null],
    ['', ['help'], null],
    // Three letters: half of them is one.
    ['ad', ['add'], 'add'],
    ['a', ['add'], null],
    ['xyd', ['add'], null],
    ['connectr', ['connectors', 'connect'], 'connect'],
    ['connectrs', ['connect', 'connectors'], 'connectors'],
    ['connxxx', ['connect'], null],
    ['conxxct', ['connect'], 'connect'],
    ['anything', [], null],
    ['x'.repeat(40), ['x'.repeat(42)], 'x'.repeat(42)],
    ['x'.repeat(41), ['x'.repeat(42)], null],
  ];
  for (const [typed, words, meant] of rows) assert.equal(didYouMean(typed, words), meant, typed);
});
