import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listAudience } from '../../bot/teams/told-places.ts';
import { raiseOverdue } from '../../ingestion/monitoring/overdue.ts';
import { teach } from '../scene/history.ts';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

test('a revoked token raises one alert card, and the same card says recovered when the token is restored', async () => {
  const scene = acme();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('Okta refuses the API token');
  assert.match(textOf(alert.cards[0] ?? {}), /took it until .* it was revoked, or its owner was deactivated/);
  await scene.poll();
  await scene.poll();
  assert.match(JSON.stringify((await scene.ask(scene.ben, 'status Acme')).cards), /Error/);

  scene.org.restore(scene.token);
  scene.clock.advance(8 * 60_000);
  await scene.poll();
  const recovered = await scene.card('Recovered after');
  assert.equal(recovered.id, alert.id);
  const alerts = scene.news.filter(({ cards }) => /✕ Okta refuses|✓ Recovered/.test(JSON.stringify(cards)));
  assert.equal(alerts.length, 1, 'one incident, one card');
});

for (const [what, fault, says] of [
  ['the data collection rule is deleted', 'rule', 'rule'],
  ['the owner of the token loses the right to read the log', 'permission', 'System Log'],
] as const) {
  test(`an alert names the leg when ${what}`, async () => {
    const scene = acme();
    if (fault === 'rule') for (const { id } of [...scene.azure.estate.rules.values()]) scene.azure.deleteRule(id);
    else scene.org.takePermission(scene.token);
    scene.org.publishMade(1);
    await scene.poll();
    const alert = await scene.card('✕', says, /Retry|Repair/);
    const way = textOf(alert.cards[0] ?? {}).replaceAll(/\s+/g, ' ');
    assert.match(
      way,
      fault === 'rule' ? /Okta → Patchbay ✕ Microsoft Sentinel/ : /Okta ✕ Patchbay → Microsoft Sentinel/,
    );
    const repair = actionsIn(alert.cards).find(({ title }) => title === 'Repair');
    if (repair) await scene.teams.execute(scene.ada, scene.channel, alert, repair);
  });
}

test('uploads that fail are borne, then raise an alert after 15 minutes, and nothing is lost', async () => {
  const scene = acme();
  scene.clock.speed = 200;
  const end = scene.azure.faults.add({ where: 'ingestion', do: { status: 503 } });
  const uuids = scene.org.publishMade(20);
  await scene.poll();
  scene.clock.advance(16 * 60_000);
  await scene.poll();
  await scene.card('✕', 'Azure');
  end();
  await scene.poll();
  // From the first upload that failed, not from when it was told.
  await scene.card(/Recovered after (1[6-9]|[2-5]\d) minutes|Recovered after \d+ (hour|day)/);
  assert.deepEqual(
    scene.copies(uuids),
    uuids.map(() => 1),
  );
});

test('rows that Azure takes and nobody can see raise an alert that names the workspace leg', async () => {
  const scene = acme();
  const table = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  scene.clock.advance(6 * 60_000);
  await scene.poll();
  table.hide();
  scene.org.publishMade(3);
  await scene.poll();
  for (let i = 0; i < 5; i++) {
    scene.clock.advance(5 * 60_000);
    const before = scene.clock.now() - 60_000;
    await scene.eventually(`select 1 as done from connectors where (observation->>'triedAt')::bigint > $1`, [before]);
    await scene.poll();
  }
  const alert = await scene.card('✕ Events do not show up in the workspace');
  assert.match(textOf(alert.cards[0] ?? {}), /Events may be missing from .* UTC to now/);
  table.reveal(scene.clock.now());
  // It counts from when the first of them was sent, not from when it was told.
  for (let i = 0; i < 2; i++) {
    scene.clock.advance(5 * 60_000);
    const before = scene.clock.now() - 60_000;
    scene.org.publishMade(1);
    await scene.eventually(`select 1 as done from connectors where (observation->>'triedAt')::bigint > $1`, [before]);
    await scene.poll();
  }
  const over = textOf((await scene.card(/Recovered after (2[5-9]|3\d|4\d) minutes/)).cards[0] ?? {});
  assert.match(over, /Events may be missing from .* UTC to .* UTC\. To look there again:/);
});

