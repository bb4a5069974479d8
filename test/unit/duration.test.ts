import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMutable, splitDuration } from '../../bot/commands/duration.ts';

const minute = 60_000;

test('a length of time is read at the end of what was typed, as people write it', () => {
  for (const [text, rest, minutes] of [
    ['Acme 2h', 'Acme', 120],
    ['Acme 30m', 'Acme', 30],
    ['Acme 1d', 'Acme', 1440],
    ['Acme 90 minutes', 'Acme', 90],
    ['Acme for 2 hours', 'Acme', 120],
    ['Acme for 1 hr', 'Acme', 60],
    ['Acme Production 2 7 days', 'Acme Production 2', 10_080],
    ['"Acme 2h" 15 min', 'Acme 2h', 15],
    ['“Acme 2h” 1w', 'Acme 2h', 10_080],
    ['«Acme 2h» 1w', 'Acme 2h', 10_080],
    ['„Acme 2h“ 1w', 'Acme 2h', 10_080],
    ['here 2h', 'here', 120],
    ['2h', '', 120],
    ['Acme 2h!', 'Acme', 120],
    ['Acme Inc.', 'Acme Inc.', null],
    ['Acme', 'Acme', null],
    ['Acme 2 parsecs', 'Acme 2 parsecs', null],
    ['"Acme 2h"', 'Acme 2h', null],
    ['Org 365', 'Org 365', null],
    ['', '', null],
  ] as const)
    assert.deepEqual(splitDuration(text), { rest, ms: minutes === null ? null : minutes * minute }, text);
});

test('a silence lasts from 15 minutes to 7 days', () => {
  assert.deepEqual(
    [14, 15, 10_080, 10_081].map((minutes) => isMutable(minutes * minute)),
    [false, true, true, false],
  );
});
