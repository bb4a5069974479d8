import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Connector, Observation, SeenRows } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import { type Check, postponeCheck, recordCheck } from '../../ingestion/connector/observations.ts';
import { visibilityCheckJob } from '../../ingestion/jobs/visibility-check.ts';
import { openTestStore } from '../scene/store.ts';

const now = Date.UTC(2026, 10, 24, 12);
const second = 1000;
const minute = 60 * second;
let store: Awaited<ReturnType<typeof openTestStore>>;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

/** What of a stored connector matters here; the next poll is due in a minute. */
type Given = { status?: Partial<Connector['status']>; observation?: Partial<Observation> | null };

async function connector({ status = {}, observation = {} }: Given): Promise<string> {
  const id = randomUUID();
  const born = newborn();
  const blank = { triedAt: 0, seen: null, problem: null, there: null, gone: null };
  await store.pool.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status, observation)
     values ($1, 't', $2, 'acme.okta.com', to_timestamp(0), $3, $4, $5, $6, $7)`,
    [
      id,
      id,
      new Date(now + minute),
      { workspace: { id: `/ws/${id}` }, backfillHours: 1 },
      { ...born.provisioning, finishedAt: now - 60 * minute },
      { ...born.status, lastPollAt: now - minute, ...status },
      observation && { ...blank, ...observation },
    ],
  );
  return id;
}

async function isLookedAt(given: Given): Promise<boolean> {
  const id = await connector(given);
  const values: unknown[] = [];
  const text = visibilityCheckJob.due(now, (value) => `$${values.push(value)}`);
  const { rows } = await store.pool.query<{ key: string }>(text, values);
  await store.pool.query('delete from connectors');
  return rows.some(({ key }) => key === `/ws/${id}`);
}

test('before the first rows it is looked 10 s after the first upload, and then each time after twice the time, up to five minutes', async () => {
  /** Seconds since the upload at which it was looked last, and since which it is due again. */
  const rows: [lookedAt: number, dueAt: number][] = [
    [-3, 10],
    [0, 10],
    [1, 10],
    [10, 20],
    [21, 42],
    [80, 160],
    [160, 320],
    [320, 620],
    [4_000, 4_300],
  ];
  for (const [lookedAt, dueAt] of rows) {
    const after = (seconds: number) => {
      const unseenSince = now - seconds * second;
      return isLookedAt({ status: { unseenSince }, observation: { triedAt: unseenSince + lookedAt * second } });
    };
    assert.equal(await after(dueAt - 1), false, `${lookedAt} s: not yet`);
    assert.equal(await after(dueAt), true, `${lookedAt} s`);
  }
});

test('who never looked looks at once; who waits for nothing, has seen rows or rests after a bug does not look before the usual time', async () => {
  const unseenSince = now - 40 * second;
  const triedAt = now - 30 * second;
  assert.equal(await isLookedAt({ status: { unseenSince }, observation: null }), true);
  assert.equal(await isLookedAt({ status: { unseenSince }, observation: { triedAt } }), true);
  assert.equal(await isLookedAt({ status: { unseenSince: null }, observation: { triedAt } }), false);
  assert.equal(await isLookedAt({ status: { unseenSince, firstSeenAt: 1 }, observation: { triedAt } }), false);
  assert.equal(await isLookedAt({ status: { unseenSince }, observation: { triedAt, restsUntil: now + 1 } }), false);
  assert.equal(await isLookedAt({ status: { unseenSince }, observation: { triedAt, restsUntil: now } }), true);
});

const check = (given: Partial<Check>): Check => ({
  at: now,
  since: now,
  rows: null,
  problem: null,
  gone: null,
  ...given,
});
const rowsAt = (newestArrival: number | null, rows = 5): SeenRows => ({
  rows,
  newestEvent: newestArrival,
  newestArrival,
});

test('the first rows let the connector be polled at once, later ones do not', async () => {
  const dueAfter = async (given: Given, rows: SeenRows | null) => {
    const id = await connector(given);
    await recordCheck(store.pool, id, check({ rows }));
    const found = await store.pool.query<{ due_at: Date }>('select due_at from connectors where id = $1', [id]);
    return Number(found.rows[0]?.due_at) - now;
  };
  assert.equal(await dueAfter({}, rowsAt(now)), 0);
  assert.equal(await dueAfter({}, rowsAt(null, 0)), minute);
  assert.equal(await dueAfter({}, null), minute);
  assert.equal(await dueAfter({ status: { firstSeenAt: now - minute } }, rowsAt(now)), minute);
  assert.equal(await dueAfter({ observation: { seen: { at: now - minute, ...rowsAt(now) } } }, rowsAt(now)), minute);
});

test('a part of an answer adds what it shows, and says nothing of what it leaves out', async () => {
  const problem = { reason: 'azure-unreachable' as const, evidence: { code: 'PartialError' } };
  const before = { at: now - 5 * minute, ...rowsAt(now - 6 * minute) };
  const known = async (unseenSince: number | null, given: Partial<Check>, seen: Observation['seen'] = before) => {
    const id = await connector({ status: { unseenSince }, observation: { triedAt: 1, seen } });
    await recordCheck(store.pool, id, check({ problem, ...given }));
    const found = await store.pool.query<{ observation: Observation }>(
      'select observation from connectors where id = $1',
      [id],
    );
    const { triedAt, ...rest } = found.rows[0]?.observation ?? assert.fail();
    assert.equal(triedAt, now);
    return { seen: rest.seen, problem: rest.problem };
  };
  const late = now - 20 * minute;
  assert.deepEqual(await known(late, { rows: null }), { seen: before, problem }, 'absent');
  assert.deepEqual(await known(late, { rows: null }, null), { seen: null, problem }, 'absent, and never seen');
  const shown = { at: now, ...rowsAt(now - minute) };
  assert.deepEqual(await known(late, { rows: rowsAt(now - minute) }), { seen: shown, problem: null }, 'shown');
  assert.deepEqual(
    await known(now - 1, { rows: rowsAt(now - 30 * minute, 2) }),
    { seen: before, problem },
    'older ones',
  );
  assert.deepEqual(
    await known(late, { rows: rowsAt(now - minute) }, null),
    { seen: shown, problem: null },
    'the first',
  );
  assert.deepEqual(await known(null, { rows: rowsAt(now - 30 * minute, 9) }), {
    seen: { ...before, at: now, rows: 9 },
    problem: null,
  });
  const whole = { at: now, ...rowsAt(now - 30 * minute, 2) };
  assert.deepEqual(await known(late, { rows: rowsAt(now - 30 * minute, 2), problem: null }), {
    seen: whole,
    problem: null,
  });
});

test('rows that come again end what was missing; what is missing of them then is told from about when it began, until Azure says no more of it', async () => {
  const failed = { reason: 'transform-failed' as const, evidence: {} };
  const some = (someSince: number) => ({ ...failed, someSince });
  const unseenSince = now - 10 * minute;
  const after = async (before: Observation['lost'], given: Partial<Check>) => {
    const id = await connector({ status: { unseenSince }, observation: { lost: before ?? null } });
    await recordCheck(store.pool, id, check(given));
    const found = await store.pool.query<{ observation: Observation }>(
      'select observation from connectors where id = $1',
      [id],
    );
    const { lost, cameAgainAt } = found.rows[0]?.observation ?? assert.fail();
    return cameAgainAt === undefined ? lost : [lost, cameAgainAt];
  };
  assert.deepEqual(await after(null, { rows: rowsAt(null, 0), lost: failed }), failed);
  assert.deepEqual(await after(failed, { rows: rowsAt(null, 0) }), failed, 'not looked for again');
  assert.deepEqual(await after(failed, { rows: null }), failed, 'no answer');
  assert.deepEqual(await after(failed, { rows: rowsAt(now) }), [null, now]);
  assert.deepEqual(await after(failed, { rows: rowsAt(now), lost: some(1) }), [null, now], 'that was of before');
  assert.deepEqual(await after(null, { rows: rowsAt(now), lost: some(2) }), some(2));
  assert.deepEqual(await after(some(1), { rows: rowsAt(now), lost: some(2) }), some(1));
  assert.deepEqual(await after(some(1), { rows: null }), some(1));
  assert.equal(await after(some(1), { rows: rowsAt(now) }), null);
  const nothing = { reason: 'not-visible' as const, evidence: {}, someSince: 2 };
  assert.equal(await after(null, { rows: rowsAt(now), lost: nothing }), null, 'no reason is known');
});

test('a connector whose row a stranger’s transaction holds keeps the others of its workspace from nothing for longer than a moment', async () => {
  const [one, other] = ['a', 'b'].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`) as [
    string,
    string,
  ];
  for (const id of [one, other]) {
    const made = await connector({});
    await store.pool.query(
      `update connectors set id = $2, settings = settings || '{"workspace": {"id": "/ws/shared"}}' where id = $1`,
      [made, id],
    );
  }
  const stranger = await store.pool.connect();
  try {
    await stranger.query('begin');
    await stranger.query('select from connectors where id = $1 for update', [other]);
    const postponed = postponeCheck(store.pool, '/ws/shared', { triedAt: now, until: now }).catch(
      ({ code }: { code: string }) => code,
    );
    // Once it waits, those before the held one are locked.
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await stranger.query(waits)).rowCount === 0) await stranger.query('select pg_stat_clear_snapshot()');
    await store.pool.query(
      `set lock_timeout = '6s'; update connectors set due_at = due_at where id = '${one}'; reset lock_timeout`,
    );
    assert.equal(await postponed, '55P03', 'it is tried again later');
  } finally {
    await stranger.query('rollback');
    stranger.release();
    await store.pool.query('delete from connectors');
  }
});
