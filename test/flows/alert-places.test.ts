import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { teach } from '../scene/history.ts';
import { closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Channel } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;
const hour = 60 * minute;

async function ask(scene: Scene, text: string, channel: Channel = scene.channel): Promise<string> {
  const { answers } = await scene.teams.say(scene.ada, channel, text, { mention: true });
  return (answers.at(-1)?.cards ?? []).map(textOf).join('\n');
}

/** What stands in a channel now, as text: answers, cards and replies. */
function shownIn(scene: Scene, channel: Channel): string[] {
  return scene.teams.messages(channel).map(({ cards }) => cards.map(textOf).join('\n'));
}

const until = (scene: Scene, channel: Channel, text: RegExp) =>
  scene.teams.until(() => shownIn(scene, channel).some((shown) => text.test(shown)) || undefined);

/** The source falls silent: a warning by now, an error in ten minutes. Its history is written down here, not lived through. */
async function quietSource(scene: Scene): Promise<void> {
  await teach(scene, 60);
  scene.clock.advance(12 * minute);
  await scene.poll();
  await scene.card('▲ Okta has gone quiet');
}

async function forgetHistory(scene: Scene): Promise<void> {
  await teach(scene, 0);
  await scene.poll();
}

/** "14:05" of the scene’s clock, so many ms from now. */
const clockIn = (scene: Scene, ms: number) => new Date(scene.clock.now() + ms).toISOString().slice(11, 16);

test('a place that takes errors only, or other connectors, hears of a warning when it has become an error, or not at all', async () => {
  const scene = acme();
  const errors = scene.channel.team.addChannel('Night');
  const labs = scene.channel.team.addChannel('Labs');
  assert.match(await ask(scene, 'alerts here errors', errors), /✓ Alerts come here[\s\S]*Severity: errors only/);
  assert.match(await ask(scene, 'alerts here only Labs', labs), /“Labs”/);
  await quietSource(scene);
  for (const channel of [errors, labs]) assert.doesNotMatch(shownIn(scene, channel).join('\n'), /gone quiet/);
  scene.clock.advance(10 * minute);
  await scene.poll();
  await until(scene, errors, /✕ Okta has gone quiet/);
  await scene.card('It was a warning, and is an error now.');
  assert.doesNotMatch(shownIn(scene, labs).join('\n'), /gone quiet/);
  await forgetHistory(scene);
});

test('in quiet hours warnings wait for their end, errors come, and the list says so', async () => {
  const scene = acme();
  const night = scene.channel.team.addChannel('Watch');
  await ask(scene, 'alerts here', night);
  const hours = `${clockIn(scene, -hour)}-${clockIn(scene, hour)}`;
  assert.match(
    await ask(scene, `alerts quiet ${hours}`, night),
    /Quiet: \d\d:\d\d–\d\d:\d\d \(\w+(\/UTC)?\): warnings wait/,
  );
  await quietSource(scene);
  const before = shownIn(scene, night).length;
  assert.match(await ask(scene, 'alerts list'), /SOC › Watch: all alerts; Quiet: /);
  scene.clock.advance(10 * minute);
  await scene.poll();
  await until(scene, night, /✕ Okta has gone quiet/);
  assert.equal(shownIn(scene, night).length, before + 1, 'the warning was not told');
  await forgetHistory(scene);
});

test('an error that came in quiet hours is said to have recovered there, though it was a warning at last', async () => {
  const scene = acme();
  const night = scene.channel.team.addChannel('Guard');
  await ask(scene, 'alerts here', night);
  await ask(scene, `alerts quiet ${clockIn(scene, -hour)}-${clockIn(scene, 3 * hour)}`, night);
  scene.org.revoke(scene.token);
  await scene.poll();
  await until(scene, night, /✕ Okta refuses the API token/);
  scene.org.restore(scene.token);
  await quietSource(scene);
  await forgetHistory(scene);
  scene.org.publishMade(1);
  await scene.poll();
  await until(scene, night, /Acme has recovered after/);
  scene.clock.advance(minute);
  await scene.eventually(
    'select 1 as done where not exists (select from outbox where shown_version < version and gone is null)',
  );
  assert.doesNotMatch(shownIn(scene, night).join('\n'), /Before: /, 'what waited while it was a warning is over');
});

test('a warning of quiet hours is told at their end if it is still so', async () => {
  const scene = acme();
  const night = scene.channel.team.addChannel('Late');
  await ask(scene, 'alerts here', night);
  await ask(scene, `alerts quiet ${clockIn(scene, -hour)} to ${clockIn(scene, 15 * minute)}`, night);
  await quietSource(scene);
  assert.doesNotMatch(shownIn(scene, night).join('\n'), /gone quiet/);
  scene.clock.advance(4 * minute);
  await until(scene, night, /▲ Okta has gone quiet/);
  await forgetHistory(scene);
});

