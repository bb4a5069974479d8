import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../ingestion/okta/buffer-pool.ts';

const megabyte = 1024 * 1024;

test('a page that was given back is lent again, and one that was not never is', () => {
  const memory = new BufferPool();
  const first = memory.take(2_700_000);
  const second = memory.take(2_700_000);
  assert.deepEqual([first.length, second.length], [2_700_000, 2_700_000]);
  assert.notEqual(first.buffer, second.buffer);
  memory.give(first.subarray(0, 100));
  assert.equal(memory.take(2_600_000).buffer, first.buffer);
  assert.notEqual(memory.take(2_600_000).buffer, second.buffer);
});

test('to give a page back twice changes nothing', () => {
  const memory = new BufferPool();
  const page = memory.take(10);
  memory.give(page);
  memory.give(page);
  assert.notEqual(memory.take(10).buffer, memory.take(10).buffer);
});

test('a small page does not hold a large one', () => {
  const memory = new BufferPool();
  const large = memory.take(50 * megabyte);
  memory.give(large);
  assert.notEqual(memory.take(10).buffer, large.buffer);
});

test('while too much is in hand, nobody may take more; room is made by what is given back', async () => {
  const memory = new BufferPool();
  const never = new AbortController().signal;
  const pages = [memory.take(40 * megabyte), memory.take(40 * megabyte)];
  let waited = false;
  const waiting = memory.room(never).then(() => {
    waited = true;
  });
  await new Promise(setImmediate);
  assert.equal(waited, false);
  for (const page of pages) memory.give(page);
  await waiting;
  await memory.room(never);
});

test('who waits for room goes when the poll is over', async () => {
  const memory = new BufferPool();
  memory.take(100 * megabyte);
  const over = new AbortController();
  const waiting = memory.room(over.signal);
  over.abort(new Error('over'));
  await assert.rejects(waiting, /over/);
});
