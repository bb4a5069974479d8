import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { LogsQueryClient } from '@azure/monitor-query';
import { describe } from '../../cards/words/health-record.ts';
import columns from '../../deploy/health-columns.json' with { type: 'json' };
import { type HealthRecord, pruneRecords, rowOf } from '../../ingestion/connector/health-records.ts';
import { reasons } from '../../ingestion/reasons.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { limitMs } from '../scene/limit.ts';
import { actionsIn, closeServer, Dialogue, goodDetails, Scene } from '../scene/scene.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';

after(closeServer);

const table = 'OktaConnectorHealth_CL';
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

/** Waits until something has happened at Azure, and not for ever. */
async function happens(scene: Scene, fits: () => boolean): Promise<void> {
  const late = once(AbortSignal.timeout(limitMs), 'abort');
  const answer = await Promise.race([scene.arrived(fits), late.then(() => 'late')]);
  assert.notEqual(answer, 'late', `not in time: ${fits}\n${scene.logLines.slice(-5).join('')}`);
}

/** Waits until the health table holds a row that fits. */
async function arrives(scene: Scene, fits: (row: Row) => boolean): Promise<Row> {
  await happens(scene, () => health(scene).some(fits));
  return health(scene).findLast(fits) ?? assert.fail();
}

const says =
  (status: string, reason = '') =>
  (row: Row) =>
    row.OperationName === 'Data fetch status change' && row.Status === status && row.Reason === reason;

const removed = (name: string) => (row: Row) =>
  row.OperationName === 'Connector removed' && row.SentinelResourceName === name;

const ruleOf = (scene: Scene) => [...scene.azure.estate.rules.values()].filter(({ name }) => name.includes('health'));
const toHealth = ({ path }: { path: string }) => path.endsWith('/Custom-OktaConnectorHealth');
const grants = (scene: Scene) =>
  [...scene.azure.directory.assignments.values()].filter(({ scope }) => /patchbay-health/.test(scope)).length;
const waiting = (scene: Scene) => scene.rows<{ id: string }>('select id from health_records');
const nothingWaits = 'select 1 as done where not exists (select from health_records)';

async function connectSecond(scene: Scene): Promise<void> {
  const other = scene.okta.addOrg('globex.okta.com');
  other.publishMade(2);
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Globex', domain: 'globex.okta.com', key: other.addToken() });
  await wizard.submit({ products: 'siem' });
  await wizard.submit(goodDetails(scene));
  await scene.eventually(
    `select 1 as done from connectors where name = 'Globex' and (observation->'seen'->>'rows')::int > 0`,
  );
  await scene.poll();
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
  const runtime = {
    ...simulatedNetwork(scene.clock, scene),
    credential: simulatedIdentity(scene.azure),
    cloud: clouds.public,
  };
  const client = new LogsQueryClient(runtime.credential, { httpClient: runtime.http });
  const result = await client.queryWorkspace(scene.workspace.customerId, text, { duration: 'P2D' });
  assert.ok('tables' in result);
  const [found] = result.tables;
  return (found?.rows ?? []).map((row) =>
    Object.fromEntries(row.map((value, at) => [found?.columnDescriptors[at]?.name ?? '', value])),
  );
}

const calm: HealthRecord = {
  id: 'r',
  at: Date.UTC(2026, 2, 4),
  occasion: 'hourly',
  connector: { id: 'c', name: 'Acme', domain: 'acme.okta.com' },
  state: 'connected',
  health: 'ok',
  problem: null,
  lastHour: {
    ...{ events: 1, bytes: 2, requests: 3, retries: 4, repeated: 5, refused: 6 },
    ...{ p50Seconds: 7, p95Seconds: 8 },
  },
  behindMs: 1500,
  lastEventAt: null,
  lastPollAt: null,
  version: '0.1.0',
};
const row = (record: HealthRecord) =>
  rowOf(record, describe(record), { id: '/w', name: 'soc', customerId: 'guid', location: 'westeurope' });

