import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listAudience } from '../../bot/teams/told-places.ts';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { raiseOverdue } from '../../ingestion/monitoring/overdue.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';

const open = sharedScene();
after(closeServer);

const minute = 60_000;

/** A connector of this name that is checked every so many seconds, and whose rows have been seen; its id. */
async function polledEvery(scene: Scene, interval: string, name: string): Promise<string> {
  scene.org.publishMade(5);
  await scene.connect(scene.ada, name, { interval });
  // Until then each look at the workspace may have it checked at once.
  scene.clock.speed = 10;
  const { id } = await scene.eventually<{ id: string }>(
    `select id from connectors where status->>'state' = 'connected' and due_at > $2 and name = $1`,
    [name, new Date(scene.clock.now())],
  );
  scene.clock.speed = 1;
  return id;
}

/** Why the connector has alerts, and when each was opened. */
function alertsOf(scene: Scene, id: string): Promise<{ reason: string; at: number; over: boolean }[]> {
  return scene.rows(
    `select problem->>'reason' as reason, extract(epoch from opened_at)::float8 * 1000 as at, resolved_at is not null as over
       from incidents where connector_id = $1`,
    [id],
  );
}

/** Has no instance check the connector, as if all stood still, whatever makes it due. */
async function unchecked(scene: Scene, id: string): Promise<void> {
  await scene.rows(`create or replace function stands_still() returns trigger language plpgsql as
    $$ begin new.not_before = 'infinity'; return new; end $$`);
  await scene.rows(`create trigger stands_still before update on connectors for each row
    when (new.id = '${id}') execute function stands_still()`);
  await scene.rows('update connectors set id = id where id = $1', [id]);
}

async function checkedAgain(scene: Scene, id: string): Promise<void> {
  await scene.rows('drop trigger stands_still on connectors');
  await scene.rows(`update connectors set not_before = '-infinity' where id = $1`, [id]);
}

async function dueAt(scene: Scene, id: string): Promise<number> {
  const [row] = await scene.rows<{ at: number }>(
    'select extract(epoch from due_at)::float8 * 1000 as at from connectors where id = $1',
    [id],
  );
  return row?.at ?? assert.fail();
}

for (const [interval, patient, late] of [
  ['10', 39, 41],
  ['60', 139, 141],
  ['900', 1819, 1821],
] as const) {
  test(`polling every ${interval} seconds is said to have stopped ${late} seconds after a check was due, not ${patient}`, async () => {
    const scene = open();
    const id = await polledEvery(scene, interval, `Every ${interval} seconds`);
    await unchecked(scene, id);
    const held = await scene.hold(connectorLease(id));
    const due = await dueAt(scene, id);
    const told = async (seconds: number, since: number) => {
      await raiseOverdue({ pool: held.pool, audience: listAudience }, { now: due + seconds * 1000, since });
      return (await alertsOf(scene, id)).map(({ reason }) => reason);
    };
    const taken = (seconds: number) =>
      scene.rows('update checkpoints set taken_at = $2 where connector_id = $1', [id, new Date(due + seconds * 1000)]);
    await taken(late - 299);
    assert.deepEqual(await told(late, 0), [], 'it is being checked');
    await held.letGo();
    assert.deepEqual(await told(patient, 0), []);
    assert.deepEqual(await told(late, due + 2000), [], 'whoever has begun to look since gives it the same time');
    assert.deepEqual(await told(late, 0), ['scheduler-down']);
    // Until then its card is not due.
    scene.clock.advance(Math.max(0, due + late * 1000 - scene.clock.now()));
    await held.release();
    await checkedAgain(scene, id);
  });
}

test('what an instance that has stopped holds is told by another in time, and is over when checks are made again', async (t) => {
  const scene = await Scene.open();
  const other = await scene.another();
  t.after(async () => {
    await other.close();
    await scene.close();
  });
  const id = await polledEvery(scene, '10', 'Acme');
  await unchecked(scene, id);
  const due = await dueAt(scene, id);
  // Not so fast that a busy machine lets more than 15 seconds pass between two looks.
  scene.clock.speed = 3;
  await scene.card('✕ Patchbay has stopped polling');
  scene.clock.speed = 1;
  const [alert] = await alertsOf(scene, id);
  assert.ok(alert && alert.at - due <= 50_000, `told ${alert && alert.at - due} ms after it was due`);
  await checkedAgain(scene, id);
  await scene.card('Recovered after');
  assert.equal((await alertsOf(scene, id)).length, 1);
});

test('after an hour without any instance nobody is told of what was due meanwhile', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const id = await polledEvery(scene, '10', 'Acme');
  await scene.stop();
  scene.clock.advance(60 * minute);
  const since = scene.clock.now();
  await scene.start();
  await scene.eventually(`select 1 as done from connectors where (status->>'lastPollAt')::bigint > $1`, [since]);
  assert.deepEqual(await alertsOf(scene, id), []);
});

test('a check that Okta keeps waiting is being made, and has not stopped', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const id = await polledEvery(scene, '10', 'Acme');
  const end = scene.org.faults.add({ do: { kind: 'blackHole' } });
  scene.clock.advance(11_000);
  await scene.reached(() => scene.org.inFlight > 0);
  const late = { now: scene.clock.now() + 4 * minute, since: 0 };
  const held = await scene.hold('whatever');
  await raiseOverdue({ pool: held.pool, audience: listAudience }, late);
  assert.deepEqual(await alertsOf(scene, id), []);
  await held.release();
  end();
});

test('a connector that is checked every 15 minutes is left alone in between, and raises no alert', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.publishMade(5);
  await scene.connect(scene.ada, 'Acme', { interval: '900' });
  // The first rows that are seen make one more check due at once.
  await scene.eventually(`select 1 as done from connectors where status->>'state' = 'connected'`);
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
