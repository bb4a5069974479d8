import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import deployed from '../../deploy/version.json' with { type: 'json' };
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, press, textOf } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

async function openManage(scene: Scene): Promise<Dialogue> {
  const message = await scene.ask(scene.ada, 'manage Acme');
  const action = actionsIn(message.cards).find(({ title }) => title === 'Manage…');
  return Dialogue.open(scene, scene.ada, message, action?.data as Card);
}

async function save(dialog: Dialogue, typed: Record<string, string>): Promise<void> {
  await dialog.submit({}, { data: press(dialog.page, 'Save', typed).data });
}

async function status(scene: Scene): Promise<string> {
  const { cards } = await scene.ask(scene.ben, 'status Acme');
  return textOf(cards[0] ?? {});
}

test('a newer app brings rule, table and functions of connectors that run up to date, and their polls go on', async () => {
  const scene = acme();
  const [rule] = [...scene.azure.estate.rules.values()];
  assert.ok(rule);
  const [before] = await scene.rows(`select provisioning from connectors`);
  // As an older version left it: a column and the functions are not there yet.
  const table = scene.workspace.tables.get('oktasystemlogs_cl');
  assert.ok(table);
  const { immutableId } = rule;
  await scene.stop();
  table.columns = table.columns.filter(({ name }) => name !== 'OktaDomain');
  scene.workspace.savedSearches.clear();
  const changedAt = rule.changedAt;
  await scene.rows(`update connectors set provisioning = provisioning || '{"version": 0}'`);
  await scene.start();
  await scene.eventually(`select 1 as done from connectors where (provisioning->>'version')::int = $1`, [
    deployed.version,
  ]);
  assert.ok(table.columns.some(({ name }) => name === 'OktaDomain'));
  assert.ok(scene.workspace.savedSearches.size > 0);
  assert.ok(rule.changedAt > changedAt);
  assert.equal(rule.immutableId, immutableId);
  assert.deepEqual(await scene.rows(`select provisioning from connectors`), [before], 'all is as it was built');
  const [uuid = ''] = scene.org.publishMade(1);
  await scene.poll();
  assert.equal(table.store.ledger.get(uuid)?.copies, 1);
});

test('what an older app has begun to build, a newer one builds from the beginning: the table first, then what writes to it', async () => {
  const scene = acme();
  const table = scene.workspace.tables.get('oktasystemlogs_cl');
  assert.ok(table);
  await scene.stop();
  table.columns = table.columns.filter(({ name }) => name !== 'Device');
  await scene.rows('update connectors set due_at = now(), provisioning = provisioning || $1', [
    { done: ['rights', 'table', 'functions'], running: 'rule', finishedAt: null, version: deployed.version - 1 },
  ]);
  await scene.start();
  await scene.eventually(`select 1 as done from connectors where provisioning->'finishedAt' <> 'null'`);
  assert.ok(table.columns.some(({ name }) => name === 'Device'));
  const [uuid = ''] = scene.org.publishMade(1);
  await scene.poll();
  assert.equal(table.store.ledger.get(uuid)?.copies, 1);
});

