import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  createCheckpoint,
  readCheckpoint,
  rewindCheckpoint,
  saveCheckpoint,
} from '../../ingestion/connector/checkpoint.ts';
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
import { openTestStore } from '../scene/store.ts';

const now = Date.UTC(2026, 10, 24, 12);
let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

async function connector(): Promise<string> {
  const id = randomUUID();
  await store.pool.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status)
     values ($1, 't', $2, 'acme.okta.com', now(), now(), '{}', '{}', '{}')`,
    [id, id],
  );
  await createCheckpoint(store.pool, id, now);
  return id;
}

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

const join = (id: string, { version = 0, after = null as number | null } = {}) =>
  joinDelivered(store.pool, id, { version, after });

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

test('what many saves have left is joined to one row in their order, and becomes a segment when it is large enough', async () => {
  const id = await connector();
  for (let byte = 1; byte <= 3; byte++) await save(id, { byte, keys: 1, second: 10 * byte });
  assert.deepEqual(await join(id), []);
  const joined = await readDelivered(store.pool, id);
  assert.deepEqual(
    [joined.segments, joined.latest, joined.since.map((keys) => [...keys])],
    [[], null, [[1, 2, 3].flatMap((byte) => Array(16).fill(byte))]],
  );
  await save(id, { byte: 4, keys: 8_189, second: 5 });
  const [segment] = await join(id);
  assert.ok(segment);
  assert.deepEqual({ ...segment, id: 0 }, { id: 0, oldest: at(5), newest: at(30), ahead: null });
  await save(id, { byte: 5, keys: 1, second: 40 });
  const { segments, latest, since } = await readDelivered(store.pool, id);
  assert.deepEqual([segments, latest?.length, since.length], [[segment], 8_192 * 16, 1]);
  const [keys] = [...(await readSegments(store.pool, [segment.id])).values()];
  assert.ok(latest && keys?.equals(latest));
});

test('400,000 keys are remembered, and what was delivered before them is forgotten', async () => {
  const id = await connector();
  for (let byte = 0; byte < 52; byte++) {
    await save(id, { byte, keys: 8_192, second: byte });
    assert.equal((await join(id)).length, Math.min(byte + 1, 51));
  }
  const { segments } = await readDelivered(store.pool, id);
  assert.deepEqual([segments.length, segments[0]?.oldest, segments.at(-1)?.oldest], [50, at(2), at(51)]);
});

test('whoever has lost the checkpoint joins nothing: what a table that is gone had comes back in no way', async () => {
  const id = await connector();
  await save(id, { byte: 1, keys: 9_000, second: 1 });
  assert.deepEqual(await join(id, { version: 7 }), []);
  assert.equal((await readDelivered(store.pool, id)).since.length, 1);
  let joining: ReturnType<typeof join> = Promise.resolve([]);
  await transaction(store.pool, async (tx) => {
    await rewindCheckpoint(tx, id, now);
    joining = join(id);
    await new Promise(setImmediate);
  });
  assert.deepEqual(await joining, []);
  assert.deepEqual(await readDelivered(store.pool, id), { segments: [], latest: null, since: [] });
});
