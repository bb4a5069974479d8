import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { readCheckpoint } from '../../ingestion/connector/checkpoint.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { changeConnector } from '../../ingestion/connector/owner-requests.ts';
import { BufferPool } from '../../ingestion/okta/buffer-pool.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { transaction } from '../../ingestion/store/database.ts';
import { Compressor } from '../../ingestion/sync/compressor.ts';
import { DedupWindows } from '../../ingestion/sync/dedup-window.ts';
import { sync } from '../../ingestion/sync/poll.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';

after(closeServer);

test('a poll that was ordered before the domain changed reads nothing, and leaves the new start as it is', async (t) => {
  const scene = await Scene.open();
  await scene.connected();
  await scene.stop();
  const store = await scene.hold(`stale ${randomUUID()}`);
  t.after(async () => {
    await store.release();
    await scene.close();
  });
  const { pool } = store;
  const [row] = await scene.rows<{ id: string }>('select id from connectors');
  const before = await getConnector(pool, row?.id ?? '');
  assert.ok(before);
  const now = scene.clock.now();
  await transaction(pool, (tx) =>
    changeConnector(tx, before, {
      ...before.settings,
      name: before.name,
      domain: 'moved.okta.com',
      by: before.settings.createdBy,
      now,
    }),
  );

  const asked = scene.okta.requests.length;
  const done = await sync(
    {
      runtime: {
        ...simulatedNetwork(scene.clock, scene),
        credential: simulatedIdentity(scene.azure),
        cloud: clouds.public,
      },
      pool,
      windows: new DedupWindows(),
      memory: new BufferPool(),
      compressor: new Compressor(),
      share: 1,
      uploadBytes: 1_000_000,
    },
    { connector: before, token: { value: scene.token } },
    new AbortController().signal,
  );
  assert.equal(done, null);
  assert.equal(scene.okta.requests.length, asked, 'the old org is not asked');
  assert.equal((await readCheckpoint(pool, before.id))?.nextUrl, null, 'no link of the old org is stored');
});