test('the retention of the table is changed from the dialog, and what shortens it asks for a yes', async () => {
  const scene = acme();
  const table = scene.workspace.tables.get('oktasystemlogs_cl');
  const days = () => [table?.retentionInDays, table?.totalRetentionInDays];
  const columns = table?.columns.length;
  assert.deepEqual(days(), [90, 90]);

  const dialog = await openManage(scene);
  await dialog.submit({}, { data: { ...press(dialog.page, 'Save', { total: '365' }).data, retention: '400' } });
  assert.match(dialog.text, /not less than the analytics retention/);
  await save(dialog, { retention: '120', total: '365' });
  assert.match(dialog.sentence, /^Acme was changed: how long the table keeps its rows/);
  await scene.arrived(() => days().join() === '120,365');
  await scene.eventually(`select 1 as done from connectors where provisioning->'table'->>'totalRetentionDays' = '365'`);
  assert.match(await status(scene), /120 days, 365 in all/);
  assert.equal(table?.columns.length, columns);

  // Whoever may no longer change the table is told, and what runs goes on.
  scene.azure.revoke(scene.azure.identity.principalId, 'Log Analytics Contributor');
  scene.azure.grant(scene.azure.identity.principalId, 'Log Analytics Reader', scene.workspace.id);
  const second = await openManage(scene);
  await save(second, { retention: '30', total: '100' });
  assert.match(second.text, /Keep rows for 100 days in all, not 365.*deletes them for good 30 days after/s);
  assert.deepEqual(days(), [120, 365]);
  await save(second, { shorten: '100' });
  assert.match(second.sentence, /^Acme was changed/);
  await scene.eventually(`select 1 as done from connectors where provisioning->'failedUpgrade' <> 'null'`);
  scene.clock.advance(61_000);
  await scene.eventually(
    `select 1 as done from connectors where (provisioning->'failedUpgrade'->>'attempts')::int > 1`,
  );
  const uuids = scene.org.publishMade(2);
  await scene.poll();
  const told = await scene.ask(scene.ben, 'status Acme');
  assert.match(textOf(told.cards[0] ?? {}), /with a warning.*A change could not be made in Azure/s);
  for (const uuid of uuids) assert.equal(table?.store.ledger.get(uuid)?.copies, 1, 'events go on');

  scene.azure.grant(scene.azure.identity.principalId, 'Log Analytics Contributor', scene.workspace.id);
  const retry = actionsIn(told.cards).find(({ title }) => title === 'Retry');
  await scene.teams.execute(scene.ada, scene.channel, told, retry ?? {});
  await scene.arrived(() => days().join() === '30,100');
  await scene.eventually(`select 1 as done from connectors where provisioning->'failedUpgrade' = 'null'`);
  await scene.poll();
  assert.match(await status(scene), /✓ Connected.*30 days, 100 in all/s);
  const audited = await scene.rows<{ result: string }>(`select result from audit where result like 'changed%'`);
  assert.deepEqual(
    audited.map(({ result }) => result),
    ['changed retention', 'changed retention'],
  );
});

test('what an update has under way is not made anew for a connector that is deleted meanwhile', async () => {
  const scene = acme();
  const writes = ({ method, path }: { method: string; path: string }) =>
    method === 'PUT' && /\/tables\/oktasystemlogs_cl$/i.test(path);
  scene.azure.faults.add({ where: 'arm', when: writes, times: 1, do: { delayMs: 10_000 } });
  const before = scene.azure.requests.filter(writes).length;
  await save(await openManage(scene), { retention: '120', total: '365' });
  await scene.arrived(() => scene.azure.requests.filter(writes).length > before);
  const message = await scene.ask(scene.ada, 'delete Acme');
  const action = actionsIn(message.cards).find(({ data }) => (data as Card | undefined)?.dialog === 'delete');
  const dialog = await Dialogue.open(scene, scene.ada, message, action?.data as Card);
  await dialog.submit({ confirm: 'Acme' });
  for (let tries = 0; tries < 300 && (await scene.rows('select from connectors')).length > 0; tries++) {
    scene.clock.advance(2_000);
    await scene.rows('select pg_sleep(0.1)');
  }
  assert.deepEqual(await scene.rows('select id from connectors'), []);
  assert.deepEqual(
    [...scene.azure.estate.rules.keys()].filter((id) => id.includes('/patchbay-okta-')),
    [],
  );
  assert.deepEqual(
    [...scene.azure.directory.assignments.values()].filter(({ scope }) => /patchbay-okta/.test(scope)),
    [],
  );
});

test('whoever changes what is deployed to workspaces raises its version, so that running connectors get it', () => {
  const folder = new URL('../../deploy/', import.meta.url);
  const functions = readdirSync(new URL('functions/', folder)).map((file) => `functions/${file}`);
  const files = [
    'columns.json',
    'health-columns.json',
    'stream.json',
    'transform.kql',
    'functions.json',
    ...functions,
  ].sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(new URL(file, folder)));
  assert.equal(
    deployed.of,
    hash.digest('hex').slice(0, 16),
    'raise "version" in deploy/version.json, and set "of" to this',
  );
});
