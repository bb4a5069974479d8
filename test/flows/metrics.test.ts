import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bringsEvents, closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

/** The metrics of the scene by name and labels, but for those of Node. */
async function metrics(scene: Scene): Promise<Map<string, number>> {
  scene.clock.advance(15_000); // what was read from the store is kept for a while
  const answer = await fetch(`${scene.healthUrl}/metrics`);
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('patchbay_'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('the metrics tell of connectors by reason and leg, of calls and of cards, and name nobody', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const well = await metrics(scene);
  assert.equal(well.get('patchbay_connectors{state="connected",health="ok",reason="",leg=""}'), 1);
  assert.ok((well.get('patchbay_outbound_call_seconds_count{to="manager",outcome="2xx"}') ?? 0) > 3);
  assert.ok((well.get('patchbay_card_deliveries_total{kind="progress",outcome="posted"}') ?? 0) === 1);
  assert.equal(well.get('patchbay_card_lateness_seconds_count{kind="progress"}'), 1);
  assert.ok((well.get('patchbay_poll_lateness_seconds_count{outcome="good"}') ?? 0) >= 2);
  assert.ok(
    (well.get('patchbay_outbound_call_seconds_count{to="okta",outcome="2xx"}') ?? 0) >= 2,
    'calls of polls too',
  );
  assert.ok((well.get('patchbay_dedup_window_bytes') ?? 0) > 0);

  scene.org.revoke(scene.token);
  await scene.poll();
  await scene.card('✕ Okta refuses the API token');
  const ill = await metrics(scene);
  assert.equal(ill.get('patchbay_connectors{state="error",health="error",reason="token-refused",leg="Okta"}'), 1);
  assert.equal(ill.has('patchbay_connectors{state="connected",health="ok",reason="",leg=""}'), false);
  assert.equal(ill.get('patchbay_card_deliveries_total{kind="alert",outcome="posted"}'), 1);
  const [{ id = '' } = {}] = await scene.rows<{ id: string }>('select id from connectors');
  for (const name of ['Acme', 'acme.okta.com', 'Ada', scene.workspace.name, id])
    assert.doesNotMatch([...ill.keys()].join('\n'), new RegExp(name));
});

test('a stop waits five seconds for an upload that Azure does not answer, and the next start brings its events', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const end = scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, do: 'hang' });
  const uuids = scene.org.publishMade(3);
  const before = scene.azure.requests.length;
  scene.clock.advance(60_000);
  await scene.arrived(() => scene.azure.requests.slice(before).some(bringsEvents));
  const begun = scene.clock.now();
  await scene.stop();
  const took = scene.clock.now() - begun;
  end();
  // Deadlines are looked at every ten milliseconds.
  assert.ok(took > 4_950 && took < 10_000, `${took}`);
  assert.match(scene.logLines.join(''), /what is under way is left to the next start/);
  await scene.start();
  await scene.poll();
  for (const copies of scene.copies(uuids)) assert.ok(copies === 1 || copies === 2, `${copies}`);
});
