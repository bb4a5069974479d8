import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';
import { type Misbehaviour, type Refusal, refusals } from '../sims/teams/faults.ts';
import type { Message } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const refused = (status: number, code: string): Refusal => ({ status, body: { error: { code, message: code } } });
const inDays = new Date(Date.now() + 90_000).toUTCString();

/** What Teams does to one call, how often, and how many messages of that kind stand there in the end. */
type Row = [what: string, does: Misbehaviour, times: number, copies: number];

/** Said of a post, an edit and a reply alike: it was not taken, and it is again. */
const passing: Row[] = [
  ['404 ConversationNotFound', refused(404, 'ConversationNotFound'), 1, 1],
  ['403 ServiceError', refused(403, 'ServiceError'), 2, 1],
  ['403 of another region', refused(403, 'Forbidden'), 1, 1],
  ['401 once', refused(401, 'BotNotRegistered'), 1, 1],
  ['412', refusals.preconditionFailed, 2, 1],
  ['429 for 90 seconds', refusals.throttled(90), 1, 1],
  ['429 until a date', { status: 429, headers: { 'retry-after': inDays } }, 1, 1],
  ['429 without a time', refusals.throttled(), 2, 1],
  ['500', refused(500, 'InternalError'), 2, 1],
  ['503', refusals.unavailable, 3, 1],
];

/** Nobody can know whether it stands there: one copy more at most. */
const doubtful: Row[] = [
  ['a connection that is cut before', 'reset', 1, 1],
  ['an answer that is lost', 'lost-answer', 1, 2],
  ['two answers that are lost', 'lost-answer', 2, 2],
  ['502, not stored', refused(502, 'BadGateway'), 1, 1],
  ['504, stored', { done: refused(504, 'GatewayTimeout') }, 1, 2],
  ['504 three times, stored', { done: refused(504, 'GatewayTimeout') }, 3, 2],
  ['408, stored', { done: refused(408, 'RequestTimeout') }, 1, 2],
  ['no answer', 'hang', 1, 1],
  ['the page of a guest network in the stead of Teams', { status: 200, body: '<html>Sign in</html>' }, 1, 1],
  ['such a page, stored', { done: { status: 200, body: '<html>Sign in</html>' } }, 1, 2],
];

const taken: Row[] = [
  ['201 without an id', { done: { status: 201, body: {} } }, 1, 1],
  ['201 without a body', { done: { status: 201 } }, 1, 1],
];

const sends = (scene: Scene, method: string) => (call: { method: string; path: string }) =>
  call.method === method && call.path.includes(`${scene.channel.id}`);

/** The messages of the channel that are the incident's card, or a copy of it. */
function copiesOf(scene: Scene, card: string): Message[] {
  return scene.teams
    .messages(scene.channel)
    .filter((message) => (refreshOf(message)?.data as Card | undefined)?.card === card);
}

/** By what a client asks for the state of now. */
function refreshOf({ cards }: Message): Card | undefined {
  return (cards[0]?.refresh as { action: Card } | undefined)?.action;
}

/** Opens an incident; the id of its card, once nothing is left to do for it. */
async function opened(scene: Scene): Promise<string> {
  scene.org.revoke(scene.token);
  await scene.poll();
  const { id } = await scene.eventually<{ id: string }>(
    `select o.id from outbox o join alerts a on a.id = o.alert_id
      where a.resolved_at is null and o.kind = 'alert' and o.posted and o.shown_version = o.version`,
  );
  return id;
}

async function recovered(scene: Scene): Promise<void> {
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.eventually(
    `select 1 as done where not exists (select from outbox where shown_version < version and gone is null)
        and not exists (select from incidents where resolved_at is null)`,
  );
}

/** Everybody sees the incident's state of now on each copy, once their client has asked for it. */
async function mended(scene: Scene, copies: Message[]): Promise<void> {
  for (const copy of copies) {
    const action = refreshOf(copy) ?? {};
    await scene.teams.execute(scene.ben, scene.channel, copy, action, { trigger: 'automatic' });
    assert.match(textOf((copy.views.get(scene.ben) ?? copy.cards)[0] ?? {}), /✓ Recovered/);
  }
  await scene.eventually(
    'select 1 as done where not exists (select from outbox where shown_version < version and gone is null)',
  );
  for (const copy of copies) assert.match(textOf(copy.cards[0] ?? {}), /✓ Recovered/, 'and it is edited for everybody');
}

for (const [what, does, times, copies] of [...passing, ...doubtful, ...taken]) {
  test(`a post that meets ${what} stands there as ${copies} message${copies > 1 ? 's' : ''}, and each ends right`, async () => {
    const scene = acme();
    scene.mayFail = true;
    scene.clock.speed = 60;
    const fault = scene.teams.faults.add({ when: sends(scene, 'POST'), times, do: does });
    const card = await opened(scene);
    assert.ok(fault.hits > 0);
    fault.remove();
    await recovered(scene);
    assert.equal(copiesOf(scene, card).length, copies);
    await mended(scene, copiesOf(scene, card));
  });
}

for (const [what, does, times] of [...passing, ...doubtful]) {
  test(`an edit that meets ${what} is made again, of the same message`, async () => {
    const scene = acme();
    scene.mayFail = true;
    scene.clock.speed = 60;
    const card = await opened(scene);
    const fault = scene.teams.faults.add({ when: sends(scene, 'PUT'), times, do: does });
    await recovered(scene);
    assert.equal(fault.hits, times);
    assert.equal(copiesOf(scene, card).length, 1);
    await mended(scene, copiesOf(scene, card));
  });
}

