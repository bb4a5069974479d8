import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probation } from '../../ingestion/connector/checkpoint.ts';
import {
  aloneAt,
  answered,
  lostAlone,
  lostWhole,
  refusedAll,
  wholeAt,
  withTurn,
} from '../../ingestion/sync/probation.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const evidence = {};

/** Tries that all have no answer, each as soon as it may be made, for so long: when each of the events was sent. */
function playLost(events: number, forMs: number): { tries: number[]; copies: number[][] } {
  const copies = Array.from({ length: events }, () => [0]);
  const tries = [0];
  let probation: Probation = lostWhole(null, { copies: 0, since: 0, now: 0, evidence });
  for (;;) {
    probation = withTurn(probation, events);
    const now = aloneAt(probation, 0);
    if (now > forMs) return { tries, copies };
    tries.push(now);
    copies[probation.alone]?.push(now);
    probation = lostAlone(probation, events, { now, evidence });
  }
}

/** The most that are in any stretch of so much time. */
const most = (times: number[], withinMs: number): number =>
  Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + withinMs).length));

test('while no answer comes, no event is sent oftener than three times in an hour and eight in a day, however few there are', () => {
  for (const events of [1, 2, 3, 7, 50, 1000]) {
    const { tries, copies } = playLost(events, 3 * day);
    for (const times of copies) {
      assert.ok(most(times, hour) <= 3, `${events} events: ${times}`);
      assert.ok(most(times, day) <= 8, `${events} events: ${times}`);
    }
    const gaps = tries.slice(1).map((time, index) => time - (tries[index] as number));
    const longest = Math.max(...gaps) / minute;
    assert.ok(events < 1000 || longest <= 5, `of many events there is always one to try: ${longest} minutes`);
    assert.ok(longest < 24 * 60, `${events} events: never given up, ${longest} minutes`);
  }
});

test('an answer that comes again is noticed as soon as the fault was short', () => {
  const { tries } = playLost(1, hour);
  assert.deepEqual(tries, [0, 1_000, 10 * minute, hour], 'one event alone: at once, after ten minutes, and so on');
  assert.deepEqual(playLost(1000, minute).tries, [0, 1_000, 3_000, 7_000, 15_000, 31_000]);
});

test('each of three losses of what is sent together is a copy more; one that was sent alone besides has its own bound', () => {
  let probation: Probation | null = lostWhole(null, { copies: 0, since: 0, now: 0, evidence });
  // Another chunk of the same moment is no second copy of this one.
  probation = lostWhole(probation, { copies: 0, since: 0, now: 5, evidence });
  assert.deepEqual(probation.copies, [5]);
  probation = answered(lostAlone(probation, 100, { now: 1_000, evidence })) as Probation;
  assert.deepEqual([probation.failures, probation.alone], [0, 1]);
  assert.deepEqual([wholeAt(probation, 1), wholeAt(probation, 2)], [0, 0]);
  // The others, without the one that was sent alone.
  probation = lostWhole(probation, { copies: 1, since: 2_000, now: 2_000, evidence });
  assert.deepEqual([probation.copies, probation.alone], [[5, 2_000], 0], 'each was sent twice now, that one too');
  assert.equal(wholeAt(probation, 2), 0, 'twice in vain: a third time is right');
  assert.equal(aloneAt(probation, 0), 5 + 10 * minute);
  const one = lostAlone(probation, 100, { now: 3_000, evidence });
  assert.equal(wholeAt(one, 3), 5 + hour, 'but not for what was sent alone once more');
  assert.equal(lostWhole(one, { copies: 3, since: 4_000, now: 4_000, evidence }).copies.length, 4);
  probation = lostWhole(probation, { copies: 2, since: 3_000, now: 3_000, evidence });
  assert.equal(wholeAt(probation, 3), 5 + hour);
  assert.equal(wholeAt(probation, 1), 0, 'what was sent in vain once need not wait for the others');
  assert.equal(aloneAt(probation, 0), 5 + hour);
  assert.equal(wholeAt(null, 0), 0);
});

test('while every event is refused, another one is tried each time, and nothing is waited for', () => {
  let probation = refusedAll(null, { since: 0, now: 0, evidence });
  const turns = [0, 1, 2, 3].map((now) => {
    probation = withTurn(probation, 3);
    const turn = probation.alone;
    assert.equal(aloneAt(probation), probation.at);
    probation = refusedAll(probation, { since: 0, now, evidence });
    return turn;
  });
  assert.deepEqual(turns, [0, 1, 2, 0]);
  assert.equal(answered(probation), null);
});
