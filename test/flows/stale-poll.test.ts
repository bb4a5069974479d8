import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readCheckpoint } from '../../ingestion/connector/checkpoint.ts';
import { takeDuePolls } from '../../ingestion/connector/checkpoints.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { changeConnector } from '../../ingestion/connector/owner-requests.ts';
import { openDatabase, transaction } from '../../ingestion/store/database.ts';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

test('a poll that is taken in the moment in which the domain changes does not go to the old org', async (t) => {
  const scene = await Scene.open();
  await scene.connected();
  await scene.stop();
  const { pool, leases, close } = await openDatabase({ databaseUrl: scene.databaseUrl, dataDir: '' });
  t.after(async () => {
    await close();
    await scene.close();
  });
  const [row] = await scene.rows<{ id: string }>('select id from connectors');
  const before = await getConnector(pool, row?.id ?? '');
  assert.ok(before);
  scene.clock.advance(120_000);
  const now = scene.clock.now();
  const take = () => takeDuePolls(pool, leases, { now, most: 9 });
  let meanwhile: ReturnType<typeof take> = Promise.resolve([]);
  await transaction(pool, async (tx) => {
    const { settings, name } = before;
    const chosen = { ...settings, name, domain: 'moved.okta.com', by: settings.createdBy, now };
    await changeConnector(tx, before, chosen);
    meanwhile = take();
    await scene.eventually(
      `select 1 as done from pg_stat_activity where wait_event_type = 'Lock' and query like '%due%'`,
    );
  });
  assert.deepEqual(await meanwhile, [], 'whoever has seen the old org polls nothing');
  assert.equal((await readCheckpoint(pool, before.id))?.nextUrl, null, 'no link of the old org is stored');
  // What provisioning has to do first, it has done.
  await scene.rows(`update connectors set provisioning = provisioning || '{"finishedAt": 1}', due_at = $1`, [
    new Date(now),
  ]);
  // It gave the lease back without waiting for that.
  await scene.eventually(`select 1 as done where not exists (select from leases where name like 'connector:%')`);
  const [taken] = await take();
  assert.equal(taken?.connector.domain, 'moved.okta.com');
});
