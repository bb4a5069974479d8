import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  addTally,
  countChunk,
  emptyTally,
  isEmpty,
  pruneStatistics,
  readTraffic,
  readTwoDays,
  type Tally,
  takeTally,
} from '../../ingestion/connector/statistics.ts';
import { plainConnector } from '../fixtures/connector.ts';
import { recordTally } from '../fixtures/tally.ts';
import { openTestStore } from '../scene/store.ts';

const now = Date.UTC(2026, 10, 24, 12);
const minute = 60_000;
const day = 24 * 60 * minute;
let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

const connector = () => plainConnector(store.pool, now);

/** The tally of one chunk whose events took so many milliseconds. */
function chunkOf(...delaysMs: number[]): Tally {
  const tally = emptyTally();
  const published = delaysMs.map((ms) => new Date(now - ms).toISOString());
  countChunk(tally, { published, bytes: 100, now, since: 0 });
  return tally;
}

/** The bins that hold something, and how much. */
function bins({ delays }: Tally): Record<string, number> {
  return Object.fromEntries(delays.map((count, bin) => [bin, count] as const).filter(([, count]) => count !== 0));
}

test('a tally begins with nothing', () => {
  const { delays, ...counts } = emptyTally();
  assert.deepEqual(
    Object.values(counts).filter((count) => count !== 0),
    [],
  );
  assert.deepEqual([delays.length, delays.every((count) => count === 0)], [20, true]);
});

test('a delay counts up to the next power of two of seconds, and all that is longer in the last', () => {
  const rows: [ms: number, bin: number][] = [
    [-5_000, 0],
    [0, 0],
    [1_000, 0],
    [1_001, 1],
    [2_000, 1],
    [2_001, 2],
    [4_000, 2],
    [4_001, 3],
    [64_000, 6],
    [2 ** 18 * 1_000, 18],
    [2 ** 18 * 1_000 + 1, 19],
    [2 ** 25 * 1_000, 19],
  ];
  for (const [ms, bin] of rows) assert.deepEqual(bins(chunkOf(ms)), { [bin]: 1 }, `${ms}`);
});

test('a chunk is counted whole, and its delays from a sample of at least 25 that stands for all', () => {
  const fast = 1_000;
  const slow = 60_000;
  // Every event up to 49 of them, from 50 on every second one, and so on; the last one stands for the rest.
  const rows: [count: number, slowAt: number, slowCounts: number][] = [
    [1, 0, 1],
    [49, 1, 1],
    [49, 48, 1],
    [50, 1, 0],
    [50, 2, 2],
    [51, 50, 1],
    [75, 3, 3],
    [77, 75, 2],
    [1_000, 0, 40],
    [1_000, 39, 0],
    [1_000, 40, 40],
    [1_000, 960, 40],
    [1_030, 1_025, 5],
  ];
  for (const [count, slowAt, slowCounts] of rows) {
    const tally = chunkOf(...Array.from({ length: count }, (_, index) => (index === slowAt ? slow : fast)));
    assert.deepEqual([tally.delays[0], tally.delays[6]], [count - slowCounts, slowCounts], `${count}, ${slowAt}`);
    assert.deepEqual([tally.events, tally.bytes], [count, 100]);
  }
});

test('chunks add up, and an event without a time counts for all but its delay', () => {
  const tally = chunkOf(1_000, 3_000);
  countChunk(tally, { published: ['not a time', new Date(now - 3_000).toISOString(), ''], bytes: 50, now, since: 0 });
  countChunk(tally, { published: [], bytes: 7, now, since: 0 });
  assert.deepEqual([tally.events, tally.bytes], [5, 157]);
  assert.deepEqual(bins(tally), { 0: 1, 2: 2 });
  assert.equal(Object.keys(tally.delays).length, 20);
});

