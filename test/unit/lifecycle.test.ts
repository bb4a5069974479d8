import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connector, ConnectorStatus, Health, Verdict } from '../../ingestion/connector/connector.ts';
import { rested, resumed } from '../../ingestion/connector/lifecycle.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';
import { next } from '../../ingestion/judgement/next.ts';
import { type Given, hour, look, minute, now, pollResult, record, usually } from './record.ts';

const quiet = { reason: 'source-quiet', health: 'warning', since: now - hour, evidence: {} } as const;
const failure = { reason: 'okta-unreachable', evidence: {}, since: now } as const;
const limited = { reason: 'rate-limited', evidence: {}, since: now } as const;

function after(given: Given, poll: Partial<PollResult> = {}, health: Health = 'ok', at = now): ConnectorStatus {
  return next(record(given), { poll: pollResult(poll), verdict: { health, problem: null, failing: null } }, at);
}

test('a connector is in Error when the verdict is, else Connected once rows have been seen, else Pending', () => {
  const unseen = { status: { firstSeenAt: null }, observation: null } satisfies Given;
  const rows: [Given, Health, Connector['status']['state']][] = [
    [{}, 'ok', 'connected'],
    [{}, 'warning', 'connected'],
    [{}, 'error', 'error'],
    [unseen, 'ok', 'pending'],
    [unseen, 'warning', 'pending'],
    [unseen, 'error', 'error'],
    [{ status: { firstSeenAt: null } }, 'ok', 'connected'],
    [{ observation: null }, 'ok', 'connected'],
  ];
  for (const [given, health, state] of rows) {
    assert.equal(after(given, {}, health).state, state, `${JSON.stringify(given)} ${health}`);
  }
});

test('the verdict is kept as it is', () => {
  const failing = { reason: 'okta-unreachable', since: now - hour, polls: 4 } as const;
  const verdict: Verdict = { health: 'warning', problem: quiet, failing };
  const { health, problem, failing: kept } = next(record(), { poll: pollResult(), verdict }, now);
  assert.deepEqual({ health, problem, failing: kept }, verdict);
});

test('when things last happened is what this poll says, or what was known before', () => {
  const before = {
    lastFailedAt: 1,
    caughtUpAt: 2,
    firstSeenAt: 3,
    lastPollAt: 4,
    lastEventAt: 5,
    lastRefusedAt: 6,
    lastCutAt: 7,
    lastReread: { at: 8, from: 9 },
    behindMs: 10,
    catchUpMs: 11,
  };
  const kept = { ...before, lastPollAt: now, behindMs: 0, catchUpMs: null };
  const rows: [Partial<PollResult>, Partial<ConnectorStatus>][] = [
    [{ caughtUp: false, newest: null }, {}],
    [{ caughtUp: true, newest: null }, { caughtUpAt: now }],
    [{ caughtUp: false, newest: 77 }, { lastEventAt: 77 }],
    [{ caughtUp: false, newest: 0 }, { lastEventAt: 0 }],
    [{ caughtUp: false, newest: null, failure }, { lastFailedAt: now }],
    [{ caughtUp: false, newest: null, failure: limited }, {}],
    [{ caughtUp: false, newest: null, refused: 1 }, { lastRefusedAt: now }],
    [{ caughtUp: false, newest: null, cut: 1 }, { lastCutAt: now }],
    [{ caughtUp: false, newest: null, rereadFrom: 0 }, { lastReread: { at: now, from: 0 } }],
    [{ caughtUp: false, newest: null, rereadFrom: 55 }, { lastReread: { at: now, from: 55 } }],
    [
      { caughtUp: false, newest: null, behindMs: 500, catchUpMs: 600 },
      { behindMs: 500, catchUpMs: 600 },
    ],
  ];
  for (const [poll, changed] of rows) {
    const status = after({ status: before }, poll);
    const { arrivals, lag } = status;
    assert.deepEqual({ ...record().status, ...kept, ...changed, arrivals, lag }, status);
  }
});

test('rows are first seen when a look has found them, and that is not forgotten', () => {
  const at = now - minute;
  const seen = (firstSeenAt: number | null, rows: number) =>
    after({ status: { firstSeenAt }, observation: look(at, at, rows) }).firstSeenAt;
  assert.deepEqual([seen(null, 5), seen(null, 0), seen(7, 5), seen(7, 0)], [at, null, 7, 7]);
});

test('an upload waits to be seen from the first that no look has confirmed, by the start of its poll', () => {
  const started = now - 1_000;
  const waited = now - 10 * minute;
  const slack = 2 * minute;
  const rows: [unseenSince: number | null, newestArrival: number | null, accepted: number, expected: number | null][] =
    [
      [null, now, 0, null],
      [null, null, 1, started],
      [waited, waited, 0, null],
      [waited, waited, 1, started],
      [waited, waited - slack, 0, null],
      [waited, waited - slack - 1, 0, waited],
      [waited, waited - slack - 1, 1, waited],
      [waited, null, 1, waited],
    ];
  for (const [unseenSince, arrival, accepted, expected] of rows) {
    const given = { status: { unseenSince }, observation: look(now, arrival) };
    const message = JSON.stringify([unseenSince, arrival, accepted]);
    assert.equal(after(given, { accepted }).unseenSince, expected, message);
  }
  assert.equal(after({ status: { unseenSince: waited }, observation: null }, { accepted: 1 }).unseenSince, waited);
});

test('a rest forgets what was wrong and awaited, and its silence teaches nothing', () => {
  const arrivals = usually(60, 7, { missed: 5, quarters: [[1, 2]] });
  const failing = { reason: 'okta-unreachable', since: 1, polls: 4 } as const;
  const bad = { state: 'error', health: 'error', problem: quiet, failing, unseenSince: 5, arrivals } as const;
  const before = record({ status: bad }).status;
  const calm = { state: 'connected', health: 'ok', problem: null, failing: null, unseenSince: null } as const;
  assert.deepEqual(rested(before), { ...before, ...calm });
  assert.deepEqual(resumed(before, now), {
    ...before,
    ...calm,
    arrivals: { ...arrivals, lastAt: now, lookedAt: now, missed: 0, spoiled: true, quarters: [] },
  });
  const unseen = record({
    status: { ...bad, firstSeenAt: null, arrivals: { ...arrivals, lastAt: null } },
  }).status;
  assert.equal(rested(unseen).state, 'pending');
  assert.equal(resumed(unseen, now).arrivals.lastAt, null);
});
