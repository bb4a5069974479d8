import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LogsQueryClient } from '@azure/monitor-query';
import columns from '../deploy/health-columns.json' with { type: 'json' };
import { clouds } from '../ingestion/clouds.ts';
import { actionsIn, closeServer, Dialogue, goodDetails, Scene } from './scene.ts';
import { simulatedIdentity } from './sims/credential.ts';
import { outside } from './sims/outside.ts';

after(closeServer);

const table = 'OktaConnectorHealth_CL';
const published = join(import.meta.dirname, '../../shared/data/azure/SentinelHealth.columns.csv');
const absent = 'the published columns are not on this machine (../shared/data/azure)';
const minute = 60_000;
const hour = 60 * minute;

type Row = {
  OperationName: string;
  Status: string;
  Reason: string;
  Description: string;
  RecordId: string;
  SentinelResourceId: string;
  SentinelResourceName: string;
  SentinelResourceKind: string;
  WorkspaceId: string;
  TimeGenerated: number;
  ExtendedProperties: Record<string, unknown> & { LastHour: Record<string, number> };
};

/** The rows of the health table, in the order in which they were written. */
function health(scene: Scene): Row[] {
  if (!scene.workspace.tables.has(table.toLowerCase())) return [];
  const rows = scene.azure.table(scene.workspace, table).rows as unknown as Row[];
  return rows.toSorted((one, other) => one.TimeGenerated - other.TimeGenerated);
}

/** Waits until the health table holds a row that fits. */
async function arrives(scene: Scene, fits: (row: Row) => boolean): Promise<Row> {
  await scene.arrived(() => health(scene).some(fits));
  return health(scene).findLast(fits) ?? assert.fail();
}

const says =
  (status: string, reason = '') =>
  (row: Row) =>
    row.OperationName === 'Data fetch status change' && row.Status === status && row.Reason === reason;

const ruleOf = (scene: Scene) => [...scene.azure.estate.rules.values()].filter(({ name }) => name.includes('health'));
const toHealth = ({ path }: { path: string }) => path.endsWith('/Custom-OktaConnectorHealth');
const grants = (scene: Scene) =>
  [...scene.azure.directory.assignments.values()].filter(({ scope }) => /patchbay-health/.test(scope)).length;
const waiting = (scene: Scene) => scene.rows<{ id: string }>('select id from health_records');
const nothingWaits = 'select 1 as done where not exists (select from health_records)';

async function connectSecond(scene: Scene): Promise<void> {
  const other = scene.okta.addOrg('globex.okta.com');
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Globex', domain: 'globex.okta.com', key: other.addToken() });
  await wizard.submit({ products: 'siem' });
  await wizard.submit(goodDetails(scene));
  await scene.eventually(`select 1 as done from connectors where name = 'Globex' and standing->'lastBeatAt' <> 'null'`);
}

async function remove(scene: Scene, name: string): Promise<void> {
  const message = await scene.ask(scene.ada, `delete ${name}`);
  const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === 'delete');
  const dialog = await Dialogue.open(scene, scene.ada, message, action?.data as Record<string, unknown>);
  await dialog.submit({ confirm: name });
}

const statusOf = async (scene: Scene, name = 'Acme') =>
  JSON.stringify((await scene.ask(scene.ben, `status ${name}`)).cards);

/** Asks the workspace as a person would. */
async function query(scene: Scene, text: string): Promise<Record<string, unknown>[]> {
  const world = { ...outside(scene.clock, scene), credential: simulatedIdentity(scene.azure), cloud: clouds.public };
  const client = new LogsQueryClient(world.credential, { httpClient: world.http });
  const result = await client.queryWorkspace(scene.workspace.customerId, text, { duration: 'P2D' });
  assert.ok('tables' in result);
  const [found] = result.tables;
  return (found?.rows ?? []).map((row) =>
    Object.fromEntries(row.map((value, at) => [found?.columnDescriptors[at]?.name ?? '', value])),
  );
}

