import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { textOf } from '../sims/teams/cards.ts';

after(closeServer);

const closed = { status: 403, body: { error: { code: 'BotNotInConversationRoster', message: 'Not here.' } } };

test('an alert that a closed channel can’t be told goes to the owner at once, and the channel hears of it when it is back', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const chat = scene.teams.personalChat(scene.ada);
  await scene.teams.install(chat, { by: scene.ada });
  const fault = scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: closed,
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  const told = await scene.teams.until(() =>
    scene.teams.messages(chat).find(({ cards }) => textOf(cards[0] ?? {}).includes('Okta refuses the API token')),
  );
  assert.match(textOf(told.cards[0] ?? {}), /SOC › Alerts can’t be reached since/);
  await scene.eventually(`select 1 as done from audit where action = 'deliver' and result like 'undeliverable: 403%'`);
  fault.remove();
  await scene.ask(scene.ada, 'help');
  await scene.card('✕ Okta refuses the API token');
});

test('what a channel has missed, open and over, comes as one card that goes on following it', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const fault = scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: closed,
  });
  const rests = (count: number) =>
    scene.eventually(
      `select 1 as done from outbox where kind = 'incident' and gone = 'closed' having count(*) = ${count}`,
    );
  scene.org.revoke(scene.token);
  await scene.poll();
  await rests(1);
  scene.org.restore(scene.token);
  await scene.poll();
  scene.org.takePermission(scene.token);
  await scene.poll();
  await rests(2);
  fault.remove();
  const before = scene.teams.messages(scene.channel).length;
  await scene.ask(scene.ada, 'help');
  const missed = await scene.card('While this place could not be reached');
  assert.match(textOf(missed.cards[0] ?? {}), /2 alerts, of which 1 are still open/);
  assert.equal(scene.teams.messages(scene.channel).length - before, 3, 'what was said, its answer, and one card');
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('of which 0 are still open');
});

test('a service URL of another region replaces the one that works only after a send there has worked', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const [row] = await scene.rows<{ url: string }>(`select reference->>'serviceUrl' as url from conversations`);
  const other = String(row?.url).replace('/emea/', '/amer/');
  await scene.rows('update conversations set candidate_url = $1', [other]);
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('✕ Okta refuses the API token');
  const urls = await scene.rows<{ url: string }>(`select reference->>'serviceUrl' as url from conversations`);
  assert.deepEqual(urls, [{ url: row?.url }]);
});
