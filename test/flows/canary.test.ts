import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

test('a token typed in the wizard is in no log line, no database row, no outgoing activity and no error body', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const typed = new Set([scene.token]);
  const wrong = `00${'canary'.repeat(7).slice(0, 40)}`;
  const wizard = await scene.openWizard(scene.ada);
  for (const key of [wrong, `SSWS ${wrong} x`, wrong.slice(0, 30)]) {
    typed.add(key);
    await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key });
  }
  scene.org.faults.add({ times: 1, do: { kind: 'reset' } });
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await scene.connected();
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('Okta refuses the API token');
  await scene.ask(scene.ada, `status ${scene.token}`);
  await scene.teams.say(scene.ada, scene.channel, 'help', { mention: true, forged: 'wrong key' });

  const stored = await scene.stored();
  assert.ok(stored.length > 10 && scene.logLines.length > 0, 'there is something to look at');
  const places = { log: scene.logLines, store: stored, teams: scene.teams.traffic.map(({ body }) => body) };
  for (const [place, texts] of Object.entries(places)) {
    for (const key of typed) {
      const bare = key.replace(/^SSWS | x$/g, '');
      const leaks = texts.filter((text) => text.includes(bare) || text.includes(Buffer.from(bare).toString('hex')));
      assert.deepEqual(leaks, [], `in the ${place}`);
    }
  }
  const hosts = scene.okta.strangers.filter(({ tokenHash }) => tokenHash);
  assert.deepEqual(hosts, [], 'the token went to its own org alone');
});