test('the table has the columns of SentinelHealth, no more and no less', {
  skip: existsSync(published) ? false : absent,
}, () => {
  const ofAzure = ['_BilledSize', '_IsBillable', 'SourceSystem', 'TenantId', 'Type'];
  const lines = readFileSync(published, 'utf8').trim().split('\n').slice(1);
  const wanted = lines.map((line) => line.split(',').slice(0, 2)).filter(([name = '']) => !ofAzure.includes(name));
  const ours = columns.map(({ name, type }) => [name, type.toLowerCase()]);
  assert.deepEqual(ours.toSorted(), wanted.toSorted());
});

test('each change of a connector is a record at once, an hour without one is a record each, and two connectors share the rule', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const created = await arrives(scene, ({ OperationName }) => OperationName === 'Connector created');
  const good = await arrives(scene, says('Success'));
  assert.deepEqual(
    health(scene).map(({ Status }) => Status),
    ['Informational', 'Success'],
    'beats that change nothing write nothing',
  );
  const [connector] = await scene.rows<{ id: string }>('select id from connectors');
  assert.deepEqual(
    [good.SentinelResourceId, good.SentinelResourceName, good.SentinelResourceKind, good.WorkspaceId],
    [connector?.id, 'Acme', 'Okta', scene.workspace.customerId],
  );
  assert.notEqual(created.RecordId, good.RecordId);
  assert.equal(good.ExtendedProperties.LastHour.Events, 5);
  assert.match(await statusOf(scene), /Health records.*last written/);

  scene.org.revoke(scene.token);
  await scene.beat();
  const bad = await arrives(scene, says('Failure', 'token-refused'));
  assert.match(bad.Description, /Okta refuses the API token/);
  assert.equal(bad.ExtendedProperties.FailingLeg, 'Okta');
  assert.deepEqual((bad.ExtendedProperties.Evidence as { status: number }).status, 401);
  const newest = /```kusto\n([\s\S]*?)```/.exec(
    readFileSync(new URL('../deploy/README.md', import.meta.url), 'utf8'),
  )?.[1];
  const [line] = await query(scene, newest ?? '');
  assert.deepEqual([line?.SentinelResourceName, line?.Status, line?.Reason], ['Acme', 'Failure', 'token-refused']);
  assert.ok(line?.Since instanceof Date);

  scene.org.restore(scene.token);
  await scene.beat();
  await scene.arrived(() => health(scene).filter(says('Success')).length === 2);

  await connectSecond(scene);
  await arrives(scene, ({ SentinelResourceName }) => SentinelResourceName === 'Globex');
  assert.equal(ruleOf(scene).length, 1);
  const before = health(scene).length;
  scene.clock.advance(hour);
  const hourly = () => health(scene).filter(({ ExtendedProperties }) => ExtendedProperties.Occasion === 'hourly');
  await scene.arrived(() => hourly().length === 2);
  assert.deepEqual(
    new Set(hourly().map(({ SentinelResourceName }) => SentinelResourceName)),
    new Set(['Acme', 'Globex']),
  );
  await scene.beat();
  await scene.eventually(nothingWaits);
  assert.equal(hourly().length, 2);
  assert.ok(health(scene).length - before <= 3, 'an hour is one record for each, beside real changes');
  assert.ok(!JSON.stringify(health(scene)).includes(scene.token));
  assert.deepEqual([scene.azure.unexpected, scene.azure.table(scene.workspace, table).truncatedFields], [[], 0]);
});

test('what Azure refuses of health waits, leaves the connector well and is said by status; a rule that is gone comes back', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await arrives(scene, says('Success'));
  await scene.eventually(nothingWaits);
  const end = scene.azure.faults.add({
    where: 'ingestion',
    when: toHealth,
    do: { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } },
  });
  scene.clock.advance(hour);
  await scene.eventually(`select 1 as done from health_rules where problem->>'reason' = 'azure-refused'`);
  assert.equal((await waiting(scene)).length, 1);
  await scene.beat();
  const told = await statusOf(scene);
  assert.match(told, /Health records.*not written since .*: Azure refuses what Patchbay set up/);
  assert.match(told, /✓ Connected/);

  end();
  for (const { id } of ruleOf(scene)) scene.azure.deleteRule(id);
  scene.clock.advance(2 * minute);
  await scene.eventually(nothingWaits);
  assert.equal(ruleOf(scene).length, 1, 'made anew');
  assert.equal(health(scene).filter(({ ExtendedProperties }) => ExtendedProperties.Occasion === 'hourly').length, 1);
  assert.match(await statusOf(scene), /Health records.*last written/);
});

