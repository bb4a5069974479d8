import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Channel, Message, User } from '../sims/teams/tenant.ts';

// Connectors that fail for the same cause, as people in the channels see it.

after(closeServer);

/** The bot's messages in a channel that hold this, as text. */
function holding(scene: Scene, channel: Channel, text: RegExp): Message[] {
  return scene.teams.messages(channel).filter(({ cards }) => text.test(cards.map(textOf).join('\n')));
}

/** Waits for it. */
function shown(scene: Scene, channel: Channel, text: RegExp): Promise<Message> {
  return scene.teams.until(() => holding(scene, channel, text).at(-1));
}

async function press(scene: Scene, message: Message, title: string, user: User, channel = scene.channel) {
  const button = actionsIn(message.cards).find((action) => action.title === title);
  assert.ok(button, `no button ${title} on ${textOf(message.cards[0] ?? {})}`);
  return scene.teams.execute(user, channel, message, button);
}

const three = sharedScene({}, async (scene) => {
  for (const name of ['Acme', 'Labs', 'Zeta']) await scene.connected(name);
});

test('three connectors whose tokens one org refuses are one card that lists them, and one recovery', async () => {
  const scene = three();
  scene.clock.speed = 20;
  const before = scene.teams.messages(scene.channel).length;
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('3 connectors', 'Acme', 'Labs', 'Zeta', 'Okta org acme.okta.com');
  assert.equal(scene.teams.messages(scene.channel).length, before + 1, 'one post, and no reply for who joins');
  const [status] = (await scene.ask(scene.ben, 'status Labs')).cards;
  assert.match(textOf(status ?? {}), /✕ Since .*Okta refuses the API token/);
  assert.match(textOf((await scene.ask(scene.ada, 'alerts list')).cards[0] ?? {}), /1 alert is open now/);
  const late = scene.channel.team.addChannel('Late');
  await scene.teams.say(scene.ada, late, 'alerts here only Labs', { mention: true });
  const alone = await shown(scene, late, /✕ Okta refuses the API token/);
  assert.doesNotMatch(textOf(alone.cards[0] ?? {}), /Acme|Zeta|connectors/, 'it is told of what it asked for');
  await scene.teams.say(scene.ada, late, 'alerts here', { mention: true });
  await shown(scene, late, /3 connectors[\s\S]*Acme/);
  await scene.teams.say(scene.ada, late, 'alerts off', { mention: true });
  scene.org.restore(scene.token);
  await scene.poll();
  const recovered = await scene.card('✓ Recovered after', 'and 1 more');
  assert.equal(recovered.id, alert.id);
  await scene.card('and 1 more have recovered');
  assert.equal(holding(scene, scene.channel, /have recovered/).length, 1);
});

test('ack without a name takes the whole card, and Retry all polls each of them at once, for whoever may', async () => {
  const scene = three();
  scene.clock.speed = 20;
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('3 connectors', 'Retry all');
  assert.match(
    textOf((await scene.ask(scene.ada, 'ack')).cards[0] ?? {}),
    /You are on it\. The alert of \w+, \w+ and 1 more says so/,
  );
  await scene.card('✓ Acknowledged', 'by Ada Admin', '3 connectors');
  const refused = await press(scene, alert, 'Retry all', scene.ben);
  assert.match(refused.kind === 'message' ? refused.text : '', /you lack /);
  assert.deepEqual(await scene.rows(`select from connectors where retried->>'tried' = 'false'`), []);
  scene.org.restore(scene.token);
  const answer = await press(scene, alert, 'Retry all', scene.ada);
  assert.match(answer.kind === 'card' ? textOf(answer.card) : '', /◐ Trying again now, asked by Ada Admin/);
  await scene.card('✓ Recovered after', 'and 1 more');
  const rows = await scene.rows<{ action: string }>(
    `select action from audit where actor_name = 'Ada Admin' and action in ('acknowledge', 'retry') and connector_id is not null`,
  );
  assert.equal(rows.length, 6, 'the audit has it of each');
});

test('one that is paused is out of it at once, and the others go on', async () => {
  const scene = three();
  scene.clock.speed = 20;
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('3 connectors');
  await scene.ask(scene.ada, 'pause Labs');
  await scene.card('2 connectors', 'Acme', 'Zeta');
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('○ Over', '2 of 3 are well again', 'Labs', 'paused by Ada Admin');
  await scene.ask(scene.ada, 'resume Labs');
});

/** Another workspace, into which Ada may connect, and a channel for its alerts. */
function addElsewhere(scene: Scene) {
  const { subscription } = scene.workspace;
  const place = { resourceGroup: 'soc', subscription, location: 'westeurope', sentinel: true };
  const workspace = scene.azure.addWorkspace({ name: 'labs-workspace', ...place });
  for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'])
    scene.azure.grant(scene.ada.aadObjectId, role, workspace.id);
  const channel = scene.channel.team.addChannel('Labs');
  return { channel, workspace };
}

test('of one cause in two workspaces each channel is told of its own, and only whoever may on both is on it', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.clock.speed = 20;
  const { channel, workspace } = addElsewhere(scene);
  await scene.connected('Acme');
  const token = scene.org.addToken();
  await scene.teams.say(scene.ada, channel, 'alerts here only Labs', { mention: true });
  await scene.connect(scene.ada, 'Labs', { key: token, workspace: workspace.id, conversation: channel.id });
  // Its progress card is done by then, and tells nothing of the alert.
  await scene.card('Labs is connected');
  const eve = scene.teams.addUser({ name: 'Eve Responder', aadObjectId: scene.azure.addUser() });
  scene.azure.grant(eve.aadObjectId, 'Microsoft Sentinel Responder', scene.workspace.id);

  // One token is revoked, and the other goes on.
  scene.org.revoke(token);
  await scene.poll();
  await shown(scene, channel, /✕ Okta refuses the API token[\s\S]*Labs/);
  assert.deepEqual(holding(scene, scene.channel, /Okta refuses/), []);
  scene.org.restore(token);
  await scene.poll();
  await shown(scene, channel, /✓ Recovered after/);

  for (const one of [token, scene.token]) scene.org.revoke(one);
  await scene.poll();
  const here = await shown(scene, scene.channel, /✕ Okta refuses[\s\S]*Acme/);
  const there = await shown(scene, channel, /✕ Okta refuses[\s\S]*Labs/);
  assert.doesNotMatch(textOf(here.cards[0] ?? {}), /Labs/);
  assert.doesNotMatch(textOf(there.cards[0] ?? {}), /Acme · since/);
  const refused = await press(scene, here, 'Acknowledge', eve);
  assert.match(refused.kind === 'message' ? refused.text : '', /labs-workspace/);
  await press(scene, here, 'Acknowledge', scene.ada);
  await shown(scene, channel, /✓ Acknowledged by Ada Admin/);

  for (const one of [token, scene.token]) scene.org.restore(one);
  await scene.poll();
  await shown(scene, scene.channel, /Acme has recovered/);
  await shown(scene, channel, /Labs has recovered/);
});
