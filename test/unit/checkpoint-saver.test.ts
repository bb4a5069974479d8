import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { readSent } from '../../ingestion/connector/checkpoint.ts';
import { openSaves } from '../../ingestion/connector/checkpoints.ts';
import { noSpan } from '../../ingestion/connector/delivered.ts';
import { emptyTally, readTraffic } from '../../ingestion/connector/statistics.ts';
import { openPool } from '../../ingestion/store/database.ts';
import { CheckpointSaver, type Unsaved } from '../../ingestion/sync/checkpoint-saver.ts';
import { DedupWindow } from '../../ingestion/sync/dedup-window.ts';
import { keyOf } from '../../ingestion/sync/event-keys.ts';
import { CuttableWay } from '../faults/schedule/cut.ts';
import { takeCheckpoint } from '../fixtures/checkpoint.ts';
import { plainConnector } from '../fixtures/connector.ts';
import { openTestStore } from '../scene/store.ts';

const now = Date.UTC(2026, 10, 24, 12);
let store: Awaited<ReturnType<typeof openTestStore>>;
let way: CuttableWay;
let pool: pg.Pool;

before(async () => {
  store = await openTestStore();
  const url = new URL(store.address.url);
  way = await CuttableWay.open(Number(url.port));
  url.port = String(way.port);
  pool = openPool({ connectionString: url.href }, 1);
});
after(async () => {
  await pool.end();
  await way.close();
  await store.close();
});

const connector = () => plainConnector(store.pool, now);

/** A poll, as far as it counts and saves; it has saved once, so that the connection is there. */
async function poll(connectorId: string, left: Unsaved | null = null) {
  const checkpoint = await takeCheckpoint(pool, connectorId);
  assert.ok(checkpoint);
  const tally = emptyTally();
  const saver = new CheckpointSaver({
    pool,
    saves: openSaves(pool),
    connectorId,
    checkpoint,
    window: new DedupWindow(),
    tally,
    now: () => now,
  });
  if (left) saver.takeOver(left);
  await saver.save();
  const send = (name: string, events: number) => {
    saver.remember(keyOf(name), noSpan);
    tally.events += events;
    return saver.save();
  };
  return { saver, send };
}

/** What people are told of how much was sent, twice, and how many keys are remembered. */
async function known(connectorId: string): Promise<{ sent?: number; counted: number; keys: number }> {
  const sent = (await readSent(store.pool, [connectorId])).get(connectorId)?.sentEvents;
  const { events } = await readTraffic(store.pool, connectorId, 0);
  const { rows } = await store.pool.query<{ keys: number }>(
    'select coalesce(sum(length(keys)) / 16, 0)::int as keys from delivered where connector_id = $1',
    [connectorId],
  );
  return { ...(sent !== undefined && { sent }), counted: events, keys: rows[0]?.keys ?? 0 };
}

for (const side of ['before', 'behind'] as const) {
  const what = side === 'before' ? 'did not reach the store' : 'had no answer';

  test(`a save that ${what} is made again as it was, and counts once`, async () => {
    const id = await connector();
    const { saver, send } = await poll(id);
    way.cutAt(1, side);
    await send('one', 10);
    assert.ok(saver.failure);
    way.mend();
    await send('two', 200);
    assert.deepEqual([await known(id), saver.unsaved], [{ sent: 210, counted: 210, keys: 2 }, null]);
  });

  test(`what a poll could not save because a save ${what} is saved by the next, and counts once`, async () => {
    const id = await connector();
    const { saver, send } = await poll(id);
    way.cutAt(1, side);
    await send('one', 10);
    await send('two', 200);
    way.mend();
    await poll(id, saver.unsaved);
    assert.deepEqual(await known(id), { sent: 210, counted: 210, keys: 2 });
  });
}

test('what is asked for while a save is under way goes into the next, all together', async () => {
  const id = await connector();
  const { saver, send } = await poll(id);
  const saves = async () => (await takeCheckpoint(store.pool, id))?.saves ?? 0;
  const first = send('one', 1);
  await new Promise(setImmediate);
  const others = [send('two', 2), send('three', 4)];
  await Promise.all([first, ...others]);
  await saver.done();
  assert.deepEqual(await known(id), { sent: 7, counted: 7, keys: 3 });
  assert.equal(await saves(), 3, 'the poll’s first, and two');
});

test('a connector whose row a stranger’s transaction holds keeps no other from saving', async () => {
  const [held, other] = [await connector(), await connector()];
  const saves = openSaves(store.pool);
  const save = async (connectorId: string) => {
    const checkpoint = await takeCheckpoint(store.pool, connectorId);
    assert.ok(checkpoint);
    const to = { ...checkpoint, saves: checkpoint.saves + 1 };
    return { connectorId, to, keys: new Uint8Array(16), span: noSpan, tally: { ...emptyTally(), events: 1 }, now };
  };
  const both = [await save(held), await save(other)];
  const stranger = await store.pool.connect();
  try {
    await stranger.query('begin');
    await stranger.query('select from connectors where id = $1 for update', [held]);
    assert.deepEqual(await Promise.all(both.map((one) => saves.do(one))), [false, true]);
  } finally {
    await stranger.query('rollback');
    stranger.release();
  }
  assert.deepEqual(await Promise.all(both.map((one) => saves.do(one))), [true, false]);
});

test('an event that is put aside counts as refused with the save, and not when it comes again', async () => {
  const id = await connector();
  const { saver } = await poll(id);
  const event = { uuid: 'u', published: '2026-11-24T12:00:00.000Z', reason: 'refused', bytes: Buffer.from('{}') };
  saver.putAside(event);
  await saver.save();
  saver.putAside(event);
  await saver.save();
  assert.equal(saver.refused, 1);
  assert.equal((await readSent(store.pool, [id])).get(id)?.refusedEvents, 1);
  assert.equal((await readTraffic(store.pool, id, 0)).refused, 1);
});