test('a refusal while the role takes effect is waiting; later it is said, and nothing is lost', async (t) => {
  const scene = await Scene.open({ azure: { settings: { rolePropagationMs: 10 * minute } } });
  t.after(() => scene.close());
  await scene.connect(scene.ada);
  await scene.arrived(() => scene.azure.requests.some((call) => toHealth(call) && call.status === 403));
  assert.match(await statusOf(scene), /Health records.*none yet/);
  scene.clock.advance(31 * minute);
  await arrives(scene, ({ OperationName }) => OperationName === 'Connector created');

  scene.azure.revoke(scene.azure.identity.principalId, 'Monitoring Metrics Publisher', ruleOf(scene)[0]?.id);
  assert.equal(grants(scene), 0);
  const end = scene.azure.faults.add({ where: 'ingestion', when: toHealth, do: { status: 403 } });
  scene.clock.advance(hour);
  await scene.arrived(() => grants(scene) === 1);
  await scene.eventually('select 1 as done from health_rules where due_at > $1', [new Date(scene.clock.now())]);
  scene.clock.advance(40 * minute);
  await scene.eventually(`select 1 as done from health_rules where problem->>'reason' = 'role-missing'`);
  end();
  scene.clock.advance(20 * minute);
  await scene.eventually(nothingWaits);
});

test('a store that fails between the answer and its noting repeats records under their ids, and loses none', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await arrives(scene, says('Success'));
  await scene.eventually(nothingWaits);
  scene.mayFail = true;
  await scene.rows(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the store fails'; end $$`,
  );
  await scene.rows('create trigger refuse before delete on health_records for each row execute function refuse()');
  scene.clock.advance(hour);
  const first = await arrives(scene, ({ ExtendedProperties }) => ExtendedProperties.Occasion === 'hourly');
  assert.deepEqual(await waiting(scene), [{ id: first.RecordId }]);
  await scene.eventually(`select 1 as done from health_rules where due_at > $1`, [new Date(scene.clock.now())]);
  await scene.rows('drop trigger refuse on health_records');
  scene.clock.advance(2 * minute);
  await scene.eventually(nothingWaits);
  const copies = health(scene).filter(({ RecordId }) => RecordId === first.RecordId);
  assert.equal(copies.length, 2);
});

test('the last connector of a workspace takes the rule and its grant along, after its last record, and the table stays', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await connectSecond(scene);
  await remove(scene, 'Globex');
  await arrives(scene, (row) => row.OperationName === 'Connector removed' && row.SentinelResourceName === 'Globex');
  assert.deepEqual([ruleOf(scene).length, grants(scene)], [1, 1], 'Acme needs it still');

  const end = scene.azure.faults.add({
    where: 'arm',
    when: ({ method, path }) => method === 'DELETE' && path.includes('patchbay-health'),
    do: { status: 409, body: { error: { code: 'ScopeLocked', message: 'The scope is locked.' } } },
  });
  await remove(scene, 'Acme');
  await arrives(scene, (row) => row.OperationName === 'Connector removed' && row.SentinelResourceName === 'Acme');
  await scene.eventually(`select 1 as done from health_rules where problem->>'reason' = 'azure-refused'`);
  end();
  scene.clock.advance(2 * minute);
  await scene.eventually('select 1 as done where not exists (select from health_rules)');
  assert.deepEqual([ruleOf(scene).length, grants(scene)], [0, 0]);
  assert.ok(health(scene).length >= 6);
  assert.deepEqual(await waiting(scene), []);

  await scene.connect(scene.ada, 'Again');
  await arrives(scene, (row) => row.OperationName === 'Connector created' && row.SentinelResourceName === 'Again');
  assert.equal(ruleOf(scene).length, 1);
});
