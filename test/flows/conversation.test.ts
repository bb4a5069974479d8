import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import type { Card } from '../sims/teams/cards.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Channel, Message, User } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;
const hour = 60 * minute;

/** Breaks the connector for good, and returns the card that says so. */
async function broken(scene: Scene): Promise<Message> {
  scene.org.revoke(scene.token);
  await scene.poll();
  return scene.card('✕ Okta refuses the API token', 'Acknowledge');
}

/** The same, where no card tells of it. */
async function breakUnheard(scene: Scene): Promise<void> {
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.eventually('select 1 as done from incidents where resolved_at is null');
}

async function press(scene: Scene, message: Message, title: string, user = scene.ada) {
  const button = actionsIn(message.cards).find((action) => action.title === title);
  assert.ok(button, `no button ${title} on ${textOf(message.cards[0] ?? {})}`);
  return scene.teams.execute(user, scene.channel, message, button);
}

/** What was posted in the channel since the test began, as text, but for this message. */
function others(scene: Scene, but: Message, channel: Channel = scene.channel): string[] {
  const messages = channel === scene.channel ? scene.news : scene.teams.messages(channel);
  return messages.filter(({ id }) => id !== but.id).map(({ cards }) => cards.map(textOf).join('\n'));
}

async function ask(scene: Scene, text: string, user: User = scene.ada, channel = scene.channel): Promise<string> {
  const { answers } = await scene.teams.say(user, channel, text, { mention: true });
  return (answers.at(-1)?.cards ?? []).map(textOf).join('\n');
}

/** Chooses on the dialog of the button Snooze… for how long, and what is to be silent. */
async function silence(scene: Scene, message: Message, chosen: { minutes: string; what: string }): Promise<string> {
  const button = actionsIn(message.cards).find(({ title }) => title === 'Snooze…');
  const dialog = await Dialogue.open(scene, scene.ada, message, (button?.data ?? {}) as Card);
  await dialog.submit(chosen);
  return dialog.sentence;
}

const dueReminder = (scene: Scene) =>
  scene.eventually(`select 1 as done from alerts where resolved_at is null and due_at > $1`, [
    new Date(scene.clock.now()),
  ]);

test('who acknowledges an alert stands on the card and in its thread; doing so twice changes nothing', async () => {
  const scene = acme();
  const alert = await broken(scene);
  const incident = await alertId(scene);
  const first = await press(scene, alert, 'Acknowledge');
  assert.ok(first.kind === 'card');
  assert.match(textOf(first.card), /✓ Acknowledged by Ada Admin/);
  await scene.card('Acknowledged', 'Okta refuses');
  const reply = await scene.card('Ada Admin is on it: Acme');
  assert.equal(reply.replyTo, alert.id, 'under the alert, not a post of its own');
  // A copy of the card that somebody else still has open.
  await scene.teams.execute(scene.ada, scene.channel, alert, { verb: 'acknowledge', data: { incident } });
  assert.equal(others(scene, alert).filter((text) => /is on it/.test(text)).length, 1);
  assert.match(await ask(scene, 'ack Acme'), /Ada Admin acknowledged the alert of Acme/);
});

async function alertId(scene: Scene): Promise<string> {
  const [row] = await scene.rows<{ id: string }>('select id from alerts where resolved_at is null');
  return row?.id ?? '';
}

test('whoever may not answer incidents acknowledges, snoozes and mutes nothing, is told why, and the audit has it', async () => {
  const scene = acme();
  const alert = await broken(scene);
  const refused = await press(scene, alert, 'Acknowledge', scene.ben);
  assert.ok(refused.kind === 'message');
  assert.match(refused.text, /you lack Microsoft Sentinel Responder/);
  for (const said of ['ack Acme', 'mute Acme 2h', 'mute here 2h', 'digest 08:00', 'alerts quiet 22:00-07:00'])
    assert.match(
      await ask(scene, said, scene.ben),
      /Nothing was changed[\s\S]*you lack Microsoft Sentinel Responder/,
      said,
    );
  const rows = await scene.rows<{ action: string }>(
    `select action from audit where result = 'refused' and actor_name = 'Ben Reader' order by id desc limit 6`,
  );
  assert.deepEqual(
    rows.map(({ action }) => action),
    ['alerts', 'digest', 'mute', 'mute', 'acknowledge', 'acknowledge'],
  );
  const [open] = await scene.rows<{ acknowledged: unknown }>(
    'select acknowledged from alerts where resolved_at is null',
  );
  assert.equal(open?.acknowledged, null);
});

test('an error that nobody acknowledges is said again after an hour, four more and a day, and then no more', async () => {
  const scene = acme();
  const alert = await broken(scene);
  const said = () => others(scene, alert).filter((text) => /Nobody has acknowledged this/.test(text)).length;
  for (const [index, pause] of [hour, 4 * hour, 24 * hour, 24 * hour].entries()) {
    await dueReminder(scene);
    scene.clock.advance(pause - minute);
    assert.equal(said(), index);
    scene.clock.advance(2 * minute);
    await scene.teams.until(() => said() === index + 1 || undefined);
  }
  await ask(scene, 'ack');
  scene.clock.advance(30 * hour);
  await scene.poll();
  assert.equal(said(), 4);
});