test('a row has every column of the table, and its status follows state and health', () => {
  assert.deepEqual(Object.keys(row(calm)).toSorted(), columns.map(({ name }) => name).toSorted());
  const cases: [status: string, record: Partial<HealthRecord>][] = [
    ['Success', {}],
    ['Warning', { health: 'warning' }],
    ['Failure', { state: 'error', health: 'error' }],
    ['Informational', { state: 'pending' }],
    ['Informational', { state: 'deleting' }],
    ['Informational', { occasion: 'removed' }],
  ];
  for (const [status, record] of cases)
    assert.equal(row({ ...calm, ...record }).Status, status, JSON.stringify(record));
});

test('each reason is described in words that need no card beside them', () => {
  for (const reason of reasons) {
    const problem = { reason, evidence: {}, since: calm.at };
    const { Description, Reason, ExtendedProperties } = row({ ...calm, health: 'error', problem });
    assert.equal(Reason, reason);
    assert.match(Description, /^[A-Z].{40,}\.$/, reason);
    assert.doesNotMatch(Description, /press|below|button|\bsay\b “/i, reason);
    assert.match(ExtendedProperties.FailingLeg ?? '', /^(Okta|Azure|Patchbay)$/);
    assert.equal(ExtendedProperties.FailingSince, '2026-03-04T00:00:00.000Z');
  }
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
    'polls that change nothing write nothing',
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
  await scene.poll();
  const bad = await arrives(scene, says('Failure', 'token-refused'));
  assert.match(bad.Description, /Okta refuses the API token/);
  assert.equal(bad.ExtendedProperties.FailingLeg, 'Okta');
  assert.deepEqual((bad.ExtendedProperties.Evidence as { status: number }).status, 401);
  const newest = /```kusto\n([\s\S]*?)```/.exec(
    readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8'),
  )?.[1];
  const [line] = await query(scene, newest ?? '');
  assert.deepEqual([line?.SentinelResourceName, line?.Status, line?.Reason], ['Acme', 'Failure', 'token-refused']);
  assert.ok(line?.Since instanceof Date);

  scene.org.restore(scene.token);
  await scene.poll();
  await arrives(scene, (row) => says('Success')(row) && row.TimeGenerated > bad.TimeGenerated);

  await connectSecond(scene);
  await arrives(scene, (row) => row.SentinelResourceName === 'Globex' && says('Success')(row));
  assert.equal(ruleOf(scene).length, 1);
  await scene.eventually(nothingWaits);
  scene.clock.advance(hour);
  const from = scene.clock.now();
  for (const name of ['Acme', 'Globex']) {
    await arrives(scene, (row) => row.SentinelResourceName === name && row.TimeGenerated >= from);
  }
  await scene.poll();
  await scene.eventually(nothingWaits);
  const after = health(scene).filter(({ TimeGenerated }) => TimeGenerated >= from);
  // On a machine that is slow enough, somebody has noticed that no poll ended in this hour.
  if (!after.some(({ Reason }) => Reason === 'scheduler-down')) {
    const hourly = after.filter(({ ExtendedProperties }) => ExtendedProperties.Occasion === 'hourly');
    assert.deepEqual(hourly.map(({ SentinelResourceName }) => SentinelResourceName).sort(), ['Acme', 'Globex']);
  }

  await remove(scene, 'Globex');
  await arrives(scene, removed('Globex'));
  await scene.eventually(nothingWaits);
  assert.deepEqual([ruleOf(scene).length, grants(scene)], [1, 1], 'Acme needs the rule still');
  assert.ok(
    health(scene).some(({ ExtendedProperties: { State, Occasion } }) => `${State} ${Occasion}` === 'deleting changed'),
  );
  assert.ok(!JSON.stringify(health(scene)).includes(scene.token));
  assert.deepEqual([scene.azure.unexpected, scene.azure.table(scene.workspace, table).truncatedFields], [[], 0]);
});

