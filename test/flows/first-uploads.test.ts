import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';

after(closeServer);

const minute = 60_000;

const told = (message: Message) => message.cards.map(textOf).join('\n');

for (const unknownRule of ['NotFound', 'InvalidStream'] as const) {
  test(`a new rule that Azure does not know yet (${unknownRule}), and its role, are waited for, and nothing is built anew`, async (t) => {
    const settings = { rulePropagationMs: 6 * minute, unknownRule, rolePropagationMs: 12 * minute };
    const scene = await Scene.open({ azure: { settings } });
    t.after(() => scene.close());
    const uuids = scene.org.publishMade(5);
    await scene.connect(scene.ada);
    const status = async () => told(await scene.ask(scene.ben, 'status Acme'));
    await scene.card('Connecting Acme', 'the new data collection rule takes up to 15 minutes to be known');
    assert.match(
      await status(),
      /◐ Pending\nWaiting for Azure: the new data collection rule .* Nothing needs to be done/,
    );
    scene.clock.advance(6 * minute);
    await scene.poll();
    await scene.card('Connecting Acme', 'the new permission takes up to 30 minutes to take effect');
    assert.match(await status(), /◐ Pending\nWaiting for Azure: the new permission .* Nothing needs to be done/);
    scene.clock.advance(6 * minute);
    await scene.poll();
    assert.deepEqual(
      scene.copies(uuids),
      uuids.map(() => 1),
    );
    assert.deepEqual(await scene.rows('select id from incidents'), []);
    const made = scene.azure.requests.filter(
      ({ method, path }) => method === 'PUT' && /\/patchbay-okta-[^/]*$/i.test(path),
    );
    assert.equal(made.length, 1);
  });
}

test('once rows are visible, a missing role and a closed network are told at once, each for what it is', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const { azure, workspace } = scene;
  const { assignments } = azure.directory;
  const roles = [...assignments].filter(([, { scope }]) => scope.includes('/patchbay-okta-'));
  for (const [key] of roles) assignments.delete(key);
  const uuids = scene.org.publishMade(2);
  await scene.poll();
  const alert = await scene.card('✕ Patchbay may not send to the workspace', 'Monitoring Metrics Publisher');
  assert.match(
    told(await scene.ask(scene.ben, 'status Acme')),
    /✕ Error[\s\S]*lacks the role[\s\S]*Behind: .* at most/,
  );
  for (const [key, role] of roles) assignments.set(key, role);
  await scene.poll();
  assert.equal((await scene.card('Recovered after')).id, alert.id);

  for (const takesFrom of ['private link', 'perimeter'] as const) {
    workspace.takesFrom = takesFrom;
    uuids.push(...scene.org.publishMade(2));
    await scene.poll();
    const closed = told(await scene.card('✕ The workspace takes no events from this network', 'For support: '));
    assert.match(closed, /Network isolation/);
    assert.doesNotMatch(closed, /Access control|Repair/, 'no role is missing');
    workspace.takesFrom = 'anywhere';
    await scene.poll();
    await scene.card('Recovered after', 'The workspace takes no events from this network');
  }
  assert.deepEqual(
    scene.copies(uuids),
    uuids.map(() => 1),
  );
});

test('what the polls of a new connector meet is on one card, and its progress card is left alone until that is over', async (t) => {
  const scene = await Scene.open({ azure: { settings: { firstDataMs: 20 * minute } } });
  t.after(() => scene.close());
  scene.org.publishMade(5);
  await scene.connect(scene.ada);
  const progress = await scene.card('Connecting Acme', 'Waiting for the first rows, until');
  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('✕ Okta refuses the API token', 'For support: ');
  await scene.card('Acme could not be connected', 'Okta refuses the API token. The alert about it says what to do');
  const edits = () =>
    scene.teams.traffic.filter(
      ({ kind, name }) => kind === 'request' && name.startsWith('PUT') && name.includes(progress.id),
    ).length;
  const before = edits();
  for (let polls = 0; polls < 5; polls++) await scene.poll();
  assert.equal(edits(), before, 'five polls that meet the same');
  const alerts = scene.teams.messages(scene.channel).filter((message) => told(message).includes('For support: '));
  assert.equal(alerts.length, 1, 'one problem, one card');
  scene.org.restore(scene.token);
  await scene.poll();
  assert.equal((await scene.card('Connecting Acme', 'Waiting for the first rows, until')).id, progress.id);
  await scene.card('Recovered after');
});
