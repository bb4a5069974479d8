import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';

const open = sharedScene();
after(closeServer);

/** Acme is there, from the test before this one or made anew. */
async function withAcme(scene: Scene): Promise<void> {
  if ((await scene.rows('select from connectors')).length === 0) await scene.connected();
}

async function removal(scene: Scene): Promise<Dialogue> {
  const message = await scene.ask(scene.ada, 'delete Acme');
  const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === 'delete');
  return Dialogue.open(scene, scene.ada, message, action?.data as Record<string, unknown>);
}

/** The connector is gone, and then the rule for health records of its workspace. */
async function gone(scene: Scene): Promise<void> {
  await scene.eventually('select 1 as done where not exists (select from connectors)');
  await scene.eventually('select 1 as done where not exists (select from health_rules)');
}

test('delete takes the rules and the key, keeps the tables with their data, and stops polling', async () => {
  const scene = open();
  await withAcme(scene);
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'Acme' });
  assert.match(wizard.sentence, /the table and its data stay/);
  await gone(scene);
  assert.deepEqual([...scene.azure.estate.rules.values()], []);
  assert.deepEqual(await scene.rows('select * from secrets'), []);
  assert.equal(scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').rows.length, 5);
  const grants = [...scene.azure.directory.assignments.values()].filter(({ scope }) => scope.includes('patchbay'));
  assert.deepEqual(grants, []);
  const last = scene.azure.table(scene.workspace, 'OktaConnectorHealth_CL').rows.at(-1);
  assert.equal(last?.OperationName, 'Connector removed');
  const polls = scene.okta.requests.length;
  scene.clock.advance(10 * 60_000);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Nothing is connected yet/);
  assert.equal(scene.okta.requests.length, polls);
});

test('a wrongly typed name, or somebody without rights, deletes nothing', async () => {
  const scene = open();
  await withAcme(scene);
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'acme' });
  assert.match(wizard.text, /Type Acme exactly/);
  await wizard.submit({ confirm: 'Acme' }, { user: scene.ben });
  assert.match(wizard.sentence, /you lack Log Analytics Contributor/);
  assert.equal((await scene.rows('select * from connectors')).length, 1);
  assert.equal(scene.azure.estate.rules.size, 2);
});

test('what could not be removed is tried again until it is gone', async () => {
  const scene = open();
  await withAcme(scene);
  const end = scene.azure.faults.add({
    where: 'arm',
    when: (call) => call.record.method === 'DELETE' && call.record.path.includes('dataCollectionRules'),
    do: { status: 409, body: { error: { code: 'ScopeLocked', message: 'The scope is locked.' } } },
  });
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'Acme' });
  await scene.eventually(`select 1 as done from connectors where provisioning->'problem'->>'reason' = 'scope-locked'`);
  const status = JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards);
  assert.match(status, /Deleting|being deleted/i);
  assert.match(status, /locked/);
  end();
  scene.clock.advance(2 * 60_000);
  await gone(scene);
  assert.equal(scene.azure.estate.rules.size, 0);
});

test('a connector that is deleted in Error closes its alert', async () => {
  const scene = open();
  await withAcme(scene);
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('✕ Okta refuses the API token');
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'Acme' });
  const closed = await scene.card('Closed: the connector was deleted');
  assert.equal(closed.id, alert.id);
  await scene.card('Closed, deleted by Ada Admin: Acme, Okta refuses the API token.');
  await scene.eventually('select 1 as done where not exists (select from connectors)');
});

test('a connector that is deleted while it is being built leaves nothing in Azure', async () => {
  const scene = open();
  scene.azure.faults.add({
    where: 'arm',
    when: ({ method, path }) => method === 'PUT' && path.includes('dataCollectionRules'),
    times: 1,
    do: { delayMs: 10_000 },
  });
  await scene.connect(scene.ada);
  await scene.eventually(`select 1 as done from connectors where provisioning->>'running' = 'rule'`);
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'Acme' });
  scene.clock.advance(10_000);
  await gone(scene);
  await scene.card('✓ Acme was deleted');
  assert.equal(scene.azure.estate.rules.size, 0);
  assert.deepEqual(await scene.rows('select * from secrets'), []);
});

test('a connector whose resource group is gone can be deleted by somebody with rights above it', async () => {
  const scene = open();
  await withAcme(scene);
  const subscription = scene.workspace.id.split('/').slice(0, 3).join('/');
  for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
    scene.azure.grant(scene.ada.aadObjectId, role, subscription);
    scene.azure.grant(scene.azure.identity.principalId, 'Owner', subscription);
  }
  scene.azure.faults.add({
    where: 'arm',
    when: ({ path }) => path.toLowerCase().includes('/resourcegroups/soc'),
    do: { status: 404, body: { error: { code: 'ResourceGroupNotFound', message: 'gone' } } },
  });
  const wizard = await removal(scene);
  await wizard.submit({ confirm: 'Acme' });
  await scene.eventually('select 1 as done where not exists (select from connectors)');
});
