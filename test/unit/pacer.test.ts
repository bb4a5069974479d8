import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../bot/teams/pacer.ts';

const patienceMs = 10_000;

test('what is sent at once to one place, or to many, is spread over the time that Teams wants', () => {
  const rows: [what: string, place: (index: number) => string | null, calls: number, waitMs: number][] = [
    ['the last that one place takes at once', () => 'a', 7, 126],
    ['one more there', () => 'a', 8, 1_100],
    ['two more there', () => 'a', 9, 2_100],
    ['the first of many places', String, 1, 0],
    ['the second', String, 2, 21],
    ['the last within a second', String, 48, 987],
    ['edits, which no place limits', () => null, 48, 987],
  ];
  for (const [what, place, calls, waitMs] of rows) {
    const pacer = new Pacer({ now: () => 0 });
    const waits = Array.from({ length: calls }, (_, index) => pacer.reserve(place(index), patienceMs));
    assert.equal(waits.at(-1), waitMs, what);
  }
});

test('whoever would wait too long for a turn has none, and takes none from others', () => {
  let now = 0;
  const pacer = new Pacer({ now: () => now });
  for (let call = 0; call < 7; call++) pacer.reserve('a', 1_000);
  assert.equal(pacer.reserve('a', 1_000), 1_100);
  now = 1_100;
  assert.equal(pacer.reserve('a', 1_000), 0);
});

test('a question that can wait is asked while little is sent', () => {
  let now = 0;
  const pacer = new Pacer({ now: () => now });
  for (let call = 0; call < 9; call++) pacer.reserve(String(call), 1_000);
  assert.deepEqual([pacer.hasSpare(), pacer.hasSpare()], [true, false]);
  now = 1_000;
  assert.equal(pacer.hasSpare(), true);
});
