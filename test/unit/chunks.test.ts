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
  const bodies = chunks.map((chunk) =>
    writeChunk({ body: page, events: events }, chunk, Buffer.alloc(chunk.bytes + 5, '.')).toString(),
  );
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
  const body = chunk && writeChunk({ body: page, events: events }, chunk, Buffer.alloc(chunk.bytes));
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
  const compressor = new Compressor({ atOnce: 2 });
  const page = pageOf(made(60), ' ,\n');
  const events = scanPage(page);
  for (const limit of [20_000, 50_000]) {
    const { chunks } = splitChunks(events, events.keys(), { bytes: limit, most: limit });
    const packed = await Promise.all(chunks.map((chunk) => compressor.body({ body: page, events }, chunk)));
    assert.deepEqual(
      packed.map((body) => gunzipSync(body).toString()),
      chunks.map((chunk) => writeChunk({ body: page, events: events }, chunk, Buffer.alloc(chunk.bytes)).toString()),
    );
  }
});

test('without compression, a body is the array itself, in memory of its own', async () => {
  const page = pageOf(made(3));
  const source = { body: page, events: scanPage(page) };
  const [chunk] = splitChunks(source.events, source.events.keys(), { bytes: 1_000_000, most: 1_000_000 }).chunks;
  const body = chunk && (await new Compressor({ compression: 'none' }).body(source, chunk));
  const sent = page.toString();
  page.fill(0);
  assert.equal(body?.toString(), sent);
});

/** The rows of each chunk, of events that stand so many bytes long one behind the other. */
function split(
  lengths: number[],
  bytes: number,
  most = 1_000,
): { rows: number[][]; sizes: number[]; oversize: number[] } {
  let at = 1;
  const events = lengths.map((length) => {
    const start = at;
    at += length + 1;
    return { start, end: start + length, uuid: '', published: '' };
  });
  const { chunks, oversize } = splitChunks(events, events.keys(), { bytes, most });
  return { rows: chunks.map(({ rows }) => rows), sizes: chunks.map((chunk) => chunk.bytes), oversize };
}

test('brackets and commas count: to the byte', () => {
  // Two events of 10 bytes are 23: a bracket, the first, a comma, the second, a bracket.
  const rows: [lengths: number[], bytes: number, expected: number[][], sizes: number[]][] = [
    [[10, 10], 23, [[0, 1]], [23]],
    [[10, 10], 22, [[0], [1]], [12, 12]],
    [[10], 12, [[0]], [12]],
    [[10], 1, [[0]], [12]],
    [[10, 10, 10], 34, [[0, 1, 2]], [34]],
    [[10, 10, 10], 33, [[0, 1], [2]], [23, 12]],
    [[2, 30, 2, 2], 10, [[0], [1], [2, 3]], [4, 32, 7]],
    [[], 10, [], []],
  ];
  for (const [lengths, bytes, expected, sizes] of rows) {
    const found = split(lengths, bytes);
    assert.deepEqual([found.rows, found.sizes, found.oversize], [expected, sizes, []], `${lengths} by ${bytes}`);
  }
});

test('an event is too large when it is so with its brackets', () => {
  assert.deepEqual(split([10, 11, 2], 100, 12), { rows: [[0, 2]], sizes: [15], oversize: [1] });
  assert.deepEqual(split([98, 99], 100, 100), { rows: [[0]], sizes: [100], oversize: [1] });
  assert.deepEqual(split([2, 30, 2], 10, 20), { rows: [[0, 2]], sizes: [7], oversize: [1] });
});

test('events are copied as they stand, neighbours or not, and nothing behind the chunk is touched', () => {
  const page = Buffer.from('[{"a":1},{"b":2} ,{"c":3},{},{"d":4}]');
  const events = scanPage(page);
  const rows: [rows: number[], body: string][] = [
    [[0, 1, 2, 3, 4], '[{"a":1},{"b":2},{"c":3},{},{"d":4}]'],
    [[0, 2, 4], '[{"a":1},{"c":3},{"d":4}]'],
    [[1, 2], '[{"b":2},{"c":3}]'],
    [[2, 3, 4], '[{"c":3},{},{"d":4}]'],
    [[3], '[{}]'],
    [[4, 0], '[{"d":4},{"a":1}]'],
  ];
  for (const [chosen, body] of rows) {
    const into = Buffer.alloc(60, '.');
    const written = writeChunk({ body: page, events: events }, { rows: chosen, bytes: body.length }, into);
    assert.equal(written.toString(), body);
    assert.equal(into.toString(), body.padEnd(60, '.'));
    assert.equal(written.buffer, into.buffer, 'in its place');
  }
});