test('a new connector without any row is in Error after 30 minutes, and the card says so', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connect(scene.ada);
  await scene.eventually(`select 1 as done from connectors where status->>'lastPollAt' is not null`);
  await scene.card('Connecting Acme', 'Waiting for the first rows, until');
  const pending = textOf((await scene.ask(scene.ben, 'status Acme')).cards[0] ?? {});
  assert.match(pending, /Pending[\s\S]*Waiting for the first rows, until .* at the latest/);
  scene.clock.advance(31 * 60_000);
  await scene.poll();
  await scene.card('✕ Okta has had no events yet', 'Retry', 'no events since the connector was made');
  await scene.card(
    'Acme could not be connected',
    'See the rows in the workspace: failed',
    'The alert about it says what',
  );
});

test('a busy source that falls silent raises an alert, which ends with the next event', async () => {
  const scene = acme();
  await teach(scene, 60);
  scene.clock.advance(12 * 60_000);
  await scene.poll();
  const alert = await scene.card(/▲|✕/, /quiet|silent|no events/i);
  assert.match(textOf(alert.cards[0] ?? {}), /no events, where about 1\d are usual in that time/);
  assert.match(textOf(alert.cards[0] ?? {}), /Why I say so: 0 events in 1\d minutes, until/);
  assert.doesNotMatch(textOf(alert.cards[0] ?? {}), /not affected/, 'its token may see less than before');
  scene.org.publishMade(1);
  await scene.poll();
  assert.equal((await scene.card('Recovered after')).id, alert.id);
  await teach(scene, 0);
  await scene.poll();
});

test('an alert that Teams refuses for now is sent later, once', async () => {
  const scene = acme();
  scene.clock.speed = 20;
  const refused = scene.teams.faults.add({ when: ({ method }) => method === 'POST', times: 2, do: { status: 412 } });
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('Okta refuses the API token');
  assert.equal(refused.hits, 2);
  const alerts = scene.news.filter(({ cards }) => JSON.stringify(cards).includes('Okta refuses'));
  assert.equal(alerts.length, 1);
});

test('a channel that the bot was removed from gets nothing more, and the log of deeds says why', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  scene.teams.faults.add({
    when: ({ method }) => method === 'POST',
    do: { status: 403, body: { error: { code: 'BotNotInConversationRoster', message: 'gone' } } },
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.eventually(`select 1 as done from audit where action = 'deliver' and result like 'undeliverable: 403%'`);
  const posts = () => scene.teams.requests.filter(({ name }) => name.includes(`${scene.channel.id}/activities`)).length;
  const before = posts();
  await scene.poll();
  assert.equal(posts(), before);
});

test('alerts here brings the alerts of all connectors to another place, if the person may', async () => {
  const scene = acme();
  const other = scene.channel.team.addChannel('Shift');
  const refused = await scene.teams.say(scene.ben, other, 'alerts here', { mention: true });
  assert.match(JSON.stringify(refused.answers.at(-1)?.cards), /you lack Microsoft Sentinel Responder/);
  await scene.teams.say(scene.ada, other, 'alerts here', { mention: true });
  scene.org.revoke(scene.token);
  await scene.poll();
  const shown = () => scene.teams.messages(other).some(({ cards }) => JSON.stringify(cards).includes('Okta refuses'));
  await scene.teams.until(shown);
});

test('a place that asks for alerts is told of what is open: of one as its own card, of several as one card that is followed', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const token = scene.org.addToken();
  await scene.connected('Acme');
  await scene.connect(scene.ada, 'Labs', { key: token });
  await scene.eventually(`select 1 as done from connectors where name = 'Labs' and status->>'lastPollAt' is not null`);
  scene.org.revoke(scene.token);
  await scene.poll();
  // Tokens that an org refuses at different times are two alerts.
  scene.clock.advance(21 * 60_000);
  scene.org.revoke(token);
  await scene.poll();
  await scene.eventually('select 1 as done from alerts where resolved_at is null having count(*) = 2');
  const [one, all] = [scene.channel.team.addChannel('One'), scene.channel.team.addChannel('All')];
  await scene.teams.say(scene.ada, one, 'alerts here only Labs', { mention: true });
  await scene.teams.say(scene.ada, all, 'alerts here', { mention: true });
  const shown = (channel: typeof one, text: RegExp) =>
    scene.teams.until(() => scene.teams.messages(channel).find(({ cards }) => text.test(cards.map(textOf).join('\n'))));
  await shown(one, /✕ Okta refuses the API token[\s\S]*Labs/);
  const missed = await shown(all, /2 alerts, of which 2 are still open/);
  await scene.teams.say(scene.ada, all, 'alerts here', { mention: true });
  for (const each of [token, scene.token]) scene.org.restore(each);
  await scene.poll();
  await shown(all, /2 alerts, of which 0 are still open/);
  assert.equal((await shown(all, /Labs has recovered/)).replyTo, missed.id);
  const own = ({ from, replyTo, cards }: typeof missed) =>
    from === 'bot' && !replyTo && !/✓ Alerts come here/.test(textOf(cards[0] ?? {}));
  for (const channel of [one, all]) assert.equal(scene.teams.messages(channel).filter(own).length, 1);
});