test('a muted place is told of nothing until the end, others at once, and its replies wait too', async () => {
  const scene = acme();
  const other = scene.channel.team.addChannel('Other');
  await ask(scene, 'alerts here', other);
  assert.match(await ask(scene, 'mute here 2h', other), /Alerts are muted here/);
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('✕ Okta refuses the API token');
  await ask(scene, 'ack Acme');
  assert.doesNotMatch(shownIn(scene, other).join('\n'), /Okta refuses/);
  assert.match(await ask(scene, 'unmute here', other), /not muted here any more/);
  scene.clock.advance(minute);
  await until(scene, other, /✕ Okta refuses the API token[\s\S]*Acknowledged by Ada Admin/);
});

test('alerts off, and what can’t be understood, are answered with what to say', async () => {
  const scene = acme();
  const other = scene.channel.team.addChannel('Off');
  await ask(scene, 'alerts here', other);
  assert.match(await ask(scene, 'alerts off', other), /Alerts do not come here[\s\S]*is told of no connector/);
  assert.match(
    await ask(scene, 'alerts list'),
    /Some alerts come here[\s\S]*is told of the connector that was set to it only/,
  );
  for (const said of ['alerts sometimes', 'alerts quiet', 'alerts quiet 7-7', 'alerts here loud'])
    assert.match(await ask(scene, said), /Which alerts\?[\s\S]*“alerts here errors”/, said);
});

test('a place where the bot may not speak stands in the list of places, since when', async () => {
  const scene = acme();
  const closed = scene.channel.team.addChannel('Closed');
  await ask(scene, 'alerts here', closed);
  const fault = scene.teams.faults.add({
    when: ({ method, path }) => method === 'POST' && decodeURIComponent(path).includes(closed.id),
    do: { status: 403, body: { error: { code: 'BotNotInConversationRoster', message: 'gone' } } },
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.eventually('select 1 as done from conversations where id = $1 and closed is not null', [closed.id]);
  assert.match(
    await ask(scene, 'alerts list'),
    /SOC › Closed: all alerts; ✕ Not delivered: alerts can’t be delivered there since/,
  );
  fault.remove();
  await ask(scene, 'alerts off', closed);
});

test('a digest comes at its time of day, once, with how all stand, who was on what, and what is silent', async () => {
  const scene = acme();
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('✕ Okta refuses the API token');
  await ask(scene, 'ack');
  const channel = scene.channel.team.addChannel('Digest');
  const time = clockIn(scene, 10 * minute);
  assert.match(await ask(scene, `digest ${time}`, channel), new RegExp(`A digest comes each day at ${time}`));
  assert.match(await ask(scene, 'digest', channel), new RegExp(`each day at ${time}`));
  await ask(scene, 'mute Acme 1d');
  const digests = () => shownIn(scene, channel).filter((text) => text.startsWith('The last day'));
  scene.clock.advance(11 * minute);
  await scene.teams.until(() => digests().length === 1 || undefined);
  const [text = ''] = digests();
  assert.match(text, /1 connector · ✕ 1 with an error/);
  assert.match(text, /Alerts: \d+ alerts?, 1 open/);
  assert.match(text, /Acme: ✕ Okta refuses the API token: open for \d+ minutes, Ada Admin was on it/);
  assert.match(text, /Acme: \d+.*\(\d/);
  assert.match(text, /Acme: ◔ muted until/);
  await ask(scene, 'unmute Acme');
  scene.clock.advance(24 * hour);
  await scene.teams.until(() => digests().length === 2 || undefined);
  assert.match(await ask(scene, 'digest off', channel), /No digest comes here any more/);
  scene.clock.advance(24 * hour);
  await scene.poll();
  assert.equal(digests().length, 2);
});

test('a digest that nobody was there to send comes once if it is not six hours late, and else not at all', async () => {
  const scene = acme();
  const channel = scene.channel.team.addChannel('Missed');
  await ask(scene, `digest ${clockIn(scene, hour)}`, channel);
  const digests = () => shownIn(scene, channel).filter((text) => text.startsWith('The last day')).length;
  const due = () => scene.rows<{ due: Date }>('select due_at as due from digests');
  await scene.stop();
  scene.clock.advance(5 * hour);
  await scene.start();
  await scene.teams.until(() => digests() === 1 || undefined);
  await scene.stop();
  scene.clock.advance(27 * hour);
  await scene.start();
  await scene.eventually('select 1 as done from digests where due_at > $1', [new Date(scene.clock.now())]);
  await scene.eventually(
    'select 1 as done where not exists (select from outbox where shown_version < version and gone is null)',
  );
  assert.equal(digests(), 1);
  assert.equal((await due()).length, 1);
  await ask(scene, 'digest off', channel);
});
