import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { limitMs } from '../scene/limit.ts';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import { textOf } from '../sims/teams/cards.ts';

after(closeServer);

test('while the store takes no connection, whoever asks is told so, and when it is back nothing is missing', async (t) => {
  const scene = await Scene.open({ databaseAuth: 'entra' });
  t.after(() => scene.close());
  await scene.connected();
  const status = await scene.ask(scene.ada, 'status Acme');
  scene.mayFail = true; // of what a person asked for, the log says that it failed
  const role = `${new URL(scene.databaseUrl).pathname.slice(1)}-identity`;
  await scene.rows(`alter role "${role}" connection limit 0`);
  await scene.rows(`select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`, [role]);
  const uuids = scene.org.publishMade(3);
  // Whoever looks for what is due says it, and as no error.
  scene.clock.advance(61_000);
  const looked = () => scene.logLines.find((line) => line.includes('could not look for work that is due'));
  for (const end = performance.now() + limitMs; !looked() && performance.now() < end; )
    await scene.rows('select pg_sleep(0.05)');
  assert.match(looked() ?? 'nobody looked', /"level":40/);

  const told = /store does not answer just now: what you asked for may not have been done/;
  for (const text of ['status Acme', 'connectors', 'pause Acme']) {
    const { cards } = await scene.ask(scene.ada, text);
    assert.match(cards.map(textOf).join('\n'), told, text);
  }
  const refresh = actionsIn(status.cards).find(({ title }) => title === 'Refresh') ?? {};
  assert.match(JSON.stringify(await scene.teams.execute(scene.ada, scene.channel, status, refresh)), told);

  await scene.rows(`alter role "${role}" connection limit -1`);
  await scene.poll();
  assert.match((await scene.ask(scene.ada, 'status Acme')).cards.map(textOf).join('\n'), /Connected/);
  assert.deepEqual(scene.copies(uuids), [1, 1, 1]);
});