test('what was published before the connector was made is counted, and says nothing of how long events take', () => {
  const tally = emptyTally();
  const at = (ms: number) => new Date(now - ms).toISOString();
  countChunk(tally, {
    published: [at(40 * minute), at(30_001), at(30_000), at(3_000)],
    bytes: 9,
    now,
    since: now - 30_000,
  });
  assert.equal(tally.events, 4);
  assert.deepEqual(bins(tally), { 2: 1, 5: 1 });
});

const counts = { bytes: 2, oktaCalls: 3, azureCalls: 50, retries: 700, repeated: 11_000, refused: 130_000 };

/** A tally with a different number in each place. */
function tally(events: number, ...delaysMs: number[]): Tally {
  return { ...chunkOf(...delaysMs), events, ...counts };
}

test('what is taken out of a tally is all of it, and can be put back beside what has come since', () => {
  const counting = { ...tally(1, 1_000, 3_000), possiblyDuplicated: 1_000_000 };
  const before = structuredClone(counting);
  const taken = takeTally(counting);
  assert.deepEqual([taken, counting, isEmpty(counting)], [before, emptyTally(), true]);
  for (const name of Object.keys(before).filter((name) => name !== 'delays'))
    assert.equal(isEmpty({ ...emptyTally(), [name]: 1 }), false, name);
  addTally(counting, taken);
  addTally(counting, { ...tally(10, 3_000), possiblyDuplicated: 5 });
  const twice = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, 2 * count]));
  const { delays, ...sums } = counting;
  assert.deepEqual(sums, { ...twice, events: 11, possiblyDuplicated: 1_000_005 });
  assert.deepEqual(bins(counting), { 0: 1, 2: 2 });
  assert.deepEqual(taken, before, 'what was taken stays as it was');
});

test('what polls add up to is read for each count by itself, over polls and buckets', async () => {
  const id = await connector();
  const [other, since] = [await connector(), now - 20 * minute];
  await recordTally(store.pool, other, { tally: tally(99_999, 500_000), now });
  await recordTally(store.pool, id, { tally: tally(1, 1_000), now });
  await recordTally(store.pool, id, { tally: tally(10, 3_000), now: now + 1 });
  await recordTally(store.pool, id, { tally: tally(100, 3_000), now: now - 10 * minute });
  assert.deepEqual(await readTraffic(store.pool, id, since), {
    events: 111,
    bytes: 6,
    requests: 159,
    retries: 2_100,
    repeated: 33_000,
    refused: 390_000,
    p50Seconds: 4,
    p95Seconds: 4,
  });
});

test('a bucket is five minutes, and a span begins with the first bucket that begins in it', async () => {
  const id = await connector();
  await recordTally(store.pool, id, { tally: tally(1), now: now - 1 });
  await recordTally(store.pool, id, { tally: tally(10), now });
  await recordTally(store.pool, id, { tally: tally(100), now: now + 5 * minute - 1 });
  await recordTally(store.pool, id, { tally: tally(1_000), now: now + 5 * minute });
  const from = async (since: number) => (await readTraffic(store.pool, id, since)).events;
  assert.deepEqual(
    [await from(now - 5 * minute), await from(now - 5 * minute + 1), await from(now), await from(now + 1)],
    [1_111, 1_110, 1_110, 1_000],
  );
  const { rows } = await store.pool.query('select count(*) as buckets from statistics where connector_id = $1', [id]);
  assert.equal(rows[0].buckets, 3);
});

