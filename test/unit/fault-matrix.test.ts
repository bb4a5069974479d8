import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

const failures = [
  'time-out',
  'reset',
  'half-open',
  'drip',
  'wrong type',
  'truncated',
  '4xx',
  '5xx',
  'throttled with hint',
  'throttled without hint',
  'lost answer',
  'bad certificate',
  'DNS gone',
  'clock off',
];

const rows = read('test/faults/README.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Call'))
  .map((line) => line.slice(2, -2).split(' | '));

test('the table of faults has every failure of every call once', () => {
  const calls = [...new Set(rows.map(([call]) => call))];
  assert.equal(calls.length, 8);
  const there = rows.map(([call, failure]) => `${call}: ${failure}`);
  assert.deepEqual(
    there,
    calls.flatMap((call) => failures.map((failure) => `${call}: ${failure}`)),
  );
});

test('each row names words of a test that is there', () => {
  const lost = rows.filter(([, , , , named = '']) => {
    const [, file = '', words = ''] = /^`([^`]+)` › (.+)$/.exec(named) ?? [];
    return !file || !read(file).includes(words);
  });
  assert.deepEqual(
    lost.map(([call, failure, , , named]) => `${call}, ${failure}: ${named}`),
    [],
  );
});
