import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { oktaEvent } from '../sims/events.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;

function ruleOf(scene: Scene) {
  const rule = [...scene.azure.estate.rules.values()].find(({ name }) => name.startsWith('patchbay-okta-'));
  return rule ?? assert.fail('no rule');
}

/** Whether the rule's error log goes to the workspace. */
function isLogged(scene: Scene): boolean {
  return [...ruleOf(scene).diagnostics.values()].some(({ workspaceId }) => workspaceId === scene.workspace.id);
}

/** Two events are sent, and after `ms` the workspace is looked into. */
async function sendAndLook(scene: Scene, ms: number): Promise<void> {
  scene.org.publishMade(2);
  await scene.poll();
  scene.clock.advance(ms);
  await scene.eventually(`select 1 as done from connectors where (observation->>'triedAt')::bigint >= $1`, [
    scene.clock.now() - minute,
  ]);
  await scene.poll();
}

/** Rows come in again: the alert closes. */
async function recovered(scene: Scene): Promise<void> {
  await sendAndLook(scene, 5 * minute);
  await scene.eventually(`select 1 as done where not exists (select from incidents where resolved_at is null)`);
}

async function status(scene: Scene): Promise<string> {
  const { cards } = await scene.ask(scene.ben, 'status Acme');
  return cards.map(textOf).join('\n');
}

test('a reached daily cap is told as that within minutes, with when it is reset', async () => {
  const scene = acme();
  assert.ok(isLogged(scene), 'the error log is on since the rule was made');
  scene.workspace.dailyCapReached = true;
  await sendAndLook(scene, 5 * minute);
  const { cards } = await scene.card('daily cap is reached', 'OverQuota');
  assert.match(textOf(cards[0] as Card), /until \d{4}-\d\d-\d\d 14:00 UTC/);
  assert.match(textOf(cards[0] as Card), /Data collection is stopped until the reset/, 'in Azure’s words');
  scene.workspace.dailyCapReached = false;
  await recovered(scene);
});

test('a transform that fails is told with Azure’s words, and Repair mends it', async () => {
  const scene = acme();
  ruleOf(scene).transformError = 'Column actor of the table is missing.';
  for (let looks = 0; looks < 2; looks++) await sendAndLook(scene, 5 * minute);
  const alert = await scene.card('can’t turn the events into rows', 'Column actor of the table is missing.');
  const repair = actionsIn(alert.cards).find(({ title }) => title === 'Repair') ?? assert.fail('no Repair');
  await scene.teams.execute(scene.ada, scene.channel, alert, repair);
  await scene.arrived(() => ruleOf(scene).transformError === undefined);
  await recovered(scene);
});

test('rows that Azure fails on while others come are a warning with Azure’s words, for an hour', async () => {
  const scene = acme();
  // What was noted minutes after rows came again may be of the trouble before.
  scene.clock.advance(10 * minute);
  ruleOf(scene).transformError = 'Column target is missing.';
  scene.org.publishMade(2);
  await scene.poll();
  ruleOf(scene).transformError = undefined;
  for (let looks = 0; looks < 6; looks++) await sendAndLook(scene, 5 * minute);
  await scene.card('▲', 'can’t turn the events into rows', 'Column target is missing.');
  assert.match(await status(scene), /with a warning/);
  for (let looks = 0; looks < 8; looks++) await sendAndLook(scene, 5 * minute);
  await recovered(scene);
});

test('where nothing is found, that is said after 15 minutes', async () => {
  const scene = acme();
  scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').hide();
  await sendAndLook(scene, 5 * minute);
  assert.match(await status(scene), /✓ Connected/);
  for (let looks = 0; looks < 3; looks++) await sendAndLook(scene, 5 * minute);
  await scene.card('Events do not show up in the workspace', 'daily cap is not reached', 'error log has nothing');
  scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').reveal(scene.clock.now());
  await recovered(scene);
});

test('a field that Okta adds is told once by its name', async () => {
  const scene = acme();
  const event = (index: number, more: Card) => ({
    ...oktaEvent({ seed: 7, index, publishedAt: scene.clock.now() }),
    ...more,
  });
  scene.org.publish(event(1, { riskScore: 7 }));
  await scene.poll();
  await scene.card('Okta sends something new', 'riskScore');
  assert.match(await status(scene), /New in Okta: riskScore: not in the workspace/);
  assert.equal(ruleOf(scene).dropped.get('riskScore'), 1, 'as Azure does it');
  scene.clock.advance(60 * minute);
  scene.org.publishMade(1);
  await scene.poll();
  await scene.eventually(`select 1 as done where not exists (select from incidents where resolved_at is null)`);
  scene.org.publish(event(2, { riskScore: 8 }));
  await scene.poll();
  assert.deepEqual(await scene.rows('select 1 from incidents where resolved_at is null'), [], 'not again');
  assert.match(await status(scene), /✓ Connected/);
});

test('without the right for it the connector is built and says that the log is off; the next day it is on', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const refused = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'may not write settings' } } };
  const writes = ({ method, path }: { method: string; path: string }) =>
    method === 'PUT' && /diagnosticSettings/i.test(path);
  scene.azure.faults.add({ where: 'arm', when: writes, do: refused });
  await scene.connected();
  await scene.card('Acme is connected', 'It is off, and events are sent all the same', 'may not write settings');
  assert.match(await status(scene), /✓ Connected.*Error log: of the rule: off, as Azure refused it/s);
  assert.ok(!isLogged(scene));
  scene.azure.faults.clear();
  scene.clock.advance(25 * 60 * minute);
  await scene.eventually(`select 1 as done from connectors where provisioning->'errorLog'->'refused' = 'null'`);
  assert.ok(isLogged(scene));
  assert.doesNotMatch(await status(scene), /Error log/);
});

test('a fault that passes holds up nothing: the log is switched on once it is over, and off when the connector goes', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const settings = ({ path }: { path: string }) => /diagnosticSettings/i.test(path);
  const end = scene.azure.faults.add({ where: 'arm', when: settings, do: { status: 503 } });
  await scene.connected();
  assert.ok(!isLogged(scene));
  end();
  scene.clock.advance(10 * minute);
  await scene.arrived(() => isLogged(scene));
  const message = await scene.ask(scene.ada, 'delete Acme');
  const action = actionsIn(message.cards).find(({ data }) => (data as Card | undefined)?.dialog === 'delete');
  const dialog = await Dialogue.open(scene, scene.ada, message, action?.data as Card);
  const rule = ruleOf(scene);
  await dialog.submit({ confirm: 'Acme' });
  await scene.arrived(() => scene.azure.rule(rule.id) === undefined);
  assert.equal(rule.diagnostics.size, 0, 'no setting waits for the next rule of that name');
});