test('of two days each is counted by itself, of the connectors of one tenant, the busiest of today first', async () => {
  const [quiet, busy, silent, strange] = [
    await connector(),
    await connector(),
    await connector(),
    await connector(),
  ] as const;
  const tenant = randomUUID();
  const ids = [quiet, busy, silent];
  await store.pool.query('update connectors set tenant_id = $1 where id = any($2)', [tenant, ids]);
  const sent = (id: string, events: number, ago: number) =>
    recordTally(store.pool, id, { tally: tally(events), now: now - ago });
  await sent(quiet, 1, 0);
  await sent(quiet, 10, day);
  await sent(quiet, 100, day + 5 * minute);
  await sent(quiet, 1_000, 2 * day);
  await sent(quiet, 10_000, 2 * day + 5 * minute);
  await sent(busy, 50, minute);
  await sent(silent, 7, 2 * day + 5 * minute);
  await sent(strange, 99, 0);
  assert.deepEqual(await readTwoDays(store.pool, tenant, now), [
    { name: busy, events: 50, before: 0 },
    { name: quiet, events: 11, before: 1_100 },
  ]);
});

test('half, and 95 of 100, arrived within the end of the bin in which they are complete', async () => {
  const rows: [delays: [ms: number, events: number][], p50: number | null, p95: number | null][] = [
    [[], null, null],
    [[[1, 1]], 1, 1],
    [[[1_001, 1]], 2, 2],
    // The half, and the 95th, still belong to the faster.
    [
      [
        [1_000, 50],
        [60_000, 50],
      ],
      1,
      64,
    ],
    [
      [
        [1_000, 49],
        [60_000, 51],
      ],
      64,
      64,
    ],
    [
      [
        [1_000, 95],
        [60_000, 5],
      ],
      1,
      1,
    ],
    [
      [
        [1_000, 94],
        [60_000, 6],
      ],
      1,
      64,
    ],
    [
      [
        [1_000, 10],
        [3_000, 80],
        [9_000_000, 10],
      ],
      4,
      16_384,
    ],
  ];
  for (const [delays, p50, p95] of rows) {
    const id = await connector();
    // In two polls, whose bins are added up in the store, and a third in another bucket.
    const all = delays.flatMap(([ms, events]) => Array<number>(events).fill(ms));
    const parts = [0, 1, 2].map((part) => all.filter((_, index) => index % 3 === part));
    for (const [part, some] of parts.entries()) {
      const poll = { ...emptyTally(), oktaCalls: 1 };
      for (const ms of some)
        countChunk(poll, { published: [new Date(now - ms).toISOString()], bytes: 1, now, since: 0 });
      await recordTally(store.pool, id, { tally: poll, now: now + (part === 2 ? 5 * minute : 0) });
    }
    const { p50Seconds, p95Seconds, events } = await readTraffic(store.pool, id, 0);
    assert.deepEqual([p50Seconds, p95Seconds, events], [p50, p95, all.length], JSON.stringify(delays));
  }
});

test('a save with which nothing was counted leaves no row; one that counted anything does', async () => {
  const rows: [Partial<Tally>, number][] = [
    [{}, 0],
    [{ azureCalls: 1, retries: 1 }, 1],
    [{ possiblyDuplicated: 1 }, 1],
    [{ events: 1 }, 1],
    [{ oktaCalls: 1 }, 1],
    [{ repeated: 1 }, 1],
    [{ refused: 1 }, 1],
    [{ oktaCalls: 1, repeated: 1 }, 1],
    [{ repeated: 1, refused: 1 }, 1],
  ];
  for (const [given, expected] of rows) {
    const id = await connector();
    await recordTally(store.pool, id, { tally: { ...emptyTally(), ...given }, now });
    const { rowCount } = await store.pool.query('select * from statistics where connector_id = $1', [id]);
    assert.equal(rowCount, expected, JSON.stringify(given));
  }
});

test('statistics are kept for 90 days', async () => {
  const id = await connector();
  for (const events of [1, 10])
    await recordTally(store.pool, id, { tally: tally(events), now: now + (events - 1) * day });
  const kept = async (at: number) => {
    await pruneStatistics(store.pool, at);
    return (await readTraffic(store.pool, id, 0)).events;
  };
  assert.equal(await kept(now + 90 * day), 11);
  assert.equal(await kept(now + 90 * day + 1), 10);
  assert.equal(await kept(now + 100 * day), 0);
});
