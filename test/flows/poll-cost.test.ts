import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';
import { openServer, type Server } from '../scene/server.ts';

let server: Server;
let scene: Scene;

before(async () => {
  // No server of a file before this one.
  await closeServer();
  server = await openServer({ shared_preload_libraries: 'pg_stat_statements' });
  process.env.TEST_SERVER = server.url;
  scene = await Scene.open();
  await scene.rows('create extension pg_stat_statements schema public');
  await scene.connected();
});
after(async () => {
  await scene.close();
  // Nor is this one for the file after it.
  await closeServer();
  await server.close();
});

/** What is asked every few seconds, and by the scene, whatever is polled. */
const besides =
  /union all|^with due as|taken_at <|min\(due_at\)|select id from connectors where|pg_sleep|pg_stat_statements|health_rules|secrets|conversations|drafts|select name from leases|update leases/;

/** How many statements a poll takes, all together and by what they say, at most as often as in any of some. */
async function costOf(poll: () => Promise<void>): Promise<{ statements: number; list: string }> {
  let least = { statements: Number.POSITIVE_INFINITY, list: '' };
  for (let turn = 0; turn < 3; turn++) {
    await scene.rows('select public.pg_stat_statements_reset()');
    await poll();
    const rows = await scene.rows<{ query: string; calls: number }>(
      `select query, calls::int from public.pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database())`,
    );
    const of = rows.filter(({ query }) => !besides.test(query));
    const statements = of.reduce((sum, { calls }) => sum + calls, 0);
    const list = of.map(({ query, calls }) => `${calls} ${query.replace(/\s+/g, ' ').slice(0, 110)}`).join('\n');
    if (statements < least.statements) least = { statements, list };
  }
  return least;
}

test('a poll asks the store no more often than this', async () => {
  const idle = await costOf(() => scene.poll());
  const page = await costOf(async () => {
    scene.org.publishMade(20);
    await scene.poll();
  });
  assert.ok(idle.statements <= 6, idle.list);
  assert.ok(page.statements <= 8, page.list);
});
