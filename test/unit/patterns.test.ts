import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { splitDuration } from '../../bot/commands/duration.ts';
import { holdsToken, parseCommand, tidy } from '../../bot/teams/message-text.ts';
import { shown } from '../../cards/kit/text.ts';
import { missing, need } from '../../ingestion/azure/access/rights.ts';
import { namesIn, parametersOf } from '../../ingestion/azure/content/kql-names.ts';
import { nextLink } from '../../ingestion/okta/system-log.ts';
import { readClient, readDomain, readToken } from '../../ingestion/okta/typed-input.ts';
import { builtIn, hardTexts, type Pattern, patternsIn } from '../house/patterns.ts';

const root = new URL('../../', import.meta.url);
const texts = new Map(
  ['bot', 'cards', 'ingestion'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [`${folder}/${file}`, readFileSync(new URL(`${folder}/${file}`, root), 'utf8')]),
  ),
);

const letters = 100_000;
/** A text takes as long as its eighths one by one where each letter is looked at a few times, and 8 times as long where all are for each. */
const parts = 8;
const mostTimes = 3;
/** What is done in this time needs no second look: to look at all letters for each takes seconds. */
const shortMs = 25;
/** Some machines tell the time of a thread in steps of this. */
const tickMs = 4;

/** How many times as long a text takes as its eighths one by one, shorter ones first; 0 where it takes next to nothing. */
function growth(work: (text: string) => unknown, text: string): number {
  for (const part of [20, 5]) {
    const short = growthAt(work, text.slice(0, letters / part));
    if (short > mostTimes) return short;
  }
  return growthAt(work, text);
}

function growthAt(work: (text: string) => unknown, text: string): number {
  if (cost(work, text) < shortMs) return 0;
  const eighth = text.slice(0, text.length / parts);
  // What seems slow is looked at again: the first time, and beside others, it takes longer.
  const least = (of: string, times: number) => Math.min(...[1, 2, 3].map(() => cost(work, of, times)));
  return least(text, 1) / Math.max(tickMs, least(eighth, parts));
}

/** In milliseconds of the processor for this thread: others use it too. */
function cost(work: (text: string) => unknown, text: string, times = 1): number {
  const began = process.threadCpuUsage();
  for (let time = 0; time < times; time++) work(text);
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

/** The texts on which a pattern takes longer and longer for each letter; the first one, for there may be many. */
function slowOn({ source, flags }: Pick<Pattern, 'source' | 'flags'>): string[] {
  const pattern = new RegExp(source, flags.includes('g') ? flags : `${flags}g`);
  const hard = hardTexts({ source }, letters).find(
    (text) => growth((each) => each.replace(pattern, ''), text) > mostTimes,
  );
  return hard === undefined ? [] : [`/${source}/ on ${JSON.stringify(hard.slice(0, 20))}…`];
}

test('no pattern of the product is slow on a long text', () => {
  const patterns = new Map(patternsIn(texts).map((each) => [`${each.source}/${each.flags}`, each]));
  assert.ok(patterns.size > 100, `${patterns.size} patterns`);
  const slow = [...patterns.values()].flatMap((each) => slowOn(each).map((what) => `${each.file}: ${what}`));
  assert.deepEqual(slow, []);
});

test('what reads foreign texts by patterns that are built, or by none, is not slow on a long one either', () => {
  assert.deepEqual(builtIn(texts), [
    // Of the operator's own environment.
    'bot/config/kinds.ts',
    // Of ours, with a name of ours in it; what is looked for has an end.
    'bot/teams/send-failure.ts',
    'cards/kit/text.ts',
    'ingestion/azure/content/kql-names.ts',
  ]);
  const write = need('Microsoft.OperationalInsights/workspaces/tables/write');
  const readers: [name: string, read: (text: string) => unknown, pieces: string[]][] = [
    ['KQL', namesIn, ['"', "'", '@"', '```', '//', 'let a=', '{', '(', '[', '.', 'a', ' ', '*', 'table("', 'dynamic(']],
    ['parameters', parametersOf, ['a', ' ', 'a ', ':', 'a:']],
    ['text on a card', shown, ['א', '،', 'א.', '{', '$', '<', '*', '\u200b', '🙂', '[']],
    ['domain', readDomain, ['/', '.', '-', '@', '[', '"', '\u200b', 'a.', '%']],
    ['token', readToken, ['"', ' ', 'SSWS ', '0', '\u200b']],
    ['client id', readClient, ['"', ' ', '0', '\u200b']],
    ['message', (text) => parseCommand(tidy(text)), [' ', '.', '"', ',', '–', '\u200b', '👨‍👩‍👧', '\u0301']],
    ['token in a chat', holdsToken, ['0', '00', '00-', '_']],
    ['length of time', splitDuration, ['1', '1 ', 'for ', '1h', ' ', '.']],
    ['link header', nextLink, ['<', '>', '<>', '; ', 'rel=', '"', '<a>; rel=']],
    ['role', (text) => missing([write], [{ actions: [`${text}x`] }]), ['*', 'a', '*a', '/*', 'Microsoft.*']],
  ];
  const slow = readers.flatMap(([name, read, pieces]) =>
    pieces
      .filter((piece) => growth(read, piece.repeat(letters / piece.length)) > mostTimes)
      .map((piece) => `${name}: ${piece}`),
  );
  assert.deepEqual(slow, []);
});

test('a planted pattern is found wherever it stands', () => {
  const found = (code: string) =>
    patternsIn(new Map([['x.ts', code]])).map(({ source, flags }) => `${source} ${flags}`);
  assert.deepEqual(found('const a = text.replace(/\\/+$/, "");'), ['\\/+$ ']);
  assert.deepEqual(found('if (/[/"]/gi.test(b)) return /x/u;'), ['[/"] gi', 'x u']);
  assert.deepEqual(found("const c = d / 2 / e; // not /this/\n/* nor /this/ */ const f = 'nor /this/';"), []);
  assert.deepEqual(found('const g = `/no/ $' + '{h.match(/yes/)} /no/`;'), ['yes ']);
});
