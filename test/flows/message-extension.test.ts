import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { closeServer, Dialogue, goodDetails, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { press } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

const manifest = JSON.parse(readFileSync(new URL('../../manifest/manifest.json', import.meta.url), 'utf8'));

test('every command of the extension in the manifest opens its dialog, from the composer and from the command box', async () => {
  const scene = acme();
  const listed: { id: string; context: ('compose' | 'commandBox')[] }[] = manifest.composeExtensions[0].commands;
  assert.deepEqual(
    listed.map(({ id }) => id),
    ['connect', 'manage'],
  );
  for (const { id, context } of listed) {
    for (const from of context) {
      const dialog = await Dialogue.openExtension(scene, scene.ada, id, { context: from });
      assert.ok(dialog.page, `${id} from ${from}`);
    }
  }
  assert.deepEqual(scene.teams.violations, []);
});

test('an org is connected without any message: the same pages, and the progress in the channel', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.publishMade(5);
  const before = scene.teams.messages(scene.channel).length;
  const wizard = await Dialogue.openExtension(scene, scene.ada, 'connect');
  await wizard.submit({ name: '', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.text, /Step 1 of 3.*Give the connector a name/s);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.text, /Step 2 of 3/);
  await wizard.submit({ products: 'siem' });
  assert.match(wizard.text, /Step 3 of 3/);
  assert.equal(scene.teams.messages(scene.channel).length, before, 'nobody has said anything yet');
  await wizard.submit(goodDetails(scene));
  assert.match(wizard.sentence, /^Connecting Acme/);
  await scene.card('Connecting Acme');
  assert.deepEqual(scene.teams.violations, []);
});

test('a place where the bot has never been heard is remembered when a dialog is opened there', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const shift = scene.channel.team.addChannel('Shift');
  const known = () => scene.rows('select from conversations where id = $1', [shift.id]);
  await Dialogue.openExtension(scene, scene.guest, 'connect', { where: shift });
  assert.equal((await known()).length, 0);
  await Dialogue.openExtension(scene, scene.ada, 'connect', { where: shift });
  assert.equal((await known()).length, 1);
});

test('where the app is not, and to guests, the extension says why it can’t help', async () => {
  const scene = acme();
  const away = scene.teams.addTeam('Elsewhere').addChannel('Talk');
  for (const [user, where, says] of [
    [scene.ada, away, /has not been added/],
    [scene.guest, scene.channel, /Guests can only read the help/],
  ] as const) {
    for (const command of ['connect', 'manage']) {
      const dialog = await Dialogue.openExtension(scene, user, command, { where });
      assert.match(dialog.sentence, says);
    }
  }
  assert.equal((await scene.rows('select from conversations where id = $1', [away.id])).length, 0);
});

test('manage asks which connector, and changes the one that was chosen', async () => {
  const scene = acme();
  const [row] = await scene.rows<{ id: string }>('select id from connectors');
  const dialog = await Dialogue.openExtension(scene, scene.ada, 'manage', { context: 'commandBox' });
  assert.match(dialog.text, /Which connector\?.*Acme \(acme\.okta\.com\)/s);
  await dialog.submit({ connector: '' });
  assert.match(dialog.text, /Choose a connector\./);
  await dialog.submit({ connector: row?.id });
  assert.match(dialog.text, /Manage Acme/);
  const { data } = press(dialog.page, 'Save', { interval: '300' });
  await dialog.submit({}, { data });
  assert.match(dialog.sentence, /^Acme was changed: how often it looks/);

  const reader = await Dialogue.openExtension(scene, scene.ben, 'manage');
  await reader.submit({ connector: row?.id });
  assert.match(reader.sentence, /you lack Log Analytics Contributor/);
});

test('among many connectors the one to manage is found by part of its name', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const empty = await Dialogue.openExtension(scene, scene.ada, 'manage');
  assert.match(empty.sentence, /There is no connector yet/);
  await scene.connected();
  await scene.rows(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, desired, settings, provisioning, status)
     select gen_random_uuid(), tenant_id, 'Org ' || n, 'org' || n || '.okta.com', created_at, '2100-01-01', desired, settings, provisioning, status
       from connectors, generate_series(1, 80) n`,
  );
  const dialog = await Dialogue.openExtension(scene, scene.ada, 'manage');
  assert.match(dialog.text, /56 more fit/);
  await dialog.submit({ find: ' org\u200b 77 ' }, { title: 'Find' });
  assert.match(dialog.text, /Org 77 \(org77\.okta\.com\)/);
  assert.doesNotMatch(dialog.text, /more fit|Acme/);
  const [found] = await scene.rows<{ id: string }>(`select id from connectors where name = 'Org 77'`);
  await dialog.submit({ connector: found?.id }, { title: 'Manage' });
  assert.match(dialog.text, /Manage Org 77/);
  await scene.rows(`delete from connectors where name like 'Org %'`);
});
