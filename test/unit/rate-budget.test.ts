import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OrgBudget, readBudget } from '../../ingestion/okta/rate-budget.ts';
import { openTestStore } from '../scene/store.ts';

const start = Date.UTC(2026, 10, 24, 12);
const windowMs = 60_000;
let store: Awaited<ReturnType<typeof openTestStore>>;
let now = start;
let orgs = 0;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

/** An org that nobody has asked yet; each call of the returned function is one more connector of it. */
function org(share = 1): () => Promise<OrgBudget> {
  const domain = `org${orgs++}.okta.com`;
  return async () => new OrgBudget(store.pool, { domain, share, now: () => now });
}

/** Okta's answer that so many calls are allowed, and that nothing is short. */
const allows = (limit: number, resetMs = windowMs) => ({ limit, remaining: 1_000, resetMs });

/** How many calls are granted before the first is not, fifty at most; and how long that one is to wait. */
async function drain(budget: OrgBudget): Promise<[granted: number, waitMs: number]> {
  for (let granted = 0; granted < 50; granted++) {
    const wait = await budget.take();
    if (wait > 0) return [granted, wait];
  }
  return [50, 0];
}

async function told(budget: OrgBudget, said: Parameters<OrgBudget['learn']>[0]): Promise<OrgBudget> {
  budget.learn(said);
  await budget.tell();
  return budget;
}

test('as long as Okta has not said how much there is, every call is made', async () => {
  assert.deepEqual(await drain(await org()()), [50, 0]);
});

test('of what Okta allows in a window only our share is taken, and one call at least', async () => {
  const rows: [limit: number, share: number, granted: number][] = [
    [20, 0.5, 10],
    [20, 1, 20],
    [19, 0.5, 9],
    [3, 0.1, 1],
    [1, 1, 1],
  ];
  for (const [limit, share, granted] of rows) {
    const budget = await told(await org(share)(), allows(limit));
    assert.deepEqual(await drain(budget), [granted, windowMs], `${limit} by ${share}`);
  }
});

test('whoever finds nothing left waits for the end of the window, a second at least, and the next window begins anew', async () => {
  const budget = await told(await org()(), allows(4, 30_000));
  const began = now;
  assert.deepEqual(await drain(budget), [4, 30_000]);
  now = began + 29_500;
  assert.equal(await budget.take(), 1_000, 'half a second');
  now = began + 29_999;
  assert.equal(await budget.take(), 1_000);
  now = began + 30_000;
  assert.deepEqual(await drain(budget), [4, windowMs], 'the window that this call began is a minute long');
  now += windowMs - 1;
  assert.equal(await budget.take(), 1_000, 'a millisecond');
  now += 1;
  assert.deepEqual(await drain(budget), [4, windowMs]);
});

test('of how a budget stands, what was taken is told of the window that goes on, and of none that is over', async () => {
  const budget = await told(await org()(), allows(20));
  for (let calls = 0; calls < 3; calls++) assert.equal(await budget.take(), 0);
  const domain = `org${orgs - 1}.okta.com`;
  const { taken, most } = (await readBudget(store.pool, domain, now)) ?? {};
  assert.deepEqual([taken, most], [3, 20]);
  assert.equal((await readBudget(store.pool, domain, now + windowMs))?.taken, 0);
});

test('a window begins with its first call and not before', async () => {
  const budget = await told(await org()(), allows(4));
  await drain(budget);
  now += 10 * windowMs + 1_234;
  assert.equal(await budget.take(), 0);
  now += windowMs - 1_000;
  assert.deepEqual(await drain(budget), [3, 1_000]);
});

test('no answer makes a window longer than a minute, and one that is over when it is heard is no news', async () => {
  const long = await told(await org()(), allows(2, 3 * windowMs));
  assert.deepEqual(await drain(long), [2, windowMs]);
  const late = await org()();
  late.learn(allows(2, 10_000));
  now += 10_000;
  await late.tell();
  assert.deepEqual(await drain(late), [2, windowMs], 'the window begins with what is heard of the org first');
});

test('what one connector hears is so for all of its org, and for no other org', async () => {
  const connector = org();
  const [one, two] = [await connector(), await connector()];
  const stranger = await org()();
  await told(one, allows(6));
  assert.equal(await two.take(), 0);
  assert.deepEqual(await drain(one), [5, windowMs]);
  const third = await connector();
  assert.deepEqual(await drain(third), [0, windowMs], 'to open it once more begins nothing anew');
  assert.deepEqual(await drain(stranger), [50, 0]);
});

test('what was heard is told with the next call too, once', async () => {
  const connector = org();
  const [one, two] = [await connector(), await connector()];
  one.learn(allows(3));
  assert.equal(await one.take(), 0);
  await told(two, allows(8));
  await one.tell();
  assert.deepEqual(await drain(one), [7, windowMs]);
});

test('an answer without a limit says nothing', async () => {
  const budget = await told(await org()(), { limit: 0, remaining: 0, resetMs: windowMs });
  assert.deepEqual(await drain(budget), [50, 0]);
});

test('the last calls of a window are left to others', async () => {
  const rows: [remaining: number, waits: boolean][] = [
    [3, false],
    [2, true],
    [0, true],
  ];
  for (const [remaining, waits] of rows) {
    const budget = await told(await org()(), { limit: 20, remaining, resetMs: 20_000 });
    assert.equal(await budget.take(), waits ? 20_000 : 0, `${remaining} left`);
  }
  const large = await told(await org()(), { limit: 600, remaining: 60, resetMs: 20_000 });
  assert.equal(await large.take(), 20_000, 'a tenth');
});

test('when Okta has refused a call nobody of the org asks before the time it names, and a shorter one changes nothing', async () => {
  const connector = org();
  const [one, two] = [await connector(), await connector()];
  const began = now;
  await one.close(40_000);
  await two.close(10_000);
  assert.deepEqual([await one.take(), await two.take()], [40_000, 40_000]);
  now = began + 39_999;
  assert.equal(await two.take(), 1_000);
  now = began + 40_000;
  assert.equal(await two.take(), 0);
});

test('refused calls are not counted, and a closed window that is used up ends with the later of both', async () => {
  const budget = await told(await org()(), allows(4));
  await budget.close(5_000);
  for (let call = 0; call < 9; call++) assert.equal(await budget.take(), 5_000);
  now += 5_000;
  assert.deepEqual(await drain(budget), [4, windowMs - 5_000]);
  await budget.close(1_000);
  assert.equal(await budget.take(), windowMs - 5_000);
  await budget.close(2 * windowMs);
  assert.equal(await budget.take(), 2 * windowMs);
});

test('to tell takes no call, and begins no window', async () => {
  const budget = await org()();
  for (let call = 0; call < 5; call++) await told(budget, allows(3));
  assert.deepEqual(await drain(budget), [3, windowMs]);
  now += 2 * windowMs;
  await told(budget, allows(3, 0));
  assert.deepEqual(await drain(budget), [3, windowMs]);
});

test('a call waits for no disk, and whatever else its connection writes still does', async () => {
  await store.pool.query('set synchronous_commit to on');
  const budget = await org()();
  assert.equal(await budget.take(), 0);
  const { rows } = await store.pool.query('show synchronous_commit');
  assert.deepEqual(rows, [{ synchronous_commit: 'on' }]);
});

test('a budget that is gone from the store stops nobody', async () => {
  const budget = await org()();
  await store.pool.query('delete from budgets');
  assert.equal(await budget.take(), 0);
});
