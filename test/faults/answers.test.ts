import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import { type Misbehaviour, type Refusal, refusals } from '../sims/teams/faults.ts';

const acme = sharedAcme();
after(closeServer);

const refused = (status: number, code: string): Refusal => ({ status, body: { error: { code, message: code } } });

const rows: [what: string, does: Misbehaviour, times: number, answers: number][] = [
  ['412 twice', refusals.preconditionFailed, 2, 1],
  ['503 three times', refusals.unavailable, 3, 1],
  ['429 for two seconds', refusals.throttled(2), 1, 1],
  ['403', refused(403, 'ServiceError'), 9, 0],
  ['a lost answer', 'lost-answer', 1, 2],
  ['lost answers, again and again', 'lost-answer', 9, 2],
  ['504, stored, again and again', { done: refused(504, 'GatewayTimeout') }, 9, 2],
  ['201 without an id', { done: { status: 201, body: {} } }, 9, 1],
];

for (const [what, does, times, answers] of rows) {
  test(`a command whose answer meets ${what} is answered ${answers} times, and never with an excuse`, async () => {
    const scene = acme();
    scene.clock.speed = 20;
    const before = scene.teams.messages(scene.channel).length;
    const when = ({ method }: { method: string }) => method === 'POST';
    const fault = scene.teams.faults.add({ when, times, do: does });
    await scene.teams.say(scene.ada, scene.channel, 'status Acme', { mention: true });
    fault.remove();
    const said = scene.teams.messages(scene.channel).slice(before + 1);
    assert.equal(said.length, answers);
    for (const { cards } of said) assert.doesNotMatch(textOf(cards[0] ?? {}), /Something went wrong/);
  });
}

test('a channel that Teams has not known for an hour is closed; an alert that it was not told for half of it has gone to the owner', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const chat = scene.teams.personalChat(scene.ada);
  await scene.teams.install(chat, { by: scene.ada });
  scene.teams.faults.add({
    when: ({ method, path }) => method !== 'GET' && path.includes(scene.channel.id),
    do: refusals.conversationNotFound,
  });
  scene.org.revoke(scene.token);
  await scene.poll();
  const closed = () => scene.rows('select from conversations where closed is not null');
  const told = () => scene.teams.messages(chat).some(({ cards }) => textOf(cards[0] ?? {}).includes('Okta refuses'));
  for (let minutes = 0; minutes < 50 && !told(); minutes += 5) {
    scene.clock.advance(5 * 60_000);
    await scene.poll();
  }
  await scene.teams.until(told);
  assert.deepEqual(await closed(), []);
  for (let minutes = 0; minutes < 60 && (await closed()).length === 0; minutes += 5) {
    scene.clock.advance(5 * 60_000);
    await scene.poll();
  }
  await scene.eventually(`select 1 as done from conversations where closed->>'code' = 'ConversationNotFound'`);
});
