import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
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
  for (let i = 0; i < 450_000; i++) window.add(keyOf(eventUuid(2, i)), 0);
  for (let i = 250_000; i < 450_000; i++) assert.equal(window.has(keyOf(eventUuid(2, i)), 0), true);
  assert.equal(window.has(keyOf(eventUuid(2, 0)), 0), false);
});

test('a window is good for the poll after its own; else it is filled from the store', async () => {
  const windows = new DedupWindows();
  let reads = 0;
  const delivered = async () => {
    reads++;
    return [bytesOf(keyOf('stored'))];
  };
  const first = await windows.take('c', 7, delivered);
  first.add(keyOf('mine'), 0);
  windows.keep('c', 7, first);
  assert.equal((await windows.take('c', 8, delivered)).has(keyOf('mine'), 0), true);
  windows.keep('c', 8, first);
  const later = await windows.take('c', 10, delivered);
  assert.deepEqual([later.has(keyOf('mine'), 0), later.has(keyOf('stored'), 0), reads], [false, true, 2]);
});
