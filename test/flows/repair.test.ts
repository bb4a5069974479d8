import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, bringsEvents, closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import type { Message } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

/** Lets the time between two looks into the workspace pass, and waits for a look and a poll after it. */
async function look(scene: Scene): Promise<void> {
  scene.clock.advance(5 * 60_000);
  const since = scene.clock.now();
  await scene.eventually(
    `select 1 as done where not exists (select from connectors where (observation->>'triedAt')::bigint < $1)`,
    [since],
  );
  await scene.poll();
}

async function repair(scene: Scene, alert: Message): Promise<void> {
  const button = actionsIn(alert.cards).find(({ title }) => String(title).startsWith('Repair'));
  assert.ok(button, JSON.stringify(alert.cards));
  await scene.teams.execute(scene.ada, scene.channel, alert, button);
}

test('a rule that somebody deleted is missed though nothing happens, and Repair makes it anew', async () => {
  const scene = acme();
  for (const { id } of [...scene.azure.estate.rules.values()]) scene.azure.deleteRule(id);
  await look(scene);
  const alert = await scene.card('✕ The data collection rule is gone');

  const uuids = scene.org.publishMade(3);
  await scene.poll();
  await repair(scene, alert);
  assert.equal((await scene.card('Recovered after')).id, alert.id);
  assert.deepEqual(
    scene.copies(uuids),
    uuids.map(() => 1),
  );
});

test('of a backlog that went into a deleted table nothing is lost, however old its events are', async () => {
  const scene = acme();
  const body = { error: { code: 'OperationFailed', message: 'Access is not granted.' } };
  const end = scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, do: { status: 403, body } });
  const old = scene.org.publishMade(4);
  await scene.poll();
  scene.clock.advance(3 * 3_600_000);
  await look(scene);
  scene.azure.deleteTable(scene.workspace, 'OktaSystemLogs_CL');
  end();
  await scene.poll();
  await look(scene);
  await repair(scene, await scene.card('✕ The table is gone'));
  await scene.eventually(
    `select 1 as done from connectors where provisioning->'finishedAt' <> 'null' and observation->'gone' = 'null'`,
  );
  await scene.poll();
  assert.deepEqual(scene.copies(old), [1, 1, 1, 1]);
});

test('a moment in which Azure does not know the table stops nothing, and repeats nothing', async () => {
  const scene = acme();
  const known = await scene.rows('select id from incidents');
  const uuids = scene.org.publishMade(3);
  await scene.poll();
  const body = { error: { code: 'ResourceGroupNotFound', message: "Resource group 'soc' could not be found." } };
  const read = ({ method, path }: { method: string; path: string }) =>
    method === 'GET' && /\/tables\/oktasystemlogs_cl$/i.test(path);
  scene.azure.faults.add({ where: 'arm', when: read, times: 1, do: { status: 404, body } });
  await look(scene);
  await look(scene);
  assert.deepEqual(await scene.rows('select id from incidents'), known);
  assert.deepEqual(scene.copies(uuids), [1, 1, 1]);
});

test('what was sent to a table that somebody deleted is sent again after Repair, by every connector of the workspace', async () => {
  const scene = acme();
  await scene.connect(scene.ada, 'Globex');
  await scene.eventually(
    `select 1 as done from connectors where name = 'Globex' and status->>'lastPollAt' is not null`,
  );
  await look(scene);
  await scene.card('Globex is connected');

  scene.azure.deleteTable(scene.workspace, 'OktaSystemLogs_CL');
  const lost = scene.org.publishMade(3);
  await scene.poll();
  await look(scene);
  const alert = await scene.card('✕ The table is gone', 'Acme');
  const waiting = scene.org.publishMade(2);
  await scene.poll();
  assert.match(JSON.stringify((await scene.ask(scene.ben, 'status Globex')).cards), /The table is gone/);

  await repair(scene, alert);
  await scene.card('Recovered after', 'Acme');
  await look(scene);
  await scene.card('Recovered after', 'Globex');
  const { rows } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  for (const uuid of [...lost, ...waiting]) {
    const by = rows.filter(({ EventOriginalUid }) => EventOriginalUid === uuid).map(({ ConnectorId }) => ConnectorId);
    assert.equal(by.length, 2, uuid);
    assert.equal(new Set(by).size, 2, `${uuid} once from each`);
  }
});
