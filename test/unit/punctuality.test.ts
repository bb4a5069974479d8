import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Punctuality } from '../bench/scale/punctuality.ts';

const intervalMs = 60_000;
const begun = 1_000_000;

test('a poll is late by what lies beyond an interval after the last one, less what that one was kept waiting', () => {
  const punctuality = new Punctuality({ orgs: 2, intervalMs });
  punctuality.polled(0, begun - 50_000);
  assert.equal(punctuality.figures(begun).unpolled, 1);
  punctuality.begin(begun + 3_000);
  punctuality.polled(0, begun + 11_000);
  punctuality.kept(0, 400);
  punctuality.polled(1, begun + 9_000);
  punctuality.polled(0, begun + 11_000 + intervalMs + 400 + 4_999);
  const { polls, missing, onTime, latenessMsP99 } = punctuality.figures(begun + 2 * intervalMs);
  assert.deepEqual({ polls, missing, latenessMsP99 }, { polls: 3, missing: 1, latenessMsP99: 51_000 });
  assert.equal(onTime, 2 / 4, 'one came a little too late, one not at all');
});
