import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { packError, unpackError } from '../../ingestion/errors.ts';
import { SecondTries } from '../../ingestion/jobs/second-tries.ts';
import { isStoreAway } from '../../ingestion/store/database.ts';
import { openTestStore } from '../scene/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
before(async () => {
  store = await openTestStore();
});
after(() => store.close());

/** What is thrown by a statement on a connection of its own, which is cut while it waits. */
async function cut(): Promise<unknown> {
  const client = await store.pool.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waiting = client.query('select pg_sleep(60)').catch((error: unknown) => error);
  await store.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  const error = await waiting;
  client.release(true);
  return error;
}

test('a connection that is cut is the store being away, also to who ordered the work from another thread; a bug is none', async () => {
  const thrown = await cut();
  const crossed = unpackError(structuredClone(packError(thrown)));
  const bug = await store.pool.query('select from nothing').catch((error: unknown) => error);
  assert.deepEqual([thrown, crossed, bug, new TypeError('x is not a function'), 'no error'].map(isStoreAway), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('what a stopped instance holds is free again before those who wait for it give up', async () => {
  const ms = async (name: string) => {
    const { rows } = await store.pool.query<{ ms: number }>(
      `select (extract(epoch from current_setting('${name}')::interval) * 1000)::int as ms`,
    );
    return rows[0]?.ms ?? 0;
  };
  const [idle, statement] = [await ms('idle_in_transaction_session_timeout'), await ms('statement_timeout')];
  assert.ok(idle > 0 && idle < statement, `${idle} and ${statement}`);
});

test('whoever was cut off tries again at once five times a minute, each piece of work by itself', () => {
  let now = 0;
  const tries = new SecondTries({ now: () => now });
  const may = (work: string, times: number) => Array.from({ length: times }, () => tries.may(work));
  assert.deepEqual(may('poll a', 7), [true, true, true, true, true, false, false]);
  assert.deepEqual(may('poll b', 1), [true]);
  now = 59_999;
  assert.deepEqual(may('poll a', 1), [false]);
  now = 60_000;
  assert.deepEqual(may('poll a', 6), [true, true, true, true, true, false]);
});