test('what Azure refuses of health waits, leaves the connector well and is said by status; what was deleted comes back, and nothing is lost', async (t) => {
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
  const held = await waiting(scene);
  assert.ok(held.length > 0);
  await scene.poll();
  const told = await statusOf(scene);
  assert.match(told, /Health records.*not written since .*: Azure refuses what Patchbay set up/);
  assert.match(told, /✓ Connected/);

  end();
  for (const { id } of ruleOf(scene)) scene.azure.deleteRule(id);
  scene.clock.advance(2 * minute);
  await scene.eventually(nothingWaits);
  assert.equal(ruleOf(scene).length, 1, 'the rule was made anew');
  const copies = (id: string | undefined) => health(scene).filter(({ RecordId }) => RecordId === id).length;
  for (const { id } of held) assert.equal(copies(id), 1);
  assert.match(await statusOf(scene), /Health records.*last written/);

  const anHourLater = async () => {
    scene.clock.advance(hour);
    const from = scene.clock.now();
    return arrives(scene, ({ TimeGenerated }) => TimeGenerated >= from);
  };
  scene.workspace.tables.delete(table.toLowerCase());
  await anHourLater();
  await scene.eventually(nothingWaits);

  scene.mayFail = true;
  await scene.rows(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the store fails'; end $$`,
  );
  await scene.rows('create trigger refuse before delete on health_records for each row execute function refuse()');
  const { RecordId: id } = await anHourLater();
  assert.ok(
    (await waiting(scene)).some((each) => each.id === id),
    'a record is dropped only when its answer is noted',
  );
  await scene.eventually('select 1 as done from health_rules where due_at > $1', [new Date(scene.clock.now())]);
  await scene.rows('drop trigger refuse on health_records');
  scene.clock.advance(2 * minute);
  await scene.eventually(nothingWaits);
  assert.equal(copies(id), 2, 'and comes again under its id');
});

test('records that can not be sent are given up after 30 days, or beyond 10,000', async (t) => {
  const scene = await Scene.open();
  const store = await scene.hold('records');
  t.after(async () => {
    await store.release();
    await scene.close();
  });
  await scene.stop();
  await scene.rows(`insert into health_rules (id, workspace) values ('/w', '{}')`);
  const now = scene.clock.now();
  await scene.rows(
    `insert into health_records (id, workspace_id, at, hourly, record)
     select gen_random_uuid(), health_rules.id, $1::timestamptz - step * interval '1 minute', step < 10050, '{}'::jsonb
       from health_rules, generate_series(1, 10060) as step
     union all
     select gen_random_uuid(), id, $1::timestamptz - interval '31 days', false, '{}'::jsonb from health_rules`,
    [new Date(now)],
  );
  assert.equal(await pruneRecords(store.pool, now), 62);
  const [left] = await scene.rows<{ hourly: number; changes: number }>(
    `select count(*) filter (where hourly)::int as hourly, count(*) filter (where not hourly)::int as changes
       from health_records`,
  );
  assert.deepEqual(left, { hourly: 9_988, changes: 11 }, 'changes are kept before hourly ones');
  assert.equal(await pruneRecords(store.pool, now), 0);
});

