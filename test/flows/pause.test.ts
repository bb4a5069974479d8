import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listAudience } from '../../bot/teams/told-places.ts';
import { raiseIdleTokens } from '../../ingestion/monitoring/idle-token.ts';
import { raiseOverdue } from '../../ingestion/monitoring/overdue.ts';
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, press } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const day = 86_400_000;

function text({ cards }: Message): string {
  return JSON.stringify(cards);
}

async function say(scene: Scene, words: string, user = scene.ada): Promise<string> {
  return text(await scene.ask(user, words));
}

/** The instance looks now and then for what nobody polls, and whose token nobody uses: here it does so now. */
async function lookRound(scene: Scene): Promise<void> {
  const held = await scene.hold('a look round');
  const parts = { pool: held.pool, audience: listAudience };
  await raiseOverdue(parts, { now: scene.clock.now(), since: 0 });
  await raiseIdleTokens(parts, scene.clock.now());
  await held.release();
}

function deeds(scene: Scene): Promise<unknown[]> {
  return scene.rows(
    `select actor_name, action, target, result from audit where action in ('pause', 'resume') order by id desc limit 2`,
  );
}

const target = 'Acme (acme.okta.com)';

test('a paused connector is not read, says so wherever it is shown, and goes on at its checkpoint', async () => {
  const scene = acme();
  const table = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  const before = table.rows.length;
  const answer = await say(scene, 'pause acme');
  assert.match(answer, /‖ Acme is paused/);
  assert.match(answer, /ends a token after 30 days without use, this one on \d+ \w+ \d{4}\. You are warned on/);
  const polls = scene.okta.requests.length;
  const [checkpoint] = await scene.rows('select next_url, since, sent_events from checkpoints');
  scene.org.publishMade(4);
  scene.clock.advance(30 * 60_000);
  await lookRound(scene);
  for (const words of ['status Acme', 'connectors'])
    assert.match(await say(scene, words, scene.ben), /‖ ?Paused|"Paused/);
  assert.match(await say(scene, 'status Acme'), /since .*by Ada Admin; unless it is used, its API token ends/);
  await scene.card('‖ Acme is paused', 'By Ada Admin, since');
  assert.match(await say(scene, 'retry Acme'), /Acme is paused, so there is nothing to try again/);
  for (const words of ['gallery', 'connectors']) assert.match(await say(scene, words), /‖ 1 paused/);
  assert.match(await say(scene, 'pause Acme'), /paused already, by Ada Admin, since/);
  await scene.eventually(`select 1 as done from connectors where reported = 'paused ok '`);
  const health = scene.azure.table(scene.workspace, 'OktaConnectorHealth_CL');
  await scene.arrived(() => JSON.stringify(health.rows.at(-1)).includes('paused'));
  const told = health.rows.at(-1);
  assert.deepEqual(
    [told?.Status, told?.Description],
    ['Informational', 'The connector is paused: nothing is fetched from Okta.'],
  );

  assert.equal(scene.okta.requests.length, polls, 'Okta was not asked');
  assert.deepEqual(await scene.rows('select * from incidents'), []);
  assert.deepEqual(await scene.rows('select next_url, since, sent_events from checkpoints'), [checkpoint]);

  const resumed = await say(scene, 'resume Acme');
  assert.match(resumed, /goes on where it stopped: what has happened since \d+ \w+ \d{4}, \d\d:\d\d UTC is read now/);
  await lookRound(scene);
  await scene.eventually('select 1 as done from checkpoints where sent_events = $1', [before + 4]);
  const ids = table.rows.map(({ EventOriginalUid }) => EventOriginalUid);
  assert.deepEqual([ids.length, new Set(ids).size], [before + 4, before + 4], 'nothing is missing or repeated');
  await scene.poll();
  assert.deepEqual(await scene.rows('select * from incidents'), [], 'the time of the pause is nobody’s fault');
  await scene.card('✓ Acme is connected');
  assert.match(await say(scene, 'resume Acme'), /Acme is not paused/);
  assert.deepEqual(await deeds(scene), [
    { actor_name: 'Ada Admin', action: 'resume', target, result: 'resumed' },
    { actor_name: 'Ada Admin', action: 'pause', target, result: 'paused' },
  ]);
});

test('an alert is closed by whoever pauses, not by a recovery; what is still broken is told anew after the pause', async () => {
  const scene = acme();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('✕ Okta refuses the API token');
  const status = await scene.ask(scene.ada, 'status Acme');
  const button = actionsIn(status.cards).find(({ title }) => title === 'Pause') ?? assert.fail();
  await scene.teams.execute(scene.ada, scene.channel, status, button);
  const closed = await scene.card('Closed: paused by Ada Admin');
  assert.equal(closed.id, alert.id);
  assert.doesNotMatch(text(closed), /[Rr]ecovered|well again/);
  // A reply notifies; the edit of the card does not.
  const reply = await scene.card('○', 'Closed, paused by Ada Admin: Acme, Okta refuses the API token.');
  assert.equal(reply.replyTo, alert.id);
  assert.match(JSON.stringify(scene.teams.cardsFor(scene.ada, status)), /‖ ?Paused/);
  assert.match(
    await say(scene, 'status Acme'),
    /○ [^"]*, closed after [^"]*, paused by Ada Admin: Okta refuses the API token/,
  );
  scene.clock.advance(60 * 60_000);
  await lookRound(scene);
  assert.deepEqual(await scene.rows('select 1 from incidents where resolved_at is null'), []);
  const resume = actionsIn(scene.teams.cardsFor(scene.ada, status)).find(({ title }) => title === 'Resume');
  await scene.teams.execute(scene.ada, scene.channel, status, resume ?? assert.fail());
  const again = await scene.card('✕ Okta refuses the API token');
  assert.notEqual(again.id, alert.id);
});

test('twenty days after its last use the token of a paused connector is told of; trying another one takes that back', async () => {
  const scene = acme();
  await say(scene, 'pause Acme');
  scene.clock.advance(19 * day);
  await lookRound(scene);
  assert.deepEqual(await scene.rows('select * from incidents where resolved_at is null'), []);
  scene.clock.advance(day);
  await lookRound(scene);
  const warning = await scene.card('▲ The API token of a paused connector will end');
  assert.match(text(warning), /was not used for 30 days: this one on/);
  assert.match(await say(scene, 'status Acme'), /▲ ?Paused, with a warning|"Paused, with a warning/);
  await lookRound(scene);
  assert.equal((await scene.rows('select * from incidents where resolved_at is null')).length, 1);

  const manage = actionsIn(warning.cards).find(({ title }) => title === 'Manage…')?.data as Card;
  const dialog = await Dialogue.open(scene, scene.ada, warning, manage);
  assert.match(dialog.text, /Paused since .*, by Ada Admin; unless it is used, its API token ends/);
  assert.match(
    dialog.text,
    /ends an API token, but no service app, after 30 days without use: of a paused connector you are warned after 20/,
  );
  await dialog.submit({}, { data: press(dialog.page, 'Save', { key: scene.org.addToken() }).data });
  assert.equal((await scene.card('Closed: Ada Admin had a token tried at Okta')).id, warning.id);
  scene.clock.advance(19 * day);
  await lookRound(scene);
  assert.deepEqual(await scene.rows('select * from incidents where resolved_at is null'), []);
  scene.clock.advance(day);
  await lookRound(scene);
  const second = await scene.card('▲ The API token of a paused connector will end');
  const page = await Dialogue.open(scene, scene.ada, second, manage);
  await page.submit({}, { title: 'Resume' });
  assert.match(page.sentence, /Acme goes on where it stopped.*under the time of their arrival/);
  assert.equal((await scene.card('Closed: resumed by Ada Admin')).id, second.id);
});

test('a pause that was asked for elsewhere is told where the alerts of the connector go', async () => {
  const scene = acme();
  const chat = scene.teams.personalChat(scene.ada);
  await scene.teams.install(chat, { by: scene.ada });
  for (const [word, told] of [
    ['pause', 'Ada Admin paused Acme: Okta is not read until it is resumed.'],
    ['resume', 'Ada Admin resumed Acme: it goes on where it stopped.'],
  ] as const) {
    await scene.teams.say(scene.ada, chat, `${word} Acme`);
    await scene.card(told);
  }
});

test('whoever lacks the rights neither pauses nor resumes, and the audit has it', async () => {
  const scene = acme();
  for (const action of ['pause', 'resume']) {
    assert.match(await say(scene, `${action} Acme`, scene.ben), /you lack Log Analytics Contributor/);
    const [deed] = await deeds(scene);
    assert.deepEqual(deed, { actor_name: 'Ben Reader', action, target, result: 'refused' });
    if (action === 'pause') await say(scene, 'pause Acme');
  }
  assert.deepEqual(await scene.rows('select desired from connectors'), [{ desired: 'pause' }]);
  await say(scene, 'resume Acme');
});

test('a paused connector can be deleted, and one that is being built can be paused', async () => {
  const scene = acme();
  scene.azure.faults.add({
    where: 'arm',
    when: ({ method, path }) => method === 'PUT' && path.includes('dataCollectionRules'),
    times: 1,
    do: { delayMs: 10_000 },
  });
  await scene.connect(scene.ada, 'Half built');
  await scene.eventually(`select 1 as done from connectors where provisioning->>'running' = 'rule'`);
  await say(scene, 'pause Half built');
  scene.clock.advance(10_000);
  await scene.card('‖ Half built is paused');
  scene.clock.advance(60 * 60_000);
  await say(scene, 'resume Half built');
  await scene.eventually(
    `select 1 as done from connectors where name = 'Half built' and provisioning->>'finishedAt' is not null`,
  );
  await say(scene, 'pause Half built');
  const message = await scene.ask(scene.ada, 'delete Half built');
  const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === 'delete');
  const removal = await Dialogue.open(scene, scene.ada, message, action?.data as Card);
  await removal.submit({ confirm: 'Half built' });
  await scene.eventually(`select 1 as done where not exists (select from connectors where name = 'Half built')`);
});
