import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listAudience } from '../../bot/teams/told-places.ts';
import { raiseOverdue } from '../../ingestion/monitoring/overdue.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';

const open = sharedScene();
after(closeServer);

const minute = 60_000;

for (const [interval, patient, late] of [
  ['10', 4, 6],
  ['60', 4, 6],
  ['900', 44, 46],
] as const) {
  test(`polling every ${interval} seconds is said to have stopped ${late} minutes after the last check, not ${patient}`, async () => {
    const scene = open();
    const name = `Every ${interval} seconds`;
    scene.org.publishMade(5);
    await scene.connect(scene.ada, name, { interval });
    const { id } = await scene.eventually<{ id: string }>(
      `select id from connectors where status->>'lastPollAt' is not null and name = $1`,
      [name],
    );
    // Another process holds the connector, so that no check is made.
    const held = await scene.hold(`connector:${id}`);
    const [last] = await scene.rows<{ at: number }>(
      `select (status->'lastPollAt')::float8 as at from connectors where id = $1`,
      [id],
    );
    const after = (minutes: number) => (last?.at ?? 0) + minutes * minute;
    const told = async (minutes: number) => {
      scene.clock.advance(Math.max(0, after(minutes) - scene.clock.now()));
      await raiseOverdue({ pool: held.pool, audience: listAudience }, after(minutes));
      return scene.rows<{ reason: string }>(
        `select problem->>'reason' as reason from incidents where connector_id = $1`,
        [id],
      );
    };
    assert.deepEqual(await told(2), []);
    assert.deepEqual(await told(patient), []);
    assert.deepEqual(await told(late), [{ reason: 'scheduler-down' }]);
    await held.release();
  });
}

test('a connector that is checked every 15 minutes is left alone in between, and raises no alert', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.publishMade(5);
  await scene.connect(scene.ada, 'Acme', { interval: '900' });
  await scene.eventually(`select 1 as done from connectors where (observation->'seen'->>'rows')::int > 0`);
  for (let check = 0; check < 4; check++) {
    const before = scene.okta.requests.length;
    scene.clock.advance(15 * minute + 1000);
    scene.org.publishMade(2);
    await scene.eventually(`select 1 as done from connectors where (status->>'lastPollAt')::bigint >= $1`, [
      scene.clock.now() - minute,
    ]);
    const [row] = await scene.rows<{ pause: number }>(
      `select extract(epoch from due_at)::float8 * 1000 - (status->'lastPollAt')::float8 as pause from connectors`,
    );
    assert.equal(row?.pause, 15 * minute);
    assert.equal(scene.okta.requests.length - before, 1);
  }
  const [after] = await scene.rows<{ state: string; health: string }>(
    `select status->>'state' as state, status->>'health' as health from connectors`,
  );
  assert.deepEqual(after, { state: 'connected', health: 'ok' });
  assert.deepEqual(await scene.rows('select * from incidents'), []);
});
