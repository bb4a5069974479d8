import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { oktaEvent } from '../sims/events.ts';
import { textOf } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;

async function told(scene: Scene, words: string): Promise<string> {
  const { cards } = await scene.ask(scene.ben, words);
  return cards.map(textOf).join('\n');
}

/** Lets so much time pass, and a look into the workspace with it. */
async function lookAfter(scene: Scene, ms: number): Promise<void> {
  scene.clock.advance(ms);
  await scene.eventually(`select 1 as done from connectors where (observation->>'triedAt')::bigint >= $1`, [
    scene.clock.now(),
  ]);
}

test('a new connector is Connected seconds after its rows are visible', async (t) => {
  const scene = await Scene.open({ azure: { settings: { visibilityMs: 8_000 } } });
  t.after(() => scene.close());
  scene.org.publishMade(5);
  await scene.connect(scene.ada);
  const { at } = await scene.eventually<{ at: number }>(
    `select (status->>'unseenSince')::float8 as at from connectors where status->'unseenSince' <> 'null'`,
  );
  await scene.eventually(`select 1 as done from connectors where (observation->'seen'->>'rows')::int = 0`);
  scene.clock.advance(Math.max(0, at + 10_000 - scene.clock.now()));
  await scene.card('Acme is connected');
  const seconds = Math.round((scene.clock.now() - at) / 1000);
  assert.ok(seconds < 20, `${seconds} s after the upload`);
});

test('a part of an answer raises no alert, and half an hour of nothing else is said in status with Azure’s words', async () => {
  const scene = acme();
  scene.azure.grant(scene.ben.aadObjectId, 'Log Analytics Reader', scene.workspace.id);
  scene.azure.settings.queryRows = 0;
  for (let looks = 0; looks < 8; looks++) {
    scene.org.publishMade(2);
    await scene.poll();
    await lookAfter(scene, 5 * minute);
  }
  await scene.poll();
  const text = await told(scene, 'status Acme');
  assert.match(text, /can’t see whether data arrives/);
  assert.match(text, /PartialError/);
  assert.match(
    await told(scene, 'verify Acme'),
    /◐ Azure has counted a part only[\s\S]*Rows visible: at least 0[\s\S]*Missing so far: not known/,
  );
  assert.deepEqual(
    scene.news.filter(({ cards }) => /do not show up/.test(JSON.stringify(cards))),
    [],
  );

  scene.azure.settings.queryRows = 500_000;
  await lookAfter(scene, 5 * minute);
  await scene.poll();
  assert.match(await told(scene, 'status Acme'), /✓ Connected/);
});

test('status says how many rows are visible of what was sent', async () => {
  const scene = acme();
  await lookAfter(scene, 5 * minute);
  const text = await told(scene, 'status Acme');
  const [, rows, sent] =
    /Visible: (\S+) rows of the (\S+) events sent since .*; looked at /.exec(text) ?? assert.fail(text);
  assert.equal(rows, sent);
});

test('an event of the year 9999 is not the newest one', async () => {
  const scene = acme();
  const published = '9999-12-31T23:59:59.000Z';
  scene.org.publish({ ...oktaEvent({ seed: 1, index: 1, publishedAt: scene.clock.now() }), published });
  await scene.poll();
  await lookAfter(scene, 5 * minute);
  const status = await told(scene, 'status Acme');
  assert.doesNotMatch(status, /9999/);
  const verify = await told(scene, 'verify Acme');
  assert.match(verify, /✓ All that was sent is visible/);
  assert.match(verify, /Of a time to come: 1, by the events’ own time/);
  assert.doesNotMatch(verify, /9999/);
});
