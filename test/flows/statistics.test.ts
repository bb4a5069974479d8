import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { countChunk, emptyTally, pruneStatistics, readTraffic } from '../../ingestion/connector/statistics.ts';
import { recordTally } from '../fixtures/tally.ts';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

const now = Date.UTC(2026, 10, 24, 12);
const ago = (ms: number) => new Date(now - ms).toISOString();

test('a chunk is counted whole, and its delays from a sample that stands for all', () => {
  const tally = emptyTally();
  const published = Array.from({ length: 330 }, () => ago(3_000));
  countChunk(tally, { published, bytes: 900_000, now, since: 0 });
  countChunk(tally, { published: [ago(40_000), 'not a time'], bytes: 100, now, since: 0 });
  assert.deepEqual([tally.events, tally.bytes], [332, 900_100]);
  assert.equal(tally.delays[2], 330, 'up to four seconds');
  assert.equal(tally.delays[6], 1, 'up to 64 seconds');
});

test('the statistics of a connector add up over polls and buckets, and are kept for 90 days', async (t) => {
  const scene = await Scene.open();
  await scene.connected();
  const [connector] = await scene.rows<{ id: string }>('select id from connectors');
  const id = connector?.id ?? '';
  const store = await scene.hold('statistics');
  t.after(async () => {
    await store.release();
    await scene.close();
  });
  const before = await readTraffic(store.pool, id, 0);
  assert.ok(before.events >= 5, 'what the app itself has delivered');

  const later = scene.clock.now() + 3_600_000;
  for (const delay of [2_000, 2_000, 2_000, 300_000]) {
    const tally = emptyTally();
    countChunk(tally, { published: [new Date(later - delay).toISOString()], bytes: 1000, now: later, since: 0 });
    Object.assign(tally, { oktaCalls: 2, azureCalls: 3, retries: 1 });
    await recordTally(store.pool, id, { tally, now: later });
  }
  const { events, bytes, requests, retries, p50Seconds, p95Seconds } = await readTraffic(
    store.pool,
    id,
    later - 300_000,
  );
  assert.deepEqual([events, bytes, requests, retries, p50Seconds, p95Seconds], [4, 4000, 20, 4, 2, 512]);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /half were in Azure within/);
  await pruneStatistics(store.pool, later + 91 * 86_400_000);
  assert.equal((await readTraffic(store.pool, id, 0)).events, 0);
});
