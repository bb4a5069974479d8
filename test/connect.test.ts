import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Dialogue, goodDetails, Scene } from './scene.ts';

after(closeServer);

test('Ada connects an org by the dialog, and events arrive in the workspace byte for byte', async (t) => {
  const scene = await Scene.open({ azure: { keepBytes: true }, speed: 20 });
  t.after(() => scene.close());
  const uuids = scene.org.publishMade(30);

  assert.match(await scene.connect(scene.ada), /Connecting Acme/);
  await scene.card('Acme is connected');
  const table = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  await scene.teams.until(() => uuids.every((uuid) => table.ledger.has(uuid)), { timeoutMs: 20_000 });
  const served = new Map(scene.org.log.ledger().map((entry) => [entry.uuid, entry]));
  assert.deepEqual([...table.ledger.values()].map(({ copies }) => copies), uuids.map(() => 1));
  assert.ok(uuids.every((uuid) => served.has(uuid)));
  assert.deepEqual(scene.teams.violations, []);
  assert.deepEqual(scene.azure.unexpected, []);
});
