import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { scanPage } from '../../ingestion/okta/page-scanner.ts';
import { splitChunks, writeChunk } from '../../ingestion/sync/chunks.ts';
import { Compressor } from '../../ingestion/sync/compressor.ts';
import { eventBytes } from '../sims/events.ts';

function made(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => eventBytes({ seed: 3, index, publishedAt: 1_790_000_000_000 }));
}

function pageOf(bodies: Buffer[], between = ','): Buffer {
  return Buffer.from(`[${bodies.map(String).join(between)}]`);
}

/** The bodies of a page's chunks, and the rows that fit in none. */
function pack(page: Buffer, limit: number, most = limit): { bodies: string[]; oversize: number[] } {
  const events = scanPage(page);
  const { chunks, oversize } = splitChunks(events, events.keys(), { bytes: limit, most });
  const bodies = chunks.map((chunk) => writeChunk(page, events, chunk, Buffer.alloc(chunk.bytes + 5, '.')).toString());
  return { bodies, oversize };
}

test('every event is in one chunk, in order, as few as fit, each a JSON array within the limit', () => {
  for (const between of [',', ' ,\n']) {
    const bodies = made(150);
    const page = pageOf(bodies, between);
    for (const limit of [8_000, 20_000, 1_000_000]) {
      const packed = pack(page, limit);
      assert.deepEqual(packed.oversize, []);
      const parts = packed.bodies.map((body) => (JSON.parse(body) as object[]).map((event) => JSON.stringify(event)));
      assert.deepEqual(parts.flat(), bodies.map(String));
      for (const [index, body] of packed.bodies.entries()) {
        assert.equal(body, `[${parts[index]?.join(',')}]`);
        assert.ok(body.length <= limit);
        const next = parts[index + 1]?.[0];
        if (next) assert.ok(Buffer.byteLength(body) + 1 + Buffer.byteLength(next) > limit, 'the next one had no room');
      }
    }
  }
});

test('what is not asked for is left out, wherever it stands', () => {
  const page = pageOf(made(9));
  const events = scanPage(page);
  const rows = [1, 2, 5, 6, 7];
  const [chunk, ...more] = splitChunks(events, rows, { bytes: 1_000_000, most: 1_000_000 }).chunks;
  assert.deepEqual([chunk?.rows, more.length], [rows, 0]);
  const body = chunk && writeChunk(page, events, chunk, Buffer.alloc(chunk.bytes));
  assert.deepEqual(
    scanPage(body ?? Buffer.alloc(0)).map(({ uuid }) => uuid),
    rows.map((row) => events[row]?.uuid),
  );
});

test('a chunk is filled to the last byte, and only what is larger is set aside', () => {
  const page = Buffer.from('[{"a":"123"},{"b":"1"},{"c":"2"},{}]');
  const at = (limit: number, most = limit) => {
    const { bodies, oversize } = pack(page, limit, most);
    return [...bodies, ...oversize.map((row) => `oversize ${row}`)];
  };
  assert.deepEqual(at(page.length), [page.toString()]);
  assert.deepEqual(at(13), ['[{"a":"123"}]', '[{"b":"1"}]', '[{"c":"2"}]', '[{}]']);
  assert.deepEqual(at(14), ['[{"a":"123"}]', '[{"b":"1"}]', '[{"c":"2"},{}]']);
  assert.deepEqual(at(12), ['[{"b":"1"}]', '[{"c":"2"}]', '[{}]', 'oversize 0']);
  assert.deepEqual(at(4), ['[{}]', 'oversize 0', 'oversize 1', 'oversize 2']);
  assert.deepEqual(at(3).length, 4);
  assert.deepEqual(pack(Buffer.from('[]'), 100), { bodies: [], oversize: [] });
});

test('an event larger than the chunks, and not than a call may be, goes alone', () => {
  const page = Buffer.from('[{},{"a":"123"},{},{}]');
  assert.deepEqual(pack(page, 10, 13).bodies, ['[{}]', '[{"a":"123"}]', '[{},{}]']);
});

test('chunks that are packed side by side in the same memory each come out as they were', async () => {
  const compressor = new Compressor(2);
  const page = pageOf(made(60), ' ,\n');
  const events = scanPage(page);
  for (const limit of [20_000, 50_000]) {
    const { chunks } = splitChunks(events, events.keys(), { bytes: limit, most: limit });
    const packed = await Promise.all(chunks.map((chunk) => compressor.body({ body: page, events }, chunk)));
    assert.deepEqual(
      packed.map((body) => gunzipSync(body).toString()),
      chunks.map((chunk) => writeChunk(page, events, chunk, Buffer.alloc(chunk.bytes)).toString()),
    );
  }
});
