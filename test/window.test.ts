import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Window, Windows } from '../ingestion/window.ts';
import { eventUuid } from './sims/events.ts';

test('a window knows exactly what was put in, uuids of any form among them, through all its growing', () => {
  const window = new Window();
  const inside = [
    ...Array.from({ length: 50_000 }, (_, i) => eventUuid(1, i)),
    'id of its own',
    'ID OF ITS OWN',
    '€',
    '',
  ];
  for (const uuid of inside) window.add(uuid);
  for (const uuid of inside) assert.equal(window.has(uuid), true, uuid);
  for (let i = 0; i < 100_000; i++) assert.equal(window.has(randomUUID()), false);
  for (let i = 50_000; i < 100_000; i++) assert.equal(window.has(eventUuid(1, i)), false);
  assert.equal(window.has((inside[0] ?? '').toUpperCase()), false, 'another spelling is another id');
});

test('a window holds the last 200,000 and forgets the oldest beyond twice that', () => {
  const window = new Window();
  for (let i = 0; i < 450_000; i++) window.add(eventUuid(2, i));
  for (let i = 250_000; i < 450_000; i++) assert.equal(window.has(eventUuid(2, i)), true);
  assert.equal(window.has(eventUuid(2, 0)), false);
});

test('a window is good for the beat after its own; else it is filled from the store', async () => {
  const windows = new Windows();
  let reads = 0;
  const delivered = async () => {
    reads++;
    return ['stored'];
  };
  const first = await windows.take('c', 7, delivered);
  first.add('mine');
  windows.keep('c', 7, first);
  assert.equal((await windows.take('c', 8, delivered)).has('mine'), true);
  windows.keep('c', 8, first);
  const later = await windows.take('c', 10, delivered);
  assert.deepEqual([later.has('mine'), later.has('stored'), reads], [false, true, 2]);
});
