import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { closeServer } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';

const open = sharedScene();
after(closeServer);

const forgeries = [
  ['no token', 401],
  ['wrong key', 401],
  ['unknown key id', 401],
  ['unsigned', 401],
  ['emulator', 401],
  ['wrong audience', 401],
  ['wrong issuer', 401],
  ['expired', 401],
  ['no end', 401],
  ['not yet valid', 401],
  ['issued in time to come', 401],
  ['other serviceUrl claim', 401],
  ['other tenant', 403],
  ['empty channelId', 400],
  ['empty serviceUrl', 400],
  ['no from', 400],
  ['no aadObjectId', 400],
] as const;

test('nobody gets in with a token or an activity that is not right, and callers learn nothing but the status', async () => {
  const scene = open();
  for (const [forged, status] of forgeries) {
    const { status: got, body } = await scene.teams.say(scene.ada, scene.channel, 'help', { mention: true, forged });
    assert.equal(got, status, forged);
    assert.doesNotMatch(JSON.stringify(body ?? ''), /signature|audience|issuer|kid|tenant/i, forged);
  }
  const answers = scene.teams.messages(scene.channel).filter(({ from }) => from === 'bot');
  assert.equal(answers.length, 1, 'the welcome alone');
});

test('a replayed message is not answered twice', async () => {
  const scene = open();
  const said = await scene.teams.say(scene.ada, scene.channel, 'help', { mention: true });
  const before = scene.teams.messages(scene.channel).length;
  assert.equal((await scene.teams.replay(said)).status, 200);
  assert.equal(scene.teams.messages(scene.channel).length, before);
});

test('what is no activity is turned away with a fixed text', async () => {
  const scene = open();
  const send = (body: string, type = 'application/json') =>
    fetch(`${scene.url}/api/messages`, { method: 'POST', headers: { 'content-type': type }, body });
  for (const [body, status] of [
    ['{', 400],
    ['[]', 400],
    ['null', 400],
    ['"text"', 400],
  ] as const) {
    const answer = await send(body);
    assert.equal(answer.status, status, body);
    assert.doesNotMatch(await answer.text(), /JSON|position|token/, body);
  }
  assert.equal((await send(JSON.stringify({ text: 'x'.repeat(300_000) }))).status, 413);
  const form = new FormData();
  form.set('file', new Blob(['x'.repeat(300_000)]), 'file');
  const upload = await fetch(`${scene.url}/api/messages`, { method: 'POST', body: form });
  assert.equal(upload.status, 415, 'a form is not even read');
  const packed = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const bomb = await fetch(`${scene.url}/api/messages`, {
    method: 'POST',
    headers: packed,
    body: gzipSync(Buffer.alloc(50_000_000)),
  });
  assert.equal(bomb.status, 415, 'a packed body is not unpacked');
  assert.equal((await fetch(`${scene.url}/api/messages`)).status, 405);
  assert.equal((await fetch(`${scene.url}/healthz`)).status, 404, 'probes are on the private port');
});

test('a channel message without a mention is not heard, and a token in a chat is refused without an echo', async () => {
  const scene = open();
  assert.equal((await scene.teams.say(scene.ada, scene.channel, 'help')).delivered, false);
  const answer = await scene.ask(scene.ada, `connect ${scene.token}`);
  assert.match(JSON.stringify(answer.cards), /Revoke it in Okta/);
  assert.ok(!JSON.stringify(answer.cards).includes(scene.token));
});

test('help answers hi, hello and nothing at all; a mistyped command gets a suggestion', async () => {
  const scene = open();
  for (const text of ['hi', 'Hello', 'HELP', '']) {
    assert.match(JSON.stringify((await scene.ask(scene.ada, text)).cards), /Connect a connector/, text);
  }
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'stauts Acme')).cards), /Did you mean status/);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'manege Acme')).cards), /Did you mean manage/);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'manage')).cards), /Nothing is connected yet/);
  assert.match(JSON.stringify((await scene.ask(scene.guest, 'manage Acme')).cards), /Guests can only read the help/);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'constructor')).cards), /Say “help”/);
  const spaced = await scene.teams.say(scene.ada, scene.channel, 'help', { mention: true, nbsp: true });
  assert.match(JSON.stringify(spaced.answers.at(-1)?.cards), /Connect a connector/);
});

test('a personal chat understands commands without a mention', async () => {
  const scene = open();
  const chat = scene.teams.personalChat(scene.ada);
  await scene.teams.install(chat, { by: scene.ada });
  const { answers } = await scene.teams.say(scene.ada, chat, 'connectors');
  assert.match(JSON.stringify(answers.at(-1)?.cards), /Connect a connector/);
});

test('an install is welcomed once', async () => {
  const scene = open();
  const welcomes = scene.teams
    .messages(scene.channel)
    .filter(({ cards }) => JSON.stringify(cards).includes('Patchbay is here'));
  assert.equal(welcomes.length, 1);
});

test('a store that fails in a turn gets the person an answer, not silence', async () => {
  const scene = open();
  scene.mayFail = true;
  // A table that no work in the background reads: what that has to say might come when the test is over.
  await scene.rows('alter table audit rename to hidden');
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'audit')).cards), /Something went wrong on my side/);
  await scene.rows('alter table hidden rename to audit');
});

test('Teams or Azure that do not answer in time cost a sentence, not the dialog', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  scene.azure.faults.add({ where: 'arm', do: 'hang' });
  scene.clock.speed = 50;
  await wizard.submit({ products: 'siem' });
  assert.match(wizard.text, /could not be read from Azure/);
});

test('a name with blanks, accents or an ampersand is found as it is typed', async () => {
  const scene = open();
  const name = 'R&D  Zürich';
  await scene.connect(scene.ada, name);
  for (const typed of ['status R&amp;D Zürich', 'status r&amp;d zu\u0308rich', 'status "R&amp;D Zürich"']) {
    assert.match(JSON.stringify((await scene.ask(scene.ada, typed)).cards), /Okta domain/, typed);
  }
});
