import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Refusal } from '../sims/teams/faults.ts';

after(closeServer);

const hour = 3_600_000;

/** Waits until so many incidents rest that a closed place is to be told of. */
async function rest(scene: Scene, count: number): Promise<void> {
  await scene.eventually(
    `select 1 as done from outbox where kind = 'alert' and gone = 'closed' having count(*) = ${count}`,
  );
}

/** The one incident ends and another begins, and both rest. */
async function failAnew(scene: Scene): Promise<void> {
  scene.org.restore(scene.token);
  await scene.poll();
  scene.org.takePermission(scene.token);
  await scene.poll();
  await rest(scene, 2);
}

const closed = { status: 403, body: { error: { code: 'BotNotInConversationRoster', message: 'Not here.' } } };

/** What Teams says of a place where the bot may not speak any more, by code or by what is within the message. */
const closings: [what: string, body: unknown][] = [
  ...['BotNotInConversationRoster', 'BotDisabledByAdmin', 'ConversationBlockedByUser', 'MessageWritesBlocked'].map(
    (code): [string, unknown] => [code, { error: { code, message: code } }],
  ),
  ['the subCode MessageWritesBlocked', { error: { code: 'Forbidden', subCode: 'MessageWritesBlocked', message: '' } }],
  [
    'the subCode MessageWritesBlocked within its message',
    {
      errorCode: 209,
      message: '{\r\n  "subCode": "MessageWritesBlocked",\r\n  "details": "Thread is not writeable"\r\n}',
    },
  ],
];

describe('an alert that a channel can’t be told goes to the owner at once, and the channel hears of it when it is back', () => {
  const acme = sharedAcme();
  for (const [what, body] of closings)
    test(`after 403 with ${what}`, async () => {
      const scene = acme();
      const chat = scene.teams.personalChat(scene.ada);
      if (!chat.installed) await scene.teams.install(chat, { by: scene.ada });
      const before = scene.teams.messages(chat).length;
      const begun = scene.clock.now();
      const fault = scene.teams.faults.add({
        when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
        do: { status: 403, body },
      });
      scene.org.revoke(scene.token);
      await scene.poll();
      const told = await scene.teams.until(() =>
        scene.teams
          .messages(chat)
          .slice(before)
          .find(({ cards }) => textOf(cards[0] ?? {}).includes('Okta refuses the API token')),
      );
      assert.match(textOf(told.cards[0] ?? {}), /SOC › Alerts can’t be reached since/);
      await scene.eventually(`select 1 as done from conversations where closed->>'status' = '403'`);
      const audited = await scene.rows(
        `select from audit where action = 'deliver' and result like 'undeliverable: 403%' and at >= $1`,
        [new Date(begun)],
      );
      assert.equal(audited.length, 1);
      fault.remove();
      await scene.ask(scene.ada, 'help');
      await scene.card('✕ Okta refuses the API token');
    });
});

test('what a channel has missed, open and over, comes as one card that goes on following it, with replies beside it', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const fault = scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: closed,
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  await rest(scene, 1);
  await failAnew(scene);
  fault.remove();
  const before = scene.teams.messages(scene.channel).length;
  await scene.ask(scene.ada, 'help');
  const missed = await scene.card('What this place was not told of');
  assert.match(textOf(missed.cards[0] ?? {}), /2 alerts, of which 1 are still open/);
  assert.equal(scene.teams.messages(scene.channel).length - before, 3, 'what was said, its answer, and one card');
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('of which 0 are still open');
  const reply = await scene.card('Acme has recovered');
  assert.equal(reply.replyTo, missed.id, 'in its thread');
});

test('where nothing else is left, the owner’s chat is opened by the bot, and goes on being told', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  // The app is there by a policy of the tenant, and the bot has heard nothing from there.
  const chat = scene.teams.personalChat(scene.ada);
  chat.installed = true;
  const shown = (text: string) =>
    scene.teams.until(() => scene.teams.messages(chat).find(({ cards }) => textOf(cards[0] ?? {}).includes(text)));
  scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: closed,
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await shown('Okta refuses the API token');
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.teams.until(() => textOf(alert.cards[0] ?? {}).includes('✓ Recovered') || undefined);
  await shown('Acme has recovered');
});

