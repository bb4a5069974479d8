import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrivals, noArrivals } from '../../ingestion/connector/arrivals.ts';
import { emptyBaseline, eventsIn } from '../../ingestion/connector/baseline.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';
import { arrive, isNewHour, silenceOf, turnHour } from '../../ingestion/judgement/arrivals.ts';
import { hour, minute, now, pollResult, usually } from './record.ts';

const failure = { reason: 'okta-unreachable', evidence: {}, since: now } as const;

/** After polls each minute that bring as many events as `served` says. */
function after(before: Arrivals, served: number[], given: Partial<PollResult> = {}): Arrivals {
  return served.reduce(
    (arrivals, each) =>
      arrive(
        arrivals,
        { poll: pollResult({ caughtUp: true, served: each, ...given }), alerted: false },
        arrivals.lookedAt + minute,
      ),
    before,
  );
}

const times = (count: number, served: number) => Array<number>(count).fill(served);

test('a silence is counted in events that are usual, from the last poll with events to the last without', () => {
  const calm = usually(60, now);
  assert.equal(silenceOf(after(calm, times(10, 0))), 10);
  assert.equal(silenceOf(after(usually(600, now), times(10, 0))), 100);
  assert.equal(silenceOf(after(calm, [...times(10, 0), 1])), 0, 'over with the first event');
  assert.equal(silenceOf(after(calm, times(10, 1))), 0, 'the pace of the polls is no silence');
  assert.equal(after(calm, [...times(10, 0), 1, 0, 0, 1]).extremes.silence, 10, 'the longest of the day');
});

test('on a day on which little comes, silence means as much less', () => {
  const holiday = after(usually(600, now), times(60, 1));
  const silent = silenceOf(after(holiday, times(10, 0)));
  assert.ok(silent > 5 && silent < 25, `${silent} of 100`);
});

test('what a failure explains is no silence, and teaches nothing; what was told of goes on', () => {
  const silent = after(usually(60, now), times(5, 0));
  const failed = after(silent, [0], { failure, caughtUp: false });
  assert.deepEqual([silenceOf(failed), failed.spoiled, failed.extremes.silence], [0, true, 0]);
  const poll = pollResult({ failure, caughtUp: false });
  const told = arrive(silent, { poll, alerted: true }, silent.lookedAt + minute);
  assert.deepEqual([silenceOf(told), told.lastAt], [5, now]);
  const back = arrive(told, { poll: pollResult({ served: 3, caughtUp: true }), alerted: true }, told.lookedAt + minute);
  assert.deepEqual([silenceOf(back), back.extremes.silence, back.spoiled], [0, 0, true]);
});

test('an hour is learned when it was looked at to its end, without a failure, a backlog or an alert', () => {
  const began = now - 59 * minute;
  const whole = usually(60, began, { hour: now / hour - 1 });
  const learnedOf = (arrivals: Arrivals, at = now + minute) =>
    eventsIn(turnHour(arrivals, emptyBaseline(), at).baseline, now / hour - 1);
  assert.equal(learnedOf(after(whole, times(59, 2))), 118);
  assert.equal(learnedOf(after(whole, times(30, 2))), null, 'nobody looked for half of it');
  assert.equal(learnedOf(after(whole, times(59, 2), { caughtUp: false })), null, 'a backlog');
  assert.equal(
    learnedOf(after(after(whole, times(30, 2)), times(29, 0), { failure, caughtUp: false })),
    null,
    'a failure',
  );
  assert.ok(isNewHour(whole, now) && !isNewHour(whole, now - 1));
  const first = turnHour(noArrivals, emptyBaseline(), now);
  assert.deepEqual([first.baseline, first.arrivals.spoiled], [emptyBaseline(), true], 'the first hour is no whole one');
  const lived = after(whole, times(59, 2));
  assert.equal(turnHour(lived, emptyBaseline(), now).arrivals.spoiled, false);
  const broken = after(lived, [0], { failure, caughtUp: false });
  assert.equal(turnHour(broken, emptyBaseline(), now).arrivals.spoiled, true, 'what it held up comes at once');
  assert.equal(turnHour(lived, emptyBaseline(), now + hour).arrivals.spoiled, true, 'an hour was left out');
});

test('a silence that was told of is over when half of what is usual comes again, not with a few events', () => {
  const silent = after(usually(600, now), times(20, 0));
  const told = (served: number[]) =>
    served.reduce(
      (arrivals, each) =>
        arrive(
          arrivals,
          { poll: pollResult({ caughtUp: true, served: each }), alerted: true },
          arrivals.lookedAt + minute,
        ),
      silent,
    );
  for (const few of [[1], [6], [2, 2, 2], [1, 0, 3]]) assert.ok(silenceOf(told(few)) >= 200, `${few}`);
  for (const enough of [[10], [6, 6], [1, 12], [0, 11]]) assert.equal(silenceOf(told(enough)), 0, `${enough}`);
});

test('a day ends at midnight in UTC with its extremes', () => {
  const midnight = Date.UTC(2026, 10, 25);
  const extremes = { silence: 7, fall: 0.5, rise: null };
  const late = usually(60, midnight - minute, { extremes });
  const turned = turnHour(late, emptyBaseline(), midnight);
  assert.deepEqual([turned.baseline.silences, turned.baseline.falls, turned.baseline.rises], [[7], [0.5], []]);
  assert.deepEqual(turned.arrivals.extremes, { silence: 0, fall: null, rise: null });
  const noon = turnHour(usually(60, now - minute, { extremes }), emptyBaseline(), now);
  assert.deepEqual([noon.baseline.silences, noon.arrivals.extremes], [[], extremes]);
});

test('a drop is told from the hours before it, and is over when most of it comes again', () => {
  const steady = after(usually(600, now), times(4 * 60, 10));
  assert.equal(steady.shift, null);
  const begins = steady.lookedAt;
  const dropped = after(steady, times(75, 1));
  assert.equal(dropped.shift?.kind, 'drop');
  assert.ok(Math.abs((dropped.shift?.since ?? 0) - begins) <= 15 * minute, 'it began an hour before it was told');
  assert.equal(after(dropped, times(3 * 60, 1)).shift?.kind, 'drop', 'and goes on though it becomes the hours before');
  assert.equal(after(dropped, times(90, 9)).shift, null);
  assert.equal(after(dropped, times(24 * 60, 1)).shift, null, 'after a day it is usual');
  assert.equal(after(steady, times(75, 4)).shift, null, 'less than half may be chance');
  assert.equal(after(steady, times(75, 60)).shift?.kind, 'surge');
});

test('a holiday, on which little comes from the morning on, is no drop, nor is the end of a burst', () => {
  const holiday = after(usually(600, now), times(6 * 60, 1));
  assert.equal(holiday.shift, null);
  const burst = after(after(usually(600, now), times(3 * 60, 10)), times(20, 300));
  assert.notEqual(after(burst, times(3 * 60, 9)).shift?.kind, 'drop');
});