test('records of before the rule are sent when it is made, and wait for its role; a right that is taken away is given again', async (t) => {
  const scene = await Scene.open({ azure: { settings: { rolePropagationMs: 10 * minute } } });
  t.after(() => scene.close());
  scene.azure.faults.add({
    where: 'arm',
    when: ({ method, path }) => method === 'PUT' && path.includes('/patchbay-okta-'),
    times: 1,
    do: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } },
  });
  await scene.connect(scene.ada);
  await scene.eventually(`select 1 as done from connectors where provisioning->'problem' <> 'null'`);
  scene.clock.advance(2 * minute);
  await happens(scene, () => scene.azure.requests.some((call) => toHealth(call) && call.status === 403));
  assert.match(await statusOf(scene), /Health records.*none yet/);
  scene.clock.advance(31 * minute);
  await arrives(scene, ({ OperationName }) => OperationName === 'Connector created');
  const stuck = await arrives(scene, says('Failure', 'azure-forbidden'));
  assert.equal((stuck.ExtendedProperties.Evidence as { code: string }).code, 'AuthorizationFailed');

  scene.azure.revoke(scene.azure.identity.principalId, 'Monitoring Metrics Publisher', ruleOf(scene)[0]?.id);
  assert.equal(grants(scene), 0);
  const end = scene.azure.faults.add({ where: 'ingestion', when: toHealth, do: { status: 403 } });
  scene.clock.advance(hour);
  await happens(scene, () => grants(scene) === 1);
  await scene.eventually('select 1 as done from health_rules where due_at > $1', [new Date(scene.clock.now())]);
  scene.clock.advance(40 * minute);
  await scene.eventually(`select 1 as done from health_rules where problem->>'reason' = 'role-missing'`);
  end();
  scene.clock.advance(20 * minute);
  await scene.eventually(nothingWaits);
});

test('while somebody holds what all connectors of a workspace share, each is told of all the same', async (t) => {
  const scene = await Scene.open();
  await scene.connected();
  await scene.connect(scene.ada, 'Twin');
  await scene.eventually(`select 1 as done from connectors where name = 'Twin' and status->'lastPollAt' <> 'null'`);
  const held = await scene.hold('the way to the store');
  const holder = await held.pool.connect();
  t.after(async () => {
    holder.release(true);
    await held.release();
    await scene.close();
  });
  await holder.query('begin');
  await holder.query('select from health_rules for update');
  scene.org.revoke(scene.token);
  await scene.poll();
  const refused = await scene.rows<{ name: string }>(
    `select name from connectors where status->'problem'->>'reason' = 'token-refused' order by name`,
  );
  assert.deepEqual(refused, [{ name: 'Acme' }, { name: 'Twin' }]);
  await scene.card('✕ Okta refuses the API token');
  await holder.query('rollback');
  await arrives(scene, says('Failure', 'token-refused'));
});

test('the rule of a workspace whose last connector goes is removed in the end, and made anew for one that comes at that moment', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await scene.eventually(nothingWaits);
  const deletes = ({ method, path }: { method: string; path: string }) =>
    method === 'DELETE' && path.includes('/dataCollectionRules/patchbay-health') && !path.includes('roleAssignments');
  const locked = { status: 409, body: { error: { code: 'ScopeLocked', message: 'The scope is locked.' } } };
  const end = scene.azure.faults.add({ where: 'arm', when: deletes, do: locked });
  await remove(scene, 'Acme');
  await scene.eventually(`select 1 as done from health_rules where problem->>'reason' = 'scope-locked'`);
  assert.ok(health(scene).some(removed('Acme')), 'its last record is sent before');
  assert.deepEqual([ruleOf(scene).length, await waiting(scene)], [1, []]);

  end();
  const before = scene.azure.requests.filter(deletes).length;
  scene.azure.faults.add({ where: 'arm', when: deletes, times: 1, do: { delayMs: 10_000 } });
  scene.clock.advance(2 * minute);
  await happens(scene, () => scene.azure.requests.filter(deletes).length > before);
  await scene.connect(scene.ada, 'Anew');
  await scene.eventually(
    `select 1 as done from connectors where provisioning->'finishedAt' <> 'null' and name = 'Anew'`,
  );
  scene.clock.advance(10_000);
  await happens(scene, () =>
    scene.azure.requests
      .filter(deletes)
      .slice(before)
      .some(({ status }) => status !== undefined),
  );
  scene.clock.advance(hour);
  await arrives(scene, ({ SentinelResourceName }) => SentinelResourceName === 'Anew');
  await scene.eventually(nothingWaits);
  assert.deepEqual([ruleOf(scene).length, grants(scene)], [1, 1]);
});
