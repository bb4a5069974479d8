import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readTrend } from '../../ingestion/connector/trend.ts';
import { readBudget } from '../../ingestion/okta/rate-budget.ts';
import { openTestStore } from '../scene/store.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24, 12, 25);
const full = Date.UTC(2026, 10, 24, 12);
let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

/** A connector for which so many events were counted at these times, with a delay in the bin of so many. */
async function connector(...counts: [at: number, events: number, bin?: number][]): Promise<string> {
  const id = randomUUID();
  await store.pool.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status)
     values ($1, 't', $2, 'acme.okta.com', now(), now(), '{}', '{}', '{}')`,
    [id, id],
  );
  for (const [at, events, bin = 2] of counts) {
    const delays = Array.from({ length: 20 }, (_, index) => (index === bin ? events : 0));
    await store.pool.query('insert into statistics values ($1, $2, $3, 0, 0, 0, 0, 7, 0, $4)', [
      id,
      new Date(at),
      events,
      delays,
    ]);
  }
  return id;
}

test('the trend has the last 24 full hours, with what is usual by the median of the same hour of the days before', async () => {
  const last = full - hour;
  const id = await connector(
    [full, 999],
    [last, 10],
    [last + 5 * 60_000, 20, 6],
    [last - day, 100],
    [last - 2 * day, 300],
    [last - 3 * day, 200],
    [full - 26 * hour, 5_000],
    [full - 24 * hour, 1],
  );
  const { hours, repeated } = await readTrend(store.pool, { id, createdAt: last - 3 * day }, now);
  assert.equal(hours.length, 24);
  assert.deepEqual(hours.at(-1), { start: last, events: 30, usual: 200, p50Seconds: 64, p95Seconds: 64 });
  assert.deepEqual(hours[0], { start: full - day, events: 1, usual: null, p50Seconds: 4, p95Seconds: 4 });
  assert.deepEqual(hours[1], { start: full - day + hour, events: 0, usual: null, p50Seconds: null, p95Seconds: null });
  assert.equal(repeated, 21);
});

test('a young connector has no hours before it was made, and nothing is usual for it', async () => {
  const id = await connector([full - hour, 10]);
  const { hours } = await readTrend(store.pool, { id, createdAt: full - 2.5 * hour }, now);
  assert.deepEqual(
    hours.map(({ start, events, usual }) => [start, events, usual]),
    [
      [full - 2 * hour, 0, null],
      [full - hour, 10, null],
    ],
  );
});

test('an idle hour counts as none when there are days to compare with', async () => {
  const id = await connector([full - hour - day, 40]);
  const { hours } = await readTrend(store.pool, { id, createdAt: full - 10 * day }, now);
  assert.equal(hours.at(-1)?.usual, 0);
});

test('the budget of an org says what is taken in its window, and until when nothing is asked', async () => {
  const budget = (domain: string, ...[taken, most, endsAt, closedUntil]: (number | null)[]) =>
    store.pool.query('insert into budgets (domain, taken, most, ends_at, closed_until) values ($1, $2, $3, $4, $5)', [
      domain,
      taken,
      most,
      new Date(endsAt ?? 0),
      closedUntil ? new Date(closedUntil) : '-infinity',
    ]);
  await budget('busy', 12, 300, now + 1_000, null);
  await budget('idle', 12, 300, now - 1_000, now - 1_000);
  await budget('closed', 300, 300, now + 1_000, now + 9_000);
  await budget('new', 1, 1_000_000, now + 1_000, null);
  const rows = await Promise.all(
    ['busy', 'idle', 'closed', 'new', 'none'].map((name) => readBudget(store.pool, name, now)),
  );
  assert.deepEqual(rows, [
    { taken: 12, most: 300, closedUntil: null },
    { taken: 0, most: 300, closedUntil: null },
    { taken: 300, most: 300, closedUntil: now + 9_000 },
    { taken: 1, most: null, closedUntil: null },
    null,
  ]);
});