for (const [what, does, times, copies] of [...passing, ...doubtful, ...taken]) {
  test(`a reply that meets ${what} stands there as ${copies} message${copies > 1 ? 's' : ''}`, async () => {
    const scene = acme();
    scene.mayFail = true;
    scene.clock.speed = 60;
    await opened(scene);
    const before = scene.teams.messages(scene.channel).length;
    const fault = scene.teams.faults.add({ when: sends(scene, 'POST'), times, do: does });
    await recovered(scene);
    assert.ok(fault.hits > 0);
    assert.equal(scene.teams.messages(scene.channel).length - before, copies);
  });
}

/** Leaves a post as a process does that was killed when Teams had the message and its note was not made; when it was begun. */
async function killedBeforeNote(scene: Scene, kind: 'alert' | 'reply'): Promise<number> {
  const now = scene.clock.now();
  const [card] = await scene.rows(
    `update outbox set posted = false, activity_id = null, copies = '{}', shown_version = version - 1,
            attempted_at = $2, due_at = $3
      where id = (select id from outbox where kind = $1 order by created_at desc limit 1) returning id`,
    [kind, new Date(now), new Date(now + 90_000)],
  );
  assert.ok(card);
  return now;
}

/** How often in a row a process is killed between a post and its note; nobody can know, so there is one copy more. */
for (const [kills, often] of [
  [1, 'once'],
  [2, 'twice'],
] as const) {
  test(`a post whose process is killed before its note ${often} is made again after 90 seconds, once, and each ends right`, async () => {
    const scene = acme();
    scene.clock.speed = 60;
    const card = await opened(scene);
    for (let kill = 0; kill < kills; kill++) await madeAgain(scene, 'alert', kill);
    await recovered(scene);
    const copies = copiesOf(scene, card);
    assert.equal(copies.length, 2);
    await mended(scene, copies);
  });

  test(`a reply whose process is killed before its note ${often} is made again after 90 seconds, once`, async () => {
    const scene = acme();
    scene.clock.speed = 60;
    await opened(scene);
    const before = scene.teams.messages(scene.channel).length;
    await recovered(scene);
    for (let kill = 0; kill < kills; kill++) await madeAgain(scene, 'reply', kill);
    assert.equal(scene.teams.messages(scene.channel).length - before, 2);
  });
}

/** A process is killed after the post, for the `kill`th time from 0: what another makes of it. */
async function madeAgain(scene: Scene, kind: 'alert' | 'reply', kill: number): Promise<void> {
  const before = scene.teams.messages(scene.channel).length;
  const begun = await killedBeforeNote(scene, kind);
  await scene.eventually(
    `select 1 as done where not exists (select from outbox where shown_version < version and gone is null)`,
  );
  const more = scene.teams.messages(scene.channel).slice(before);
  assert.equal(more.length, kill === 0 ? 1 : 0, 'one copy more at most');
  for (const { createdAt } of more) assert.ok(createdAt - begun >= 90_000, `after ${createdAt - begun} ms`);
}

test('a copy that nobody knew of is edited with the others once somebody has pressed one of its buttons', async () => {
  const scene = acme();
  scene.mayFail = true;
  scene.clock.speed = 60;
  scene.teams.faults.add({ when: sends(scene, 'POST'), times: 1, do: 'lost-answer' });
  const card = await opened(scene);
  const [unknown, known] = copiesOf(scene, card);
  assert.ok(unknown && known);
  const button = actionsIn(unknown.cards).find(({ title }) => title === 'Acknowledge');
  await scene.teams.execute(scene.ada, scene.channel, unknown, button ?? {});
  for (const copy of [unknown, known])
    await scene.teams.until(() => /Acknowledged by Ada Admin/.test(textOf(copy.cards[0] ?? {})) || undefined);
  await recovered(scene);
  for (const copy of [unknown, known]) assert.match(textOf(copy.cards[0] ?? {}), /✓ Recovered/);
  assert.equal(copiesOf(scene, card).length, 2);
});

test('a message that somebody deleted is posted anew, and once', async () => {
  const scene = acme();
  const card = await opened(scene);
  const [first] = copiesOf(scene, card);
  if (first) scene.teams.tenant.remove(first);
  await recovered(scene);
  assert.equal(copiesOf(scene, card).filter(({ deleted }) => !deleted).length, 1);
});

test('a post whose outcome can’t be noted at once, because the store’s connections are cut, is not made again', async () => {
  const scene = acme();
  scene.mayFail = true;
  let cut: Promise<unknown> = Promise.resolve();
  const when = (call: { method: string; path: string }) => {
    if (!sends(scene, 'POST')(call)) return false;
    cut = scene.rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'patchbay%'`,
    );
    return true;
  };
  const fault = scene.teams.faults.add({ when, times: 1, do: { done: { status: 201, body: {} } } });
  const card = await opened(scene);
  await cut;
  assert.equal(fault.hits, 1);
  await recovered(scene);
  assert.equal(copiesOf(scene, card).length, 1);
  await mended(scene, copiesOf(scene, card));
});

test('an alert that was in doubt twice, and that nobody else can be told, is said again after ten minutes', async () => {
  const scene = acme();
  scene.mayFail = true;
  scene.clock.speed = 60;
  const began = scene.clock.now();
  const fault = scene.teams.faults.add({ when: sends(scene, 'POST'), times: 2, do: 'reset' });
  const card = await opened(scene);
  assert.equal(fault.hits, 2);
  assert.deepEqual(copiesOf(scene, card), [], 'it stands nowhere');
  scene.clock.advance(11 * 60_000);
  const said = await scene.card('Acme', 'Okta refuses the API token');
  assert.equal(said.replyTo, undefined, 'a message of its own');
  assert.ok(said.createdAt - began < 30 * 60_000, 'long before the usual hour');
  await recovered(scene);
});
