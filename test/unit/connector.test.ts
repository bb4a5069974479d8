import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSeen, goneOf, isLake, seenSince, stateOf, unseen } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import { type Given, look, minute, now, pollResult, record } from './record.ts';

const lake = { plan: 'Auxiliary', retentionDays: 0, totalRetentionDays: 365 } as const;
const analytics = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 } as const;
const stopped = { problem: { reason: 'azure-forbidden', evidence: {} } } as const;

test('people see that a connector goes or rests before that it could not be built, and that before how it stands', () => {
  const rows: [Given, string][] = [
    [{}, 'connected'],
    [{ status: { state: 'pending' } }, 'pending'],
    [{ status: { state: 'error' } }, 'error'],
    [{ provisioning: stopped }, 'error'],
    [{ provisioning: stopped, status: { state: 'pending' } }, 'error'],
    [{ provisioning: stopped, desired: 'pause' }, 'paused'],
    [{ status: { state: 'error' }, desired: 'pause' }, 'paused'],
    [{ provisioning: stopped, desired: 'delete' }, 'deleting'],
    [{ desired: 'delete' }, 'deleting'],
  ];
  for (const [given, state] of rows) assert.equal(stateOf(record(given)), state, JSON.stringify(given));
});

test('what somebody deleted is known until the connector has been built anew after that was seen', () => {
  const gone = (at: number, finishedAt: number | null, reason: 'table-missing' | 'rule-missing' = 'table-missing') =>
    goneOf(record({ observation: { gone: { at, reason } }, provisioning: { finishedAt } }));
  assert.equal(gone(now, now - 1), 'table-missing');
  assert.equal(gone(now, now - 1, 'rule-missing'), 'rule-missing');
  assert.equal(gone(now, now), null);
  assert.equal(gone(now, now + 1), null);
  assert.equal(gone(1, null), 'table-missing');
  assert.equal(gone(0, null), null);
  assert.equal(goneOf(record()), null);
  assert.equal(goneOf(record({ observation: null })), null);
});

test('rows count as seen from two minutes before their arrival on, as clocks differ', () => {
  const rows: [newestArrival: number | null, seen: boolean][] = [
    [now, true],
    [now + 1, true],
    [now - 2 * minute, true],
    [now - 2 * minute - 1, false],
    [null, false],
  ];
  for (const [arrival, expected] of rows) {
    assert.equal(seenSince({ ...unseen, ...look(now, arrival) }, now), expected, String(arrival));
  }
  assert.equal(seenSince(null, now), false);
  assert.equal(seenSince(unseen, now), false);
});

test('the tier is that of the table as it is, and what was asked for only before there is one', () => {
  const isOf = (table: typeof lake | typeof analytics | null, asked: typeof lake | typeof analytics) =>
    isLake(record({ provisioning: { table }, settings: { table: asked } }));
  assert.deepEqual([isOf(null, lake), isOf(null, analytics)], [true, false]);
  assert.deepEqual([isOf(analytics, lake), isOf(lake, analytics)], [false, true]);
});

test('rows are first seen by a look that finds some, and in the lake by what Azure takes', () => {
  const at = now - minute;
  const seen = (observation: Given['observation'] | undefined, accepted = 0) =>
    firstSeen(record(observation === undefined ? {} : { observation }), pollResult({ accepted }), now);
  assert.equal(seen(look(at, at)), at);
  assert.equal(seen(look(at, at, 1)), at);
  assert.equal(seen(look(at, null, 0), 5), null);
  assert.equal(seen({ seen: null }, 5), null);
  assert.equal(seen(null, 5), null);
  const inLake = (accepted: number) =>
    firstSeen(record({ provisioning: { table: lake } }), pollResult({ accepted }), now);
  assert.deepEqual([inLake(0), inLake(1)], [null, now]);
});

test('a connector is born pending, well, and with nothing behind it', () => {
  const { desired, observation, provisioning, status } = newborn();
  const { state, health, arrivals, ...rest } = status;
  assert.deepEqual([desired, observation, state, health], ['run', null, 'pending', 'ok']);
  for (const [name, value] of Object.entries({ ...provisioning, ...rest })) {
    assert.ok(value === null || value === 0 || (Array.isArray(value) && !value.length), name);
  }
  const before = [rest.firstSeenAt, rest.unseenSince, provisioning.finishedAt, rest.caughtUpAt, arrivals.lastAt];
  assert.deepEqual(before, [null, null, null, null, null], 'never, and not at the beginning of time');
  assert.deepEqual(unseen, { triedAt: 0, seen: null, problem: null, there: null, gone: null });
});
