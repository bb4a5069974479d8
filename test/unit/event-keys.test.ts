import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { scanPage } from '../../ingestion/okta/page-scanner.ts';
import {
  bytesOf,
  fromBytes,
  joinKeys,
  KeySet,
  type Keys,
  keyOf,
  keysOf,
  pickKeys,
} from '../../ingestion/sync/event-keys.ts';

const uuid = '01234567-89ab-cdef-fedc-ba9876543210';
const other = 'a1b2c3d4-e5f6-4789-9abc-def012345678';

/** A key in hexadecimal, as it was written down when it was first stored. */
function hex(keys: Keys): string {
  return [...keys].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function hashed(kind: string, bytes: Buffer): string {
  return createHash('sha256').update(kind).update(bytes).digest('hex').slice(0, 32);
}

test('the key of a UUID is its 128 bits, and that of any other id a hash', () => {
  assert.equal(hex(keyOf(uuid)), uuid.replaceAll('-', ''));
  assert.equal(hex(keyOf('ffffffff-ffff-ffff-ffff-ffffffffffff')), 'f'.repeat(32));
  assert.equal(hex(keyOf('00000000-0000-0000-0000-000000000001')), '1'.padStart(32, '0'));
  const others = [
    uuid.toUpperCase(),
    uuid.replaceAll('-', ''),
    `${uuid}0`,
    `0${uuid}`,
    `${uuid}\n`,
    uuid.replace('a', 'g'),
    uuid.replace('-', '_'),
    'id of its own',
    '€',
    '',
  ];
  for (const id of others) assert.equal(hex(keyOf(id)), hashed('id ', Buffer.from(id, 'utf16le')), id);
});

test('the events of a page are known by their ids, one without an id by its bytes', () => {
  const page = Buffer.from(
    `[{"uuid":"${uuid}"}, {"uuid":"own"},{"a":1},{"a":2},{"uuid":""},{"a":1},{"uuid":"{\\"a\\":1}"},{"uuid":"${uuid}"},{"uuid":"${other}"}]`,
  );
  const keys = keysOf(page, scanPage(page));
  const at = (row: number) => hex(keys.subarray(4 * row, 4 * row + 4));
  assert.equal(keys.length, 36);
  assert.deepEqual([at(0), at(1)], [hex(keyOf(uuid)), hex(keyOf('own'))]);
  assert.deepEqual(
    [at(2), at(3), at(4)],
    ['{"a":1}', '{"a":2}', '{"uuid":""}'].map((text) => hashed('event ', Buffer.from(text))),
  );
  assert.equal(at(5), at(2), 'the same event');
  assert.notEqual(at(6), at(2), 'an id that looks like an event is none');
  assert.deepEqual(
    [at(7), at(8)],
    [uuid, other].map((id) => id.replaceAll('-', '')),
  );
});

test('keys of some rows are picked in their order, and several lists of keys are joined in theirs', () => {
  const keys = Uint32Array.from({ length: 20 }, (_, index) => index + 1);
  assert.deepEqual([...pickKeys(keys, [3, 0])], [13, 14, 15, 16, 1, 2, 3, 4]);
  assert.deepEqual([...pickKeys(keys, new Set([1]))], [5, 6, 7, 8]);
  assert.deepEqual([...pickKeys(keys, [])], []);
  assert.deepEqual([...pickKeys(keys, [0, 1, 2, 3, 4])], [...keys]);
  assert.deepEqual(
    [...joinKeys([keys.subarray(4, 8), keys.subarray(0, 4), keys.subarray(0, 0), keys.subarray(8, 12)])],
    [5, 6, 7, 8, 1, 2, 3, 4, 9, 10, 11, 12],
  );
  assert.deepEqual([...joinKeys([])], []);
});

test('keys come out of the store as they went in, wherever in memory its bytes lie', () => {
  const keys = joinKeys([keyOf('a'), keyOf(uuid), keyOf('b')]);
  const middle = keys.subarray(4, 8);
  assert.deepEqual(fromBytes(bytesOf(keys)), keys);
  assert.deepEqual(fromBytes(bytesOf(middle)), middle);
  assert.equal(bytesOf(middle).length, 16);
  const stored = Buffer.concat([Buffer.from('x'), bytesOf(keys), Buffer.from('xyz')]);
  const read = fromBytes(stored.subarray(1, 49));
  assert.deepEqual(read, keys);
  stored.fill(0);
  assert.deepEqual(read, keys, 'a copy');
});

/** Keys of all kinds that could fall together: counted in one word, low or high, and spread at random. */
function manyKeys(count: number): Keys {
  const keys = new Uint32Array(4 * count);
  let state = 1;
  for (let row = 0; row < count; row++) {
    const kind = row % 9;
    const number = Math.floor(row / 9) + 1;
    if (kind < 4) keys[4 * row + kind] = number;
    else if (kind < 8) keys[4 * row + kind - 4] = number << 16;
    else
      for (let word = 0; word < 4; word++)
        keys[4 * row + word] = state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  }
  return keys;
}

test('a set holds exactly the keys that were put in, through all its growing, each once', () => {
  const all = manyKeys(18_000);
  for (const expected of [0, 8, 9, 500, 10_000]) {
    const set = new KeySet(expected);
    for (let row = 0; row < 9_000; row++) {
      assert.equal(set.has(all, row), false);
      set.add(all, row);
      assert.equal(set.has(all, row), true);
      assert.equal(set.size, row + 1);
      set.add(all, row);
      assert.equal(set.size, row + 1, 'twice is once');
    }
    for (let row = 0; row < 18_000; row++) assert.equal(set.has(all, row), row < 9_000, `${expected}: ${row}`);
  }
});

test('a set is found its way through from every slot, the last one too', () => {
  // Sixteen slots, half full: in hundreds of them, some key lies in the last slot and another has to go on at the first.
  const all = manyKeys(8 * 600);
  for (let from = 0; from < all.length / 4; from += 8) {
    const set = new KeySet(0);
    for (let row = from; row < from + 8; row++) set.add(all, row);
    for (let row = from; row < from + 8; row++) assert.equal(set.has(all, row), true);
    for (let row = from + 8; row < Math.min(from + 40, all.length / 4); row++) assert.equal(set.has(all, row), false);
    assert.equal(set.size, 8);
  }
});
