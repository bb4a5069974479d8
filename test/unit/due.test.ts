import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import deployed from '../../deploy/version.json' with { type: 'json' };
import { takeDuePolls } from '../../ingestion/connector/checkpoints.ts';
import type { Settings } from '../../ingestion/connector/connector.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { takeDue } from '../../ingestion/jobs/due.ts';
import { jobs } from '../../ingestion/jobs/jobs.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { openTestStore } from '../scene/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
const now = Date.now();
const hourMs = 3_600_000;

before(async () => {
  store = await openTestStore();
  await makeWell(2000);
});
after(() => store.close());

/** So many connectors that run, of which nothing is due before the next hour, in workspaces of a hundred. */
async function makeWell(count: number): Promise<void> {
  const settings = { backfillHours: 1, workspace: { id: '/w' } } as Settings;
  const made = await createConnector(store.pool, { tenantId: 't', name: 'one', domain: 'o.okta.com', settings }, now);
  assert.ok(made);
  await store.pool.query(
    `update connectors set due_at = $1, status = status || jsonb_build_object('lastPollAt', $2::bigint, 'firstSeenAt', 1),
            observation = jsonb_build_object('triedAt', $3::bigint),
            provisioning = provisioning || jsonb_build_object('finishedAt', 1, 'version', $4::int, 'tableAt', 1,
              'errorLog', jsonb_build_object('dueAt', $3::bigint))`,
    [new Date(now + hourMs), now, now + hourMs, deployed.version],
  );
  const { rows } = await store.pool.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'connectors'::regclass and attnum > 0
        and not attisdropped and attgenerated = '' and attname not in ('id', 'name', 'settings')`,
  );
  const others = rows.map(({ name }) => name).join(', ');
  await store.pool.query(
    `insert into connectors (id, name, settings, ${others})
     select gen_random_uuid(), 'copy ' || n, jsonb_set(settings, '{workspace,id}', to_jsonb('/w/' || n / 100)), ${others}
       from connectors, generate_series(2, $1) as n`,
    [count],
  );
  await store.pool.query(
    'insert into checkpoints (connector_id, since) select id, now() from connectors on conflict do nothing',
  );
  await store.pool.query('analyze');
}

type Plan = { 'Relation Name'?: string; Plans?: Plan[] } & Record<'Actual Rows' | 'Actual Loops', number>;

/** How many rows of connectors the statement that `ask` sends looks at, planned as for the thousandth time. */
async function looksAt(ask: (db: Queryable) => Promise<unknown>): Promise<number> {
  let asked = { text: '', values: [] as unknown[] };
  const db = {
    query: (query: typeof asked) => {
      asked = query;
      return store.pool.query(query);
    },
  };
  await ask(db as unknown as Queryable);
  const client = await store.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local plan_cache_mode = force_generic_plan');
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
      text: `explain (analyze, format json) ${asked.text}`,
      values: asked.values,
    });
    return rowsOf((rows[0] as (typeof rows)[0])['QUERY PLAN'][0].Plan);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

function rowsOf(plan: Plan): number {
  const removed = (plan as Record<string, unknown>)['Rows Removed by Filter'] ?? 0;
  const own =
    plan['Relation Name'] === 'connectors' ? (plan['Actual Rows'] + Number(removed)) * plan['Actual Loops'] : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), own);
}

test('while nothing is due, a look for work reads next to no connector, however many there are', async () => {
  const { leases } = store;
  for (const job of jobs) {
    const rows = await looksAt((db) => takeDue(db, leases, { free: [{ job, most: 5 }], now }));
    assert.ok(rows <= 30, `${job.kind}: ${rows}`);
  }
  assert.ok((await looksAt((db) => takeDuePolls(db, leases, { most: 100, now }))) <= 5);
});

test('an instance takes polls as before while a newer version widens the tables', async () => {
  const { pool, leases } = store;
  const client = await pool.connect();
  const due = (limit: number) =>
    client.query('update connectors set due_at = $1 where id in (select id from connectors order by id limit $2)', [
      new Date(now - 60_000),
      limit,
    ]);
  const take = async () => {
    const taken = await takeDuePolls(client, leases, { most: 1, now });
    for (const { connector } of taken) await leases.release(`connector:${connector.id}`);
    return taken.map(({ connector: { desired, domain }, checkpoint: { nextUrl } }) => ({ desired, domain, nextUrl }));
  };
  try {
    await due(3);
    const before = await take();
    assert.deepEqual(before, [{ desired: 'run', domain: 'o.okta.com', nextUrl: null }]);
    await pool.query('alter table checkpoints add column of_tomorrow int');
    await pool.query('alter table connectors add column of_tomorrow int');
    assert.deepEqual(await take(), before);
  } finally {
    client.release();
  }
});

test('a connection plans a look for work once, however often it looks', async () => {
  const client = await store.looks.connect();
  try {
    const free = jobs.map((job) => ({ job, most: 5 }));
    for (let look = 0; look < 8; look++) {
      await takeDue(client, store.leases, { free, now: now + look });
      await takeDuePolls(client, store.leases, { most: 100, now: now + look });
    }
    const { rows } = await client.query(
      'select custom_plans, generic_plans from pg_prepared_statements where generic_plans + custom_plans > 1',
    );
    assert.deepEqual(rows, Array(2).fill({ custom_plans: 0, generic_plans: 8 }));
  } finally {
    client.release();
  }
});