test('a closed place is tried once a day; when that is taken, what it has missed comes, and it is told again', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await scene.teams.install(scene.teams.personalChat(scene.ada), { by: scene.ada });
  const fault = scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: closed,
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  const triedSince = (since: number) =>
    scene.eventually(`select 1 as done from conversations where (closed->>'triedAt')::bigint >= $1`, [since]);
  await triedSince(0);
  assert.equal(fault.hits, 1);
  scene.clock.advance(23 * hour);
  await scene.poll();
  assert.equal(fault.hits, 1, 'not before the day is over');
  const nextDay = scene.clock.now();
  scene.clock.advance(hour);
  await triedSince(nextDay);
  assert.equal(fault.hits, 2);
  await failAnew(scene);
  fault.remove();
  scene.clock.advance(25 * hour);
  await scene.card('What this place was not told of', '2 alerts, of which 1 are still open');
  await scene.eventually('select 1 as done from conversations having count(closed) = 0');
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('of which 0 are still open');
});

/** What the region of a service URL says of a place that is elsewhere (botbuilder-js 3280, BotFramework-Services 339). */
const elsewhere: Refusal[] = [
  { status: 403, body: { error: { code: 'Forbidden', message: 'User is from different region' } } },
  { status: 403, body: { error: { code: 'ServiceError', message: 'Unknown' } } },
  { status: 400, body: { error: { code: 'BadArgument', message: 'Wrong geo' } } },
  { status: 404, body: { error: { code: 'ConversationNotFound', message: 'Conversation not found.' } } },
  closed,
];

describe('a service URL of another region replaces the known one only after a send there has worked', () => {
  const acme = sharedAcme();
  const urls = (scene: Scene) =>
    scene.rows<{ known: string; candidate: string | null }>(
      `select reference->>'serviceUrl' as known, candidate_url as candidate from conversations where kind = 'channel'`,
    );
  const inRegion = (region: string) => (call: { method: string; path: string }) =>
    call.method !== 'GET' && call.path.startsWith(`/${region}/`);

  for (const does of elsewhere)
    test(`where the ${does === closed ? 'other says that the bot is not there' : `other answers ${JSON.stringify(does.body)}`}, the known one stays`, async () => {
      const scene = acme();
      const [before] = await urls(scene);
      assert.ok(before);
      scene.teams.faults.add({ when: inRegion('amer'), do: does });
      await scene.teams.deliver(scene.ada, scene.channel, { serviceUrl: before.known.replace('emea', 'amer') });
      scene.org.revoke(scene.token);
      await scene.poll();
      await scene.card('✕ Okta refuses the API token');
      const [after] = await urls(scene);
      assert.equal(after?.known, before.known);
    });

  for (const does of elsewhere)
    test(`where the ${does === closed ? 'known one says that the bot is not there' : `known one answers ${JSON.stringify(does.body)}`}, the other takes over`, async () => {
      const scene = acme();
      const [before] = await urls(scene);
      assert.ok(before);
      const from = before.known.includes('emea') ? 'emea' : 'amer';
      const to = from === 'emea' ? 'amer' : 'emea';
      const other = before.known.replace(from, to);
      await scene.teams.deliver(scene.ada, scene.channel, { serviceUrl: other });
      const fault = scene.teams.faults.add({ when: inRegion(from), do: does });
      scene.org.revoke(scene.token);
      await scene.poll();
      const alert = await scene.card('✕ Okta refuses the API token');
      assert.equal(fault.hits, 1, 'the known one is asked first');
      await scene.eventually(
        `select 1 as done from conversations where reference->>'serviceUrl' = $1 and candidate_url is null`,
        [other],
      );
      scene.org.restore(scene.token);
      await scene.poll();
      await scene.teams.until(() => textOf(alert.cards[0] ?? {}).includes('✓ Recovered') || undefined);
      assert.equal(fault.hits, 1, 'and never again');
      assert.equal(scene.news.filter(({ cards }) => textOf(cards[0] ?? {}).includes('✓ Recovered')).length, 1);
    });

  test('where both refuse, the known one is tried again, and stays', async () => {
    const scene = acme();
    scene.clock.speed = 60;
    const [before] = await urls(scene);
    assert.ok(before);
    const region = before.known.includes('emea') ? 'amer' : 'emea';
    const other = before.known.replace(/emea|amer/, region);
    await scene.teams.deliver(scene.ada, scene.channel, { serviceUrl: other });
    const fault = scene.teams.faults.add({
      when: ({ method }) => method !== 'GET',
      times: 6,
      do: elsewhere[0] as Refusal,
    });
    scene.org.revoke(scene.token);
    await scene.poll();
    await scene.card('✕ Okta refuses the API token');
    assert.equal(fault.hits, 6);
    assert.deepEqual(await urls(scene), [{ known: before.known, candidate: other }]);
  });
});
