import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { noSpan } from '../../ingestion/connector/delivered.ts';
import { emptyTally } from '../../ingestion/connector/statistics.ts';
import { DedupWindow } from '../../ingestion/sync/dedup-window.ts';
import { DedupWindows } from '../../ingestion/sync/dedup-windows.ts';
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

test('a window, with what could not be saved, is good for the poll after its own and no other', () => {
  const windows = new DedupWindows(1e6);
  assert.equal(windows.take('c', 7), null);
  const kept = {
    window: new DedupWindow(),
    unsaved: { tried: null, keys: keyOf('mine'), span: noSpan, aside: [], tally: emptyTally() },
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

/** A segment whose events were published in these minutes, with the first of them as its id. */
const segment = (from: number, to: number, ahead: string | null = null) => ({
  id: from,
  oldest: minute(from),
  newest: minute(to),
  ahead,
});

const minute = (at: number) => `2026-11-24T12:${String(at).padStart(2, '0')}:00.000Z`;

test('of the store’s keys the latest are in the window, and those of a segment once it is recalled', () => {
  const window = DedupWindow.from({
    segments: [segment(0, 9), segment(10, 19)],
    since: [bytesOf(counted(20, 3)), Buffer.alloc(0), bytesOf(counted(30, 1))],
  });
  const known = (...firsts: number[]) => firsts.map((first) => window.has(counted(first, 1), 0));
  assert.deepEqual(known(0, 10, 20, 22, 30, 31), [false, false, true, true, true, false]);
  window.recall(0, bytesOf(counted(0, 1)));
  assert.deepEqual(known(0, 1), [true, false]);
  window.release();
  assert.deepEqual(known(0, 20), [false, true]);
});

test('a segment is recalled for events of its time alone, for as long as such come', () => {
  const segments = [segment(0, 9), segment(9, 19, '2026-12-24T00:00:00.000Z'), segment(20, 29)];
  const window = DedupWindow.from({ segments, since: [] });
  assert.deepEqual(window.missing([minute(30), minute(50)]), [], 'what is newer than all');
  assert.deepEqual(window.missing([minute(9), minute(50)]), [0, 9]);
  assert.deepEqual(window.missing([minute(25)]), [20]);
  window.recall(20, bytesOf(counted(5, 1)));
  assert.deepEqual(window.missing([minute(21)]), []);
  assert.deepEqual([window.missing([minute(40)]), window.has(counted(5, 1), 0)], [[], false], 'it is let go');
  assert.deepEqual(window.missing(['9999-12-31T00:00:00.000Z']), [9], 'an odd time is looked for where there was one');
  assert.deepEqual(window.missing(['']), []);
});

test('what is joined stays in memory until the next join, as some of it may not have been saved, and is recalled from then on', () => {
  const window = new DedupWindow();
  const keys = counted(0, 3);
  window.add(keys, 0);
  for (let save = 1; save < 16; save++) assert.equal(window.noteSave(), false, `${save}`);
  assert.equal(window.noteSave(), true, 'sixteen rows are to be joined');
  window.noteJoined([segment(0, 9)]);
  assert.equal(window.noteSave(), false);
  window.add(keys, 1);
  assert.deepEqual([window.has(keys, 0), window.missing([minute(5)])], [true, [0]]);
  window.noteJoined([segment(1, 19)]);
  assert.deepEqual([window.has(keys, 0), window.has(keys, 1), window.missing([minute(5)])], [false, true, [1]]);
});

test('a window is lent to one poll at a time', () => {
  const windows = new DedupWindows(1e6);
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
});

test('windows are kept up to so many bytes, whatever their size, the latest first', () => {
  const windows = new DedupWindows(2_000_000);
  for (let index = 0; index < 10; index++) {
    const window = new DedupWindow();
    const keys = counted(0, 10_000);
    for (let row = 0; row < 10_000; row++) window.add(keys, row);
    windows.keep(`${index}`, 1, { window, unsaved: null });
    assert.ok(windows.bytes <= 2_000_000);
  }
  for (let index = 0; index < 100; index++)
    windows.keep(`small ${index}`, 1, { window: new DedupWindow(), unsaved: null });
  assert.deepEqual(
    [windows.take('0', 2), windows.take('8', 2) === null, windows.take('9', 2) === null],
    [null, false, false],
  );
  assert.ok(windows.take('small 0', 2));
});
