import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { User } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

/** The commands that help lists for this person, and all of its text. */
async function help(scene: Scene, user: User): Promise<{ words: string[]; text: string }> {
  const text = (await scene.ask(user, 'help')).cards.map(textOf).join('\n');
  const words = [...text.matchAll(/^(\w+)(?: [^:\n]*)?: /gm)].map(([, word = '']) => word);
  return { words, text };
}

const reading = [
  'help',
  'gallery',
  'connect',
  'connectors',
  'status',
  'quarantine',
  'content',
  'alerts',
  'audit',
  'about',
];
const answering = ['ack', 'mute', 'unmute', 'digest'];
const changing = ['retry', 'manage', 'pause', 'resume', 'delete'];

function lists({ words }: { words: string[] }, shown: string[], hidden: string[] = []): void {
  for (const word of shown) assert.ok(words.includes(word), `${word} is not among ${words}`);
  for (const word of hidden) assert.ok(!words.includes(word), `${word} is among ${words}`);
}

test('help shows an owner everything, a responder no changes, and a reader neither, and says which roles that takes', async () => {
  const scene = acme();
  const owner = await help(scene, scene.ada);
  lists(owner, [...reading, ...answering, ...changing]);
  assert.doesNotMatch(owner.text, /you need/);

  const reader = await help(scene, scene.ben);
  lists(reader, reading, [...answering, ...changing]);
  assert.match(reader.text, /Log Analytics Contributor.*Microsoft Sentinel Responder/s);

  const remy = scene.teams.addUser({ name: 'Remy Responder', aadObjectId: scene.azure.addUser() });
  scene.azure.grant(remy.aadObjectId, 'Microsoft Sentinel Responder', scene.workspace.id);
  const responder = await help(scene, remy);
  lists(responder, [...reading, ...answering], changing);
  assert.match(responder.text, /Log Analytics Contributor/);
  assert.doesNotMatch(responder.text, /Microsoft Sentinel Responder/);

  const guest = await help(scene, scene.guest);
  assert.deepEqual(guest.words, []);
  assert.match(guest.text, /Guests of this organization/);
});

test('help does not ask Azure again for ten minutes, and a right that is taken counts where it is used', async () => {
  const scene = acme();
  const nia = scene.teams.addUser({ name: 'Nia New', aadObjectId: scene.azure.addUser() });
  lists(await help(scene, nia), reading, changing);
  const before = scene.azure.requests.length;
  await help(scene, nia);
  assert.equal(scene.azure.requests.slice(before).filter(({ path }) => path.includes('roleAssignments')).length, 0);
  for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
    scene.azure.grant(nia.aadObjectId, role, scene.workspace.id);
  }
  scene.clock.advance(10 * 60_000 + 1);
  lists(await help(scene, nia), [...reading, ...changing]);
});

test('help shows everything when Azure does not say in time what somebody may do', async () => {
  const scene = acme();
  const zoe = scene.teams.addUser({ name: 'Zoe Zeal', aadObjectId: scene.azure.addUser() });
  scene.clock.speed = 50;
  const away = scene.azure.faults.add({ where: 'arm', do: 'hang' });
  lists(await help(scene, zoe), [...reading, ...answering, ...changing]);
  away();
  lists(await help(scene, zoe), reading, changing);
});

test('before there is a connector, help shows everything: nobody has been told no', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  lists(await help(scene, scene.ben), [...reading, ...answering, ...changing]);
});
