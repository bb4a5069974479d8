import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { teach } from '../scene/history.ts';
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, press, textOf } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';

// How much comes, compared with the hours before, as people in the channel see it.

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;
const usual = 1;

/** So many minutes in which events come at this rate, with a poll about every ten. */
async function live(scene: Scene, minutes: number, perMinute: number): Promise<void> {
  scene.org.generate({ perMinute });
  for (let lived = 0; lived < minutes; lived += 10) {
    scene.clock.advance(9 * minute);
    await scene.poll();
  }
}

async function forget(scene: Scene): Promise<void> {
  scene.org.stopEvents();
  await teach(scene, 0);
  await scene.poll();
}

const shown = (message: Message) => textOf(message.cards[0] ?? {});

async function tellSurges(scene: Scene): Promise<void> {
  const message = await scene.ask(scene.ada, 'manage Acme');
  const action = actionsIn(message.cards).find(({ title }) => title === 'Manage…');
  const dialog = await Dialogue.open(scene, scene.ada, message, action?.data as Card);
  const { data } = press(dialog.page, 'Save', { surges: 'yes' });
  await dialog.submit({}, { data });
}

test('a source that thins out is told with figures and a chart, and it is over when most of it comes again', async () => {
  const scene = acme();
  await teach(scene, 60 * usual);
  await live(scene, 130, usual); // a chart wants two full hours
  await live(scene, 80, usual / 10);
  const alert = await scene.card('▲ Far fewer events than usual');
  assert.match(shown(alert), /its log has thinned out.*: \d+ events in the last hour, where about \d+ would be usual/);
  assert.match(shown(alert), /Why I say so: \d+ events in 1 hour, until .*a fall like this is expected less/);
  assert.match(JSON.stringify(alert.cards), /"type":"Chart\.Line"/);
  await live(scene, 90, usual);
  assert.equal((await scene.card('✓ Recovered after', 'Far fewer events than usual')).id, alert.id);
  await forget(scene);
});

test('a surge is told only where the owner asked for it, and is over when the rush is', async () => {
  const scene = acme();
  await teach(scene, 60 * usual);
  await live(scene, 80, usual * 6);
  assert.doesNotMatch(scene.teams.messages(scene.channel).map(shown).join('\n'), /Far more events/);
  await tellSurges(scene);
  await scene.poll();
  const alert = await scene.card('▲ Far more events than usual');
  assert.match(shown(alert), /Why I say so: \d+ events .*a rise like this is expected less than once/);
  assert.match(JSON.stringify(alert.cards), /"type":"Chart\.Line"/);
  await live(scene, 90, usual);
  assert.equal((await scene.card('✓ Recovered after', 'Far more events than usual')).id, alert.id);
  await forget(scene);
});
