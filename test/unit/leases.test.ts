import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heldLeases, Leases, pruneLeases } from '../../ingestion/store/leases.ts';
import { openTestStore } from '../scene/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

/** As if so many seconds had passed without a sign of life. */
const silentFor = (seconds: number) =>
  store.pool.query(`update leases set until = until - $1 * interval '1 second'`, [seconds]);

test('one process at a time has a lease; it is free again at the end, and when the work throws', async () => {
  const { pool, leases } = store;
  const other = new Leases(pool);
  await leases.whileHeld('a', async () => {
    assert.equal(await other.whileHeld('a', async () => 'twice'), null);
    assert.equal(await leases.whileHeld('a', async () => 'twice'), null, 'nor twice in one process');
    assert.equal(await other.whileHeld('b', async () => 'other'), 'other');
    assert.deepEqual(await heldLeases(pool, ['a', 'b']), new Set(['a']));
    assert.deepEqual([leases.count, other.count], [1, 0]);
  });
  await assert.rejects(
    leases.whileHeld('a', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await other.whileHeld('a', async () => 'free'), 'free');
});

test('of many who want the same leases at once each gets some, and none is given twice', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `crowd ${at}`);
  const got = await Promise.all(Array.from({ length: 6 }, () => new Leases(store.pool).take(names)));
  assert.deepEqual(got.flat().sort(), [...names].sort());
});

test('whoever gives no sign of life loses its lease after 20 seconds, and does not take it back from the next', async () => {
  const { pool } = store;
  const [still, next] = [new Leases(pool), new Leases(pool)];
  assert.deepEqual(await still.take(['c']), ['c']);
  await silentFor(19);
  assert.deepEqual(await next.take(['c']), []);
  await silentFor(1);
  assert.deepEqual(await still.take(['c']), [], 'what it began may still be under way');
  assert.deepEqual(await next.take(['c']), ['c']);
  await still.release('c');
  assert.deepEqual(await heldLeases(pool, ['c']), new Set(['c']));
});

test('a lease whose row a stranger’s transaction holds keeps nobody from giving back or taking others', async () => {
  const { pool } = store;
  const [one, next] = [new Leases(pool), new Leases(pool)];
  assert.deepEqual((await one.take(['e', 'f', 'g'])).sort(), ['e', 'f', 'g']);
  await silentFor(21);
  const stranger = await pool.connect();
  try {
    await stranger.query(`begin; select from leases where name = 'e' for update`);
    await Promise.all([one.release('e'), one.release('f')]);
    assert.deepEqual((await next.take(['e', 'f', 'g'])).sort(), ['f', 'g']);
  } finally {
    await stranger.query('rollback');
    stranger.release();
  }
  assert.deepEqual(await next.take(['e']), ['e']);
});

test('what died with its process is taken away after an hour', async () => {
  const { pool } = store;
  await new Leases(pool).take(['d']);
  await silentFor(3_600);
  await pruneLeases(pool);
  const left = async () => (await pool.query(`select from leases where name = 'd'`)).rowCount;
  assert.equal(await left(), 1);
  await silentFor(30);
  await pruneLeases(pool);
  assert.equal(await left(), 0);
});
