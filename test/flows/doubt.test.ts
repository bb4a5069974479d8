import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bringsEvents, closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';

const acme = sharedAcme();
after(closeServer);

const minute = 60_000;

/** So many polls, each so long after the one before. */
async function polls(scene: Scene, count: number, gapMs = minute): Promise<void> {
  for (let poll = 0; poll < count; poll++) {
    scene.clock.advance(gapMs);
    await scene.poll();
  }
}

const copiesOf = (scene: Scene, uuids: string[]): number[] => scene.copies(uuids).map((copies) => copies ?? 0);

const possiblyTwice = async (scene: Scene): Promise<number> => {
  const [row] = await scene.rows<{ events: number }>(
    'select possibly_duplicated_events::int as events from checkpoints',
  );
  return row?.events ?? 0;
};

/** How many polls there were. */
const version = async (scene: Scene): Promise<number> => {
  const [row] = await scene.rows<{ version: number }>('select version::int as version from checkpoints');
  return row?.version ?? 0;
};

test('while answers of Azure are lost for hours, no event comes oftener than three times in an hour and eight in a day', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  const before = await possiblyTwice(scene);
  const seen = new Map<string, number[]>();
  const uuids = scene.org.publishMade(600);
  scene.azure.faults.add({
    where: 'ingestion',
    when: (call) => {
      if (!bringsEvents(call)) return false;
      for (const { uuid } of JSON.parse(gunzipSync(call.body).toString()) as { uuid: string }[])
        seen.set(uuid, [...(seen.get(uuid) ?? []), scene.clock.now()]);
      return true;
    },
    do: 'lost-answer',
  });
  await polls(scene, 5, 6_000);
  await polls(scene, 8);
  assert.ok(copiesOf(scene, uuids).every((copies) => copies <= 3));
  const rows = copiesOf(scene, uuids).reduce((sum, copies) => sum + copies, 0);
  assert.ok(rows < 600 + 40, `${rows} rows of 600 events after eight minutes`);
  await polls(scene, 3, 5 * 60 * minute);
  const most = (times: number[], withinMs: number) =>
    Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + withinMs).length));
  for (const times of seen.values()) {
    assert.ok(most(times, 60 * minute) <= 3);
    assert.ok(most(times, 24 * 60 * minute) <= 8);
  }

  scene.azure.faults.clear();
  await polls(scene, 1, 5 * minute);
  const copies = copiesOf(scene, uuids);
  assert.ok(copies.every((count) => count >= 1));
  const repeated = copies.reduce((sum, count) => sum + count - 1, 0);
  assert.ok((await possiblyTwice(scene)) - before >= repeated, 'each is counted');
  const news = scene.org.publishMade(5);
  await scene.poll();
  assert.deepEqual(copiesOf(scene, news), [1, 1, 1, 1, 1]);
  const [left] = await scene.rows('select probation from checkpoints');
  assert.deepEqual(left, { probation: null });
});

test('while Azure refuses every event, a poll brings one to it, another each time, and all flow once it takes them', async () => {
  const scene = acme();
  const uuids = scene.org.publishMade(400);
  const tried: string[][] = [];
  const end = scene.azure.faults.add({
    where: 'ingestion',
    when: bringsEvents,
    do: { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } },
  });
  await scene.poll();
  await scene.card('✕', 'Retry');
  end();
  const endAgain = scene.azure.faults.add({
    where: 'ingestion',
    when: (call) => {
      if (!bringsEvents(call)) return false;
      tried.push((JSON.parse(gunzipSync(call.body).toString()) as { uuid: string }[]).map(({ uuid }) => uuid));
      return true;
    },
    do: { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } },
  });
  const before = await version(scene);
  await polls(scene, 4);
  assert.deepEqual(
    tried.map((events) => events.length),
    Array.from({ length: (await version(scene)) - before }, () => 1),
  );
  assert.equal(new Set(tried.flat()).size, tried.length);
  endAgain();
  await polls(scene, 1);
  assert.deepEqual(
    copiesOf(scene, uuids),
    uuids.map(() => 1),
  );
  assert.deepEqual(await scene.rows('select * from quarantine'), []);
});

test('an event that is refused by itself after everything was does not keep the others back', async () => {
  const scene = acme();
  const uuids = scene.org.publishMade(5);
  const end = scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, do: { status: 400 } });
  await scene.poll();
  end();
  const bad = uuids[0] as string;
  scene.azure.faults.add({
    where: 'ingestion',
    when: (call) => bringsEvents(call) && gunzipSync(call.body).includes(bad),
    do: { status: 400 },
  });
  await polls(scene, 2);
  assert.deepEqual(copiesOf(scene, uuids), [0, 1, 1, 1, 1]);
  assert.deepEqual(await scene.rows('select uuid from quarantine'), [{ uuid: bad }]);
});
