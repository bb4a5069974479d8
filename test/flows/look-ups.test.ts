import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  countConnectors,
  findConnectors,
  isNameTaken,
  listNeighbours,
  listWorkspacesOf,
  listWorst,
} from '../../ingestion/connector/directory.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { openTestStore } from '../scene/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;

const many = 10_000;

/** Ten thousand connectors of one tenant on twenty workspaces: each hundredth has an error, each fiftieth a warning. */
async function seed(db: Queryable): Promise<void> {
  const { provisioning, status } = newborn();
  await db.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status)
     select gen_random_uuid(), 't', 'Org ' || lpad(n::text, 5, '0'), 'org-' || n || '.okta.com', now(), 'infinity',
            jsonb_build_object('workspace', jsonb_build_object('id', '/ws/' || n % 20, 'name', 'soc-' || n % 20)), $2,
            $3 || jsonb_build_object('health', case when n % 100 = 0 then 'error' when n % 100 = 50 then 'warning' else 'ok' end)
       from generate_series(1, $1::int) as n`,
    [many, provisioning, status],
  );
  await db.query(
    `insert into health_rules (id, workspace) select '/ws/' || n, jsonb_build_object('id', '/ws/' || n) from generate_series(0, 20) as n`,
  );
  await db.query('analyze connectors');
}

before(async () => {
  store = await openTestStore();
  await seed(store.pool);
});
after(() => store.close());

type Node = { 'Actual Rows': number; 'Actual Loops': number; 'Rows Removed by Filter'?: number; Plans?: Node[] };

/** A pool that counts how many rows its statements touched, by the store's own account of each. */
function counting(): { db: Queryable; touched(): number } {
  let rows = 0;
  const ofPlan = (node: Node): number =>
    node.Plans
      ? node.Plans.reduce((sum, plan) => sum + ofPlan(plan), 0)
      : (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  const query = async (text: string, values: unknown[]) => {
    const explained = await store.pool.query(`explain (analyze, format json) ${text}`, values);
    rows += ofPlan(explained.rows[0]['QUERY PLAN'][0].Plan);
    return store.pool.query(text, values);
  };
  return { db: { query } as unknown as Queryable, touched: () => rows };
}

const lookUps: [what: string, most: number, look: (db: Queryable) => Promise<unknown>, expected: unknown][] = [
  [
    'a name, in any case',
    1,
    async (db) => (await findConnectors(db, 't', { text: 'oRG 04711', most: 6 })).map(({ name }) => name),
    ['Org 04711'],
  ],
  [
    'an unambiguous beginning',
    1,
    async (db) => (await findConnectors(db, 't', { text: 'org 1', most: 6 })).map(({ name }) => name),
    ['Org 10000'],
  ],
  [
    'a beginning of many names',
    6,
    async (db) => (await findConnectors(db, 't', { text: 'Org 0', most: 6 })).map(({ name }) => name),
    ['Org 00001', 'Org 00002', 'Org 00003', 'Org 00004', 'Org 00005', 'Org 00006'],
  ],
  ['a name that is taken', 2, (db) => isNameTaken(db, 't', { name: 'ORG 00001', except: null }), true],
  ['a name that is not', 0, (db) => isNameTaken(db, 't', { name: 'Org', except: null }), false],
  [
    'the first page, worst first',
    5,
    async (db) => (await listWorst(db, { tenantId: 't', filter: '' }, { offset: 0, most: 5 })).map(({ name }) => name),
    ['Org 00100', 'Org 00200', 'Org 00300', 'Org 00400', 'Org 00500'],
  ],
  [
    'the second page of warnings',
    110,
    async (db) =>
      (await listWorst(db, { tenantId: 't', filter: '' }, { offset: 105, most: 2 })).map(({ name }) => name),
    ['Org 00550', 'Org 00650'],
  ],
  ['the workspaces', 80, async (db) => (await listWorkspacesOf(db, 't')).length, 20],
];

for (const [what, most, look, expected] of lookUps)
  test(`beside ${many} connectors, ${what}: no more than ${most} rows are touched`, async () => {
    const { db, touched } = counting();
    assert.deepEqual(await look(db), expected);
    assert.ok(touched() <= most, `${touched()} rows`);
  });

test('what is counted, filtered or like a name that nobody has comes from the store in a few rows', async () => {
  const part = { tenantId: 't', filter: '' };
  assert.deepEqual(await countConnectors(store.pool, part), { all: many, errors: 100, warnings: 100, paused: 0 });
  assert.deepEqual(await countConnectors(store.pool, { ...part, filter: 'SOC-7' }), {
    all: many / 20,
    errors: 0,
    warnings: 0,
    paused: 0,
  });
  const page = await listWorst(store.pool, { ...part, filter: 'soc-10' }, { offset: 0, most: 2 });
  assert.deepEqual(
    page.map(({ name }) => name),
    ['Org 00050', 'Org 00150'],
  );
  const near = await listNeighbours(store.pool, 't', { text: 'Orf 04711', most: 3 });
  assert.deepEqual(near.map(({ name }) => name).sort(), ['Org 00001', 'Org 00002', 'Org 00003']);
  assert.equal((await listNeighbours(store.pool, 't', { text: '4711', most: 3 })).length, 4);
});

test('names differ by more than the case of their letters, whatever the letters', async () => {
  const { db } = counting();
  await db.query(`update connectors set name = 'Über 1' where name = 'Org 00001'`, []);
  assert.equal(await isNameTaken(store.pool, 't', { name: 'ÜBER 1', except: null }), true);
  const [found] = await findConnectors(store.pool, 't', { text: 'über', most: 6 });
  assert.equal(found?.name, 'Über 1');
});
