import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { emptyTally } from '../../ingestion/connector/statistics.ts';
import { DedupWindow, DedupWindows } from '../../ingestion/sync/dedup-window.ts';
import { bytesOf, keyOf } from '../../ingestion/sync/event-keys.ts';
import { eventUuid } from '../sims/events.ts';

test('a window knows exactly what was put in, uuids of any form among them, through all its growing', () => {
  const window = new DedupWindow();
  const inside = [
    ...Array.from({ length: 50_000 }, (_, i) => eventUuid(1, i)),
    'id of its own',
    'ID OF ITS OWN',
    '€',
    '',
  ];
  for (const uuid of inside) window.add(keyOf(uuid), 0);
  for (const uuid of inside) assert.equal(window.has(keyOf(uuid), 0), true, uuid);
  for (let i = 0; i < 100_000; i++) assert.equal(window.has(keyOf(randomUUID()), 0), false);
  for (let i = 50_000; i < 100_000; i++) assert.equal(window.has(keyOf(eventUuid(1, i)), 0), false);
  assert.equal(window.has(keyOf((inside[0] ?? '').toUpperCase()), 0), false, 'another spelling is another id');
});

test('a window holds the last 200,000 and forgets the oldest beyond twice that', () => {
  const window = new DedupWindow();
  const keys = counted(0, 450_000);
  for (let i = 0; i < 450_000; i++) window.add(keys, i);
  for (let i = 250_000; i < 450_000; i++) assert.equal(window.has(keys, i), true);
  assert.equal(window.has(keys, 0), false);
});

test('a window, with what could not be saved, is good for the poll after its own and no other', () => {
  const windows = new DedupWindows();
  assert.equal(windows.take('c', 7), null);
  const kept = {
    window: new DedupWindow(),
    unsaved: { tried: null, keys: keyOf('mine'), aside: [], tally: emptyTally() },
  };
  windows.keep('c', 7, kept);
  const again = windows.take('c', 8);
  assert.deepEqual([again?.window === kept.window, again?.unsaved === kept.unsaved], [true, true]);
  windows.keep('c', 8, kept);
  assert.equal(windows.take('c', 10), null);
});

/** So many different keys, from the `first` on. */
function counted(first: number, count: number): Uint32Array {
  const keys = new Uint32Array(4 * count);
  for (let row = 0; row < count; row++) keys.set([first + row, 0, 0, 1], 4 * row);
  return keys;
}

test('the oldest 200,000 are forgotten with the 400,001st, and not before', () => {
  const keys = counted(0, 400_001);
  const window = new DedupWindow();
  const known = (row: number) => window.has(keys, row);
  for (let row = 0; row < 400_000; row++) {
    window.add(keys, row);
    if (row === 199_999 || row === 200_000) assert.deepEqual([known(0), known(row)], [true, true]);
  }
  assert.deepEqual([known(0), known(199_999), known(200_000), known(399_999)], [true, true, true, true]);
  window.add(keys, 400_000);
  assert.deepEqual(
    [known(0), known(199_999), known(200_000), known(399_999), known(400_000)],
    [false, false, true, true, true],
  );
});

test('the log is read as far as the median of the last sixteen events, wherever in pages they came', () => {
  const sixteen = Array.from({ length: 16 }, (_, index) => (index + 1) * 1_000);
  const after = (...pages: number[][]) => {
    const window = new DedupWindow();
    let watermark: number | null = null;
    for (const times of pages) watermark = window.watermark(times, null);
    return watermark;
  };
  assert.equal(after(sixteen.slice(1)), null, 'fifteen tell nothing');
  assert.equal(after(sixteen), 8_000);
  assert.equal(after(sixteen.toReversed()), 8_000);
  assert.equal(after(sixteen.slice(0, 9), sixteen.slice(9)), 8_000);
  assert.equal(after(sixteen.slice(0, 15), []), null);
  assert.equal(after([1, 2, 3, 4], sixteen), 8_000, 'only the last sixteen');
  assert.equal(after([99_000], sixteen), 8_000);
  assert.equal(after(sixteen, [17_000]), 9_000);
  assert.equal(after([5, 4, 30, 200, 1, 9, 1_000, 7, 80, 6, 3, 2, 8, 10, 70, 60]), 8, 'as numbers, not as words');
});

test('a few events from the future move nothing; where most are later than Okta’s own time nothing can be told', () => {
  const at = (early: number, serverTime: number | null) => {
    const times = Array.from({ length: 16 }, (_, index) => (index < early ? 1_000 + index : 9_000));
    return new DedupWindow().watermark(times, serverTime);
  };
  assert.deepEqual([at(16, 5_000), at(8, 5_000), at(7, 5_000)], [1_007, 1_007, null]);
  assert.deepEqual([at(0, 9_000), at(0, 8_999), at(0, null)], [9_000, null, 9_000]);
});

test('all keys of the store are in the window', () => {
  const window = DedupWindow.from([bytesOf(counted(0, 3)), Buffer.alloc(0), bytesOf(counted(10, 2))]);
  const known = (first: number, count: number) =>
    Array.from({ length: count }, (_, row) => window.has(counted(first, count), row));
  assert.deepEqual(
    [known(0, 4), known(9, 4)],
    [
      [true, true, true, false],
      [false, true, true, false],
    ],
  );
});

test('a window is lent to one poll at a time, and only fifty are kept', () => {
  const windows = new DedupWindows();
  const kept = { window: new DedupWindow(), unsaved: null };
  const has = (connectorId: string, version: number) => windows.take(connectorId, version) !== null;
  windows.keep('c', 7, kept);
  assert.equal(has('d', 8), false, 'another connector’s');
  assert.equal(has('c', 8), true);
  assert.equal(has('c', 8), false, 'it was lent');
  for (const version of [6, 7, 9]) {
    windows.keep('c', 7, kept);
    assert.equal(has('c', version), false, `${version}`);
  }
  for (let index = 0; index <= 50; index++) windows.keep(`${index}`, 1, kept);
  assert.deepEqual([has('0', 2), has('1', 2), has('50', 2)], [false, true, true]);
});

test('a window that is filled from the store turns as one that was filled poll by poll', () => {
  const stored = [bytesOf(counted(0, 100_000)), bytesOf(counted(100_000, 100_000))];
  const window = DedupWindow.from(stored);
  const keys = counted(0, 400_001);
  for (let row = 0; row < 200_000; row++) assert.equal(window.has(keys, row), true);
  for (let row = 200_000; row < 400_000; row++) window.add(keys, row);
  assert.equal(window.has(keys, 0), true);
  window.add(keys, 400_000);
  assert.equal(window.has(keys, 199_999), false);
});
