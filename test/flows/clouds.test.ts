import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { realAuthentication } from '../../bot/teams/adapter.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openTimeAndNetwork } from '../../ingestion/runtime/network.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { hosts } from '../sims/azure/hosts.ts';

after(closeServer);

for (const cloud of ['usgovernment', 'china'] as const) {
  test(`in the cloud "${cloud}" a connector is built, fed and seen, and no call goes to another cloud`, async (t) => {
    const scene = await Scene.open({ azure: { cloud }, keyVaultUrl: `https://patchbay-soc.${clouds[cloud].vaults}` });
    t.after(() => scene.close());
    await scene.connected();
    const { manager, ingestion, query, login, vaults } = hosts[cloud];
    const asked = new Set(scene.azure.requests.map(({ host }) => host).filter((host) => !host.startsWith('127.0.0.1')));
    assert.ok(asked.has(manager));
    assert.ok([...asked].some((host) => host.endsWith(ingestion)));
    assert.ok(query.some((host) => asked.has(host)));
    assert.ok([...asked].some((host) => host.endsWith(vaults)));
    for (const host of asked) {
      const known = [manager, ...query, ...login].includes(host) || host.endsWith(ingestion) || host.endsWith(vaults);
      assert.ok(known, `${host} is of another cloud`);
    }
    assert.deepEqual(scene.azure.unexpected, []);
  });
}

test('in a cloud that has no new versions of Azure’s interfaces a connector lives by those that it has, which it asks for once', async (t) => {
  const settings = { newestApiVersion: '2023-12-01' };
  const scene = await Scene.open({ azure: { cloud: 'china', settings } });
  t.after(() => scene.close());
  await scene.connected();
  await scene.ask(scene.ada, 'content Acme');
  const refused = scene.azure.requests.filter(({ host, status }) => host === hosts.china.manager && status === 400);
  assert.ok(refused.length > 3, `${refused.length} calls by versions that are not there`);
  const kinds = refused.map(({ path }) => path.replace(/^.*\/providers\//, '').replace(/(\w+)\/[^/]+/g, '$1'));
  assert.equal(new Set(kinds).size, kinds.length, `each is asked for once: ${kinds}`);
  assert.deepEqual(scene.azure.unexpected, []);
});

test('each cloud has its own addresses, and the SDK takes what we tell it of each', () => {
  const all = Object.values(clouds).flatMap((cloud) => Object.values(cloud));
  assert.equal(new Set(all).size, all.length);
  const bot = { appId: 'a', tenantId: 't', type: 'SingleTenant', password: 'p' } as const;
  for (const cloud of ['public', 'usgovernment', 'china'] as const) {
    assert.doesNotThrow(() => realAuthentication({ bot, cloud }, openTimeAndNetwork({})), cloud);
  }
});
