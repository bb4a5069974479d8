import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readCheckpoint } from '../../ingestion/connector/checkpoint.ts';
import { rewindCheckpoint, saveCheckpoint } from '../../ingestion/connector/checkpoints.ts';
import {
  joinDelivered,
  joinSpans,
  mayHold,
  noSpan,
  readDelivered,
  readSegments,
  spanOf,
} from '../../ingestion/connector/delivered.ts';
import { emptyTally } from '../../ingestion/connector/statistics.ts';
import { transaction } from '../../ingestion/store/database.ts';
import { plainConnector } from '../fixtures/connector.ts';
import { openTestStore } from '../scene/store.ts';

const now = Date.UTC(2026, 10, 24, 12);
let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

const connector = () => plainConnector(store.pool, now);

const at = (second: number) => new Date(now + second * 1000).toISOString();

/** Saves so many keys, each with the same byte, of events of this second. */
async function save(connectorId: string, { byte, keys, second }: { byte: number; keys: number; second: number }) {
  const checkpoint = await readCheckpoint(store.pool, connectorId);
  assert.ok(checkpoint);
  const to = { ...checkpoint, saves: checkpoint.saves + 1 };
  const span = spanOf([at(second)], at(86_400));
  await saveCheckpoint(store.pool, {
    connectorId,
    to,
    keys: Buffer.alloc(16 * keys, byte),
    span,
    tally: emptyTally(),
    now,
  });
}

const join = (id: string, version = 0) => joinDelivered(store.pool, id, version);

test('a span is from the oldest to the newest, and what was yet to come lies outside', () => {
  const span = spanOf([at(5), at(1), at(99), at(3), at(100)], at(50));
  assert.deepEqual(span, { oldest: at(1), newest: at(5), ahead: at(99) });
  assert.deepEqual(spanOf([], at(0)), noSpan);
  assert.deepEqual(joinSpans(span, spanOf([at(7)], at(50))), { oldest: at(1), newest: at(7), ahead: at(99) });
  assert.deepEqual(joinSpans(noSpan, span), span);
  const held = [at(0), at(1), at(5), at(6), at(98), at(99), at(1_000)].map((published) => mayHold(span, published));
  assert.deepEqual(held, [false, true, true, false, false, true, true]);
  assert.equal(mayHold(noSpan, at(0)), false);
});

test('what many saves have left is joined to a segment in their order, which grows until it is large enough', async () => {
  const id = await connector();
  for (let byte = 1; byte <= 3; byte++) await save(id, { byte, keys: 1, second: 10 * byte });
  const [small] = (await join(id)) ?? [];
  assert.ok(small);
  assert.deepEqual({ ...small, id: 0 }, { id: 0, oldest: at(10), newest: at(30), ahead: null });
  const keys = async ({ id }: { id: number }) => [...((await readSegments(store.pool, [id])).get(id) ?? [])];
  assert.deepEqual(
    await keys(small),
    [1, 2, 3].flatMap((byte) => Array(16).fill(byte)),
  );
  await save(id, { byte: 4, keys: 8_189, second: 5 });
  const [large, ...none] = (await join(id)) ?? [];
  assert.ok(large && large.id > small.id);
  assert.deepEqual([large.oldest, large.newest, (await keys(large)).length, none], [at(5), at(30), 16 * 8_192, []]);
  await save(id, { byte: 5, keys: 1, second: 40 });
  const { segments, since } = await readDelivered(store.pool, id);
  assert.deepEqual([segments, since.length], [[large], 1]);
  const [first, second] = (await join(id)) ?? [];
  assert.deepEqual([first, second?.oldest], [large, at(40)], 'one that is large enough stays as it is');
});

test('400,000 keys are remembered, and what was delivered before them is forgotten', async () => {
  const id = await connector();
  for (let byte = 0; byte < 53; byte++) {
    await save(id, { byte, keys: 8_192, second: byte });
    assert.equal((await join(id))?.length, Math.min(byte + 1, 50));
  }
  const { segments } = await readDelivered(store.pool, id);
  assert.deepEqual([segments.at(-1)?.oldest, segments.length >= 50 && segments.length <= 51], [at(52), true]);
});

test('whoever has lost the checkpoint joins nothing: what a table that is gone had comes back in no way', async () => {
  const id = await connector();
  await save(id, { byte: 1, keys: 9_000, second: 1 });
  assert.equal(await join(id, 7), null);
  assert.equal((await readDelivered(store.pool, id)).since.length, 1);
  let joining: ReturnType<typeof join> = Promise.resolve([]);
  await transaction(store.pool, async (tx) => {
    await rewindCheckpoint(tx, id, now);
    joining = join(id);
    await new Promise(setImmediate);
  });
  assert.equal(await joining, null);
  assert.deepEqual(await readDelivered(store.pool, id), { segments: [], since: [] });
});