test('Retry on an alert polls at once', async () => {
  const scene = acme();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('Okta refuses the API token');
  scene.org.restore(scene.token);
  const retry = actionsIn(alert.cards).find(({ title }) => title === 'Retry');
  const answer = await scene.teams.execute(scene.ada, scene.channel, alert, retry ?? {});
  assert.equal(answer.kind, 'card');
  await scene.card('Recovered after');
});

test('a second fault in the middle of an incident is told on the same card, and is no recovery', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  scene.org.revoke(scene.token);
  const opened = `select from incidents where opened_at >= $1`;
  const since = new Date(scene.clock.now());
  await scene.poll();
  const alert = await scene.card('✕ Okta refuses the API token');
  const end = scene.org.faults.add({ do: { kind: 'reset' } });
  await scene.poll();
  end();
  await scene.poll();
  assert.match(JSON.stringify(alert.cards), /✕ Okta refuses the API token/);
  assert.equal((await scene.rows(opened, [since])).length, 1);
});

test('an incident whose reason changes counts from its beginning; the change is a reply, and one that comes back is none', async () => {
  const scene = acme();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('✕ Okta refuses the API token');
  const began = scene.clock.now();
  const changes = () =>
    scene.news.filter(({ id, cards }) => id !== alert.id && /Before: /.test(cards.map(textOf).join('\n'))).length;
  for (let turn = 0; turn < 3; turn++) {
    scene.org.restore(scene.token);
    scene.org.takePermission(scene.token);
    scene.clock.advance(60_000);
    await scene.poll();
    await scene.card('✕ The API token may not read the System Log');
    scene.org.revoke(scene.token);
    await scene.poll();
    await scene.card('✕ Okta refuses the API token');
  }
  assert.equal(changes(), 1);
  const minutes = Math.floor((scene.clock.now() - began) / 60_000);
  scene.org.restore(scene.token);
  await scene.poll();
  const [, after] =
    /Recovered after (\d+) minutes/.exec(JSON.stringify((await scene.card('✓ Recovered after')).cards)) ?? [];
  assert.ok(Number(after) >= minutes, `${after} of ${minutes}`);
});

test('a place that the bot was removed from is told of what is still open when it comes back', async () => {
  const scene = acme();
  await scene.teams.uninstall(scene.channel.team, { by: scene.ada });
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.eventually('select 1 as done from incidents where resolved_at is null');
  await scene.eventually(
    `select 1 as done from conversations where id = $1 and closed->>'code' = 'the app was removed'`,
    [scene.channel.id],
  );
  await scene.teams.install(scene.channel.team, { by: scene.ada, channel: scene.channel });
  await scene.card('✕ Okta refuses the API token');
});

test('polls that nobody finishes are told of as polling that has stopped', async () => {
  const scene = acme();
  // Another process holds the connector and does not let go.
  const held = await scene.hold(`connector:${(await scene.rows<{ id: string }>('select id from connectors'))[0]?.id}`);
  scene.clock.advance(10 * 60_000);
  await raiseOverdue({ pool: held.pool, audience: listAudience }, { now: scene.clock.now(), since: 0 });
  await scene.card('✕ Patchbay has stopped polling');
  await held.release();
  await scene.poll();
  await scene.card('Recovered after');
});
