import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { findPersonalChat, pruneConversations } from '../../bot/teams/conversations.ts';
import { listChosen } from '../../ingestion/connector/directory.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Channel, Team } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const open = (scene: Scene) =>
  scene.rows<{ name: string }>('select name from conversations where id = $1 and closed is null', [scene.channel.id]);

/** A trouble that nobody is told of, as the place is closed; then what brings the place back brings the alert. */
async function toldOnlyWhenBack(scene: Scene, back: () => Promise<unknown>): Promise<void> {
  assert.deepEqual(await open(scene), []);
  const before = scene.teams.requests.length;
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.eventually('select 1 as done from incidents where resolved_at is null');
  assert.deepEqual(
    scene.teams.requests.slice(before).filter(({ name }) => name.startsWith('POST') && name.includes(scene.channel.id)),
    [],
  );
  await back();
  await scene.card('✕ Okta refuses the API token');
  assert.equal((await open(scene)).length, 1);
}

for (const told of ['installationUpdate', 'conversationUpdate'] as const) {
  test(`an app that was removed is silent, and told again what is open when it is added, both by ${told} alone`, async () => {
    const scene = acme();
    const { team } = scene.channel;
    await scene.teams.uninstall(team, { by: scene.ada, told });
    const welcomes = () =>
      scene.teams.messages(scene.channel).filter(({ cards }) => /Patchbay is here/.test(JSON.stringify(cards)));
    const before = welcomes().length;
    await toldOnlyWhenBack(scene, () => scene.teams.install(team, { by: scene.ada, channel: scene.channel, told }));
    assert.equal(welcomes().length - before, told === 'installationUpdate' ? 1 : 0);
  });
}

test('an app that is added again says one welcome', async () => {
  const scene = acme();
  const { team } = scene.channel;
  await scene.teams.uninstall(team, { by: scene.ada });
  const before = scene.teams.messages(scene.channel).length;
  await scene.teams.install(team, { by: scene.ada, channel: scene.channel });
  const said = scene.teams
    .messages(scene.channel)
    .slice(before)
    .map(({ cards }) => textOf(cards[0] ?? {}));
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /Patchbay is here.*Ada Admin/s);
});

const closings: [closes: string, opens: string, place: (channel: Channel) => Team | Channel][] = [
  ['channelDeleted', 'channelRestored', (channel) => channel],
  ['teamArchived', 'teamUnarchived', ({ team }) => team],
  ['teamDeleted', 'teamRestored', ({ team }) => team],
];

for (const [closes, opens, place] of closings) {
  test(`nothing is sent after ${closes}, and ${opens} brings what is open`, async () => {
    const scene = acme();
    await scene.teams.change(closes, place(scene.channel), scene.ada);
    await toldOnlyWhenBack(scene, () => scene.teams.change(opens, place(scene.channel), scene.ada));
  });
}

test('a team that comes back after the app was removed from it stays closed', async () => {
  const scene = acme();
  const { team } = scene.channel;
  await scene.teams.change('teamArchived', team, scene.ada);
  await scene.teams.uninstall(team, { by: scene.ada });
  await scene.teams.change('teamUnarchived', team, scene.ada);
  assert.deepEqual(await open(scene), []);
  await scene.teams.install(team, { by: scene.ada, channel: scene.channel });
});

test('a channel and a team that get new names are called by them', async () => {
  const scene = acme();
  assert.deepEqual(await open(scene), [{ name: 'SOC › Alerts' }]);
  await scene.teams.change('channelRenamed', scene.channel, scene.ada, 'Alarms, night');
  assert.deepEqual(await open(scene), [{ name: 'SOC › Alarms, night' }]);
  await scene.teams.change('channelRenamed', scene.channel, scene.ada, 'Alerts \\1 &');
  await scene.teams.change('teamRenamed', scene.channel.team, scene.ada, 'SecOps');
  assert.deepEqual(await open(scene), [{ name: 'SecOps › Alerts \\1 &' }]);
  await scene.teams.change('teamRenamed', scene.channel.team, scene.ada, 'SOC');
  await scene.teams.change('channelRenamed', scene.channel, scene.ada, 'Alerts');
  assert.deepEqual(await open(scene), [{ name: 'SOC › Alerts' }]);
});

test('nobody is greeted who comes into the team, and Teams is asked nothing about them', async () => {
  const scene = acme();
  const [messages, requests] = [scene.teams.messages(scene.channel).length, scene.teams.requests.length];
  const { status } = await scene.teams.join(scene.teams.addUser({ name: 'Noor New' }), scene.channel.team);
  assert.equal(status, 200);
  assert.equal(scene.teams.messages(scene.channel).length, messages);
  assert.deepEqual(scene.teams.requests.slice(requests), []);
});

test('a personal chat is remembered as that of its person, and forgotten when it is closed for 90 days', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const chat = scene.teams.personalChat(scene.ben);
  await scene.teams.install(chat, { by: scene.ben });
  const { pool, release } = await scene.hold('places');
  t.after(release);
  const find = () => findPersonalChat(pool, scene.teams.tenant.id, scene.ben.aadObjectId);
  assert.equal((await find())?.id, chat.id);
  await scene.teams.say(scene.ben, chat, 'help');
  await scene.teams.uninstall(chat, { by: scene.ben });
  assert.equal(await find(), null);
  const places = () => scene.rows('select from conversations where id = $1', [chat.id]);
  await pruneConversations(pool, (ids) => listChosen(pool, ids), scene.clock.now() + 89 * 86_400_000);
  assert.equal((await places()).length, 1);
  await pruneConversations(pool, (ids) => listChosen(pool, ids), scene.clock.now() + 91 * 86_400_000);
  assert.equal((await places()).length, 0);
});

test('a channel that is closed is remembered while a connector’s alerts are meant for it', async () => {
  const scene = acme();
  const { team } = scene.channel;
  await scene.teams.uninstall(team, { by: scene.ada });
  const { pool, release } = await scene.hold('places');
  await pruneConversations(pool, (ids) => listChosen(pool, ids), scene.clock.now() + 91 * 86_400_000);
  await release();
  assert.equal((await scene.rows('select from conversations where id = $1', [scene.channel.id])).length, 1);
  await scene.teams.install(team, { by: scene.ada, channel: scene.channel });
});
