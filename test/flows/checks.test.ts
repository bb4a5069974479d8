import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { listInWorkspace } from '../../ingestion/connector/connectors.ts';
import { checkVisibility } from '../../ingestion/monitoring/visibility.ts';
import { resources } from '../../ingestion/provisioning/resources.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';

after(closeServer);

const minute = 60_000;

test('Retry pressed while a check of the workspace is under way is not lost: the next check comes at once', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('✕', 'Retry');
  const retry = actionsIn(alert.cards).find(({ title }) => title === 'Retry');
  assert.ok(retry);

  const questions = () => scene.azure.requests.filter(({ path }) => /\/query$/.test(path)).length;
  const before = questions();
  scene.azure.faults.add({ where: 'query', times: 1, do: { delayMs: 1_500 } });
  scene.clock.advance(5 * minute);
  await scene.arrived(() => questions() > before);
  const pressedAt = scene.clock.now();
  await scene.teams.execute(scene.ada, scene.channel, alert, retry);
  await scene.eventually(`select 1 as done from connectors where (observation->>'triedAt')::bigint >= $1`, [pressedAt]);
  assert.ok(scene.clock.now() - pressedAt < minute, 'it did not wait for its five minutes');
});

test('a check that began before the table was made anew repeats nothing that has been sent to the new one', async (t) => {
  const scene = await Scene.open();
  await scene.connected();
  const uuids = scene.org.publishMade(5);
  await scene.poll();
  const store = await scene.hold('check');
  t.after(async () => {
    await store.release();
    await scene.close();
  });

  // A check that has learnt that the table is gone, and waits for Azure's word on the workspace.
  scene.azure.deleteTable(scene.workspace, 'OktaSystemLogs_CL');
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const { http, ...rest } = simulatedNetwork(scene.clock, scene);
  const runtime = {
    ...rest,
    credential: simulatedIdentity(scene.azure),
    cloud: clouds.public,
    http: {
      async sendRequest(request: PipelineRequest) {
        if (/\/workspaces\/soc-workspace$/i.test(new URL(request.url).pathname)) {
          asked.resolve();
          await answer.promise;
        }
        return http.sendRequest(request);
      },
    },
  };
  const parts = { runtime, pool: store.pool, resources };
  const check = checkVisibility(parts, await listInWorkspace(store.pool, scene.workspace.id));
  await asked.promise;

  // Meanwhile another connector of the workspace has it made anew, and what was lost is sent again.
  await scene.connect(scene.ada, 'Globex');
  await scene.eventually(
    `select 1 as done from connectors where name = 'Globex' and status->>'lastPollAt' is not null`,
  );
  await scene.poll();
  const [acme] = await scene.rows<{ id: string }>(`select id from connectors where name = 'Acme'`);
  const copies = () => {
    const { rows } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
    const own = rows.filter(({ ConnectorId }) => ConnectorId === acme?.id);
    return uuids.map((uuid) => own.filter(({ EventOriginalUid }) => EventOriginalUid === uuid).length);
  };
  assert.deepEqual(copies(), [1, 1, 1, 1, 1]);
  const delivered = () => scene.rows(`select id from delivered where connector_id = $1 order by id`, [acme?.id]);
  const keys = await delivered();
  assert.ok(keys.length > 0);

  answer.resolve();
  await check;
  assert.deepEqual(await delivered(), keys, 'what was delivered is still known');
  await scene.poll();
  assert.deepEqual(copies(), [1, 1, 1, 1, 1]);
});