test('a snoozed alert is silent but for its recovery; at its end a reply says that it is still so', async () => {
  const scene = acme();
  const alert = await broken(scene);
  assert.match(await silence(scene, alert, { minutes: '240', what: 'incident' }), /^Snoozed\. Only the recovery/);
  await scene.card('◔ Snoozed', 'End snooze');
  await scene.card('Ada Admin snoozed this until');
  scene.clock.advance(3 * hour);
  await scene.poll();
  assert.equal(others(scene, alert).length, 1, 'no reminder while it is snoozed');
  scene.clock.advance(hour);
  await scene.card('The snooze by Ada Admin has ended, and it is still so: Acme');
  assert.doesNotMatch(textOf((await scene.card('✕ Okta refuses', 'Snooze…')).cards[0] ?? {}), /◔ Snoozed/);
  await silence(scene, alert, { minutes: '15', what: 'incident' });
  scene.org.restore(scene.token);
  await scene.poll();
  // A reply notifies; the edit of the card does not.
  const replied = () => others(scene, alert).some((text) => /✓ Acme has recovered after 4 hours/.test(text));
  await scene.teams.until(() => replied() || undefined);
});

test('a muted connector is told of when the mute ends, if it is still broken then', async () => {
  const scene = acme();
  assert.match(
    await ask(scene, 'mute acme for 2 hours'),
    /Acme is muted[\s\S]*\(Etc\/UTC\)|Acme is muted[\s\S]*\(UTC\)/,
  );
  const before = scene.news.length;
  await breakUnheard(scene);
  scene.clock.advance(hour);
  await scene.poll();
  assert.equal(scene.news.length, before, 'nothing is posted');
  scene.clock.advance(hour);
  await scene.card('✕ Okta refuses the API token');
});

test('Snooze… on the card mutes the whole connector too, which the card and status say, for whoever may', async () => {
  const scene = acme();
  const alert = await broken(scene);
  assert.match(
    await silence(scene, alert, { minutes: '1440', what: 'connector' }),
    /^Acme is muted\. Nothing is posted/,
  );
  await scene.card('✕ Okta refuses', '◔ Muted', 'by Ada Admin');
  assert.match(await ask(scene, 'status Acme'), /Muted: nothing is told until .*by Ada Admin/);
  const data = { dialog: 'silence', incident: await alertId(scene) };
  const dialog = await Dialogue.open(scene, scene.ben, alert, data);
  await dialog.submit({ minutes: '15', what: 'incident' });
  assert.match(dialog.sentence, /you lack Microsoft Sentinel Responder/);
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('✓ Recovered after');
  assert.deepEqual(
    others(scene, alert).filter((text) => /has recovered/.test(text)),
    [],
    'the card is edited, and nothing is posted',
  );
  await ask(scene, 'unmute Acme');
  const gone = await scene.teams.execute(scene.ada, scene.channel, alert, {
    verb: 'acknowledge',
    data: { incident: 'x' },
  });
  assert.ok(gone.kind === 'message');
});

test('what is over before a mute ends is never told', async () => {
  const scene = acme();
  await ask(scene, 'mute "Acme" 2h');
  const before = scene.news.length;
  await breakUnheard(scene);
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.eventually('select 1 as done where not exists (select from incidents where resolved_at is null)');
  scene.clock.advance(3 * hour);
  await scene.eventually(
    'select 1 as done where not exists (select from outbox where shown_version < version and gone is null)',
  );
  assert.equal(scene.news.length, before);
});

test('a mute that is ended early has the alert told', async () => {
  const scene = acme();
  await ask(scene, 'mute Acme 7d');
  await breakUnheard(scene);
  assert.match(await ask(scene, 'unmute Acme'), /Acme is not muted any more/);
  scene.clock.advance(minute);
  await scene.card('✕ Okta refuses the API token');
  assert.match(await ask(scene, 'unmute Acme'), /Acme is not muted/);
});

test('what is asked of mute without a length, or with a wrong one, is asked back with what to say', async () => {
  const scene = acme();
  const { answers } = await scene.teams.say(scene.ada, scene.channel, 'mute Acme', { mention: true });
  const [question] = answers;
  assert.ok(question);
  assert.match(textOf(question.cards[0] ?? {}), /Mute Acme for how long\?/);
  const pressed = await press(scene, question, '4 hours');
  assert.ok(pressed.kind === 'card');
  assert.match(textOf(pressed.card), /Acme is muted/);
  assert.match(await ask(scene, 'unmute Acme'), /not muted any more/);
  assert.match(await ask(scene, 'mute Acme 5m'), /From 15 minutes to 7 days/);
  assert.match(await ask(scene, 'mute'), /Mute Acme for how long\?/, 'the only one that there is');
  assert.match(await ask(scene, 'mute Nothing 2h'), /There is no connector named Nothing/);
  assert.match(await ask(scene, 'unmute here'), /not muted here/);
});
