import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bringsEvents, closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

/** What `status` says of how much was sent, as numbers. */
async function told(scene: Scene): Promise<{ sent: number; lastHour: number; twice: number }> {
  const text = (await scene.ask(scene.ada, 'status Acme')).cards.map(textOf).join('\n');
  const number = (pattern: RegExp) => Number((pattern.exec(text)?.[1] ?? '0').replaceAll(',', ''));
  return {
    sent: number(/Events sent: ([\d,]+)/),
    lastHour: number(/Last hour: ([\d,]+)/),
    twice: number(/Possibly twice: at most ([\d,]+) rows/),
  };
}

/** Cuts every connection that the app has to its store, once it has any: those that were cut before have to be opened anew. */
async function cut(scene: Scene): Promise<void> {
  const others = `datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;
  await scene.eventually(`select 1 as done from pg_stat_activity where ${others}`);
  await scene.rows(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`);
}

const storedIn = (scene: Scene) => scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').ledger;

/** How many rows there are of each event beyond the first, all together. */
function repeatedIn(scene: Scene): number {
  return [...storedIn(scene).values()].reduce((sum, { copies }) => sum + copies - 1, 0);
}

test('a store that is cut off again and again in a sync is no bug: the sync goes on at once, and what was sent is known to the event', async () => {
  const scene = acme();
  const before = storedIn(scene).size;
  const uuids = scene.org.publishMade(20_000);
  const began = scene.clock.now();
  scene.clock.advance(61_000);
  for (let part = 1; part <= 4; part++) {
    await scene.arrived(() => storedIn(scene).size >= before + part * 4_000);
    await cut(scene);
  }
  await scene.arrived(() => storedIn(scene).size === before + uuids.length);
  assert.ok(scene.clock.now() - began < 61_000 + 50_000, 'nobody rests for a minute');
  await scene.poll();
  const { sent, lastHour, twice } = await told(scene);
  const there = storedIn(scene).size;
  assert.deepEqual({ sent, lastHour }, { sent: there, lastHour: there });
  assert.ok(twice >= repeatedIn(scene), `${twice} of ${repeatedIn(scene)}`);
});

test('each answer of Azure that is lost counts once more what it was the answer to', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  const before = await told(scene);
  scene.org.publishMade(7);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 6, do: 'lost-answer' });
  for (let minutes = 0; minutes < 5; minutes++) {
    await scene.poll();
    scene.clock.advance(60_000);
  }
  const after = await told(scene);
  assert.deepEqual(
    [after.sent - before.sent, after.twice - before.twice],
    [7, 7 + 5],
    'all of them, and five that were sent alone to learn whether answers come',
  );
});
