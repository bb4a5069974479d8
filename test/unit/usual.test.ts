import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Baseline, emptyBaseline, eventsIn, withDay, withHour } from '../../ingestion/connector/baseline.ts';
import { limitsOf } from '../../ingestion/judgement/limits.ts';
import { usualRate } from '../../ingestion/judgement/usual.ts';

/** The hour since the epoch in which a Monday begins. */
const monday = Date.UTC(2026, 8, 7) / 3_600_000;
const isOffice = (hour: number) => hour % 24 >= 8 && hour % 24 < 18 && Math.floor((hour - monday) / 24) % 7 < 5;

/** So many days in which each hour has as many events as `events` says. */
function learned(days: number, events: (hour: number) => number | null): Baseline {
  let baseline = emptyBaseline();
  for (let hour = monday; hour < monday + days * 24; hour++) baseline = withHour(baseline, hour, events(hour));
  return baseline;
}

test('six weeks of hours are remembered, and none that was not seen', () => {
  const baseline = learned(60, (hour) => hour - monday);
  assert.equal(eventsIn(baseline, monday + 60 * 24 - 1), 60 * 24 - 1);
  assert.equal(eventsIn(baseline, monday + 60 * 24), null);
  assert.equal(eventsIn(baseline, monday + 18 * 24), 18 * 24);
  assert.equal(eventsIn(baseline, monday + 18 * 24 - 1), null);
  const gap = withHour(
    learned(2, () => 5),
    monday + 100,
    7,
  );
  assert.deepEqual([eventsIn(gap, monday + 47), eventsIn(gap, monday + 50), eventsIn(gap, monday + 100)], [5, null, 7]);
  assert.equal(withHour(gap, monday + 99, 1), gap, 'what is past is not told anew');
  assert.equal(eventsIn(withHour(gap, monday + 101, null), monday + 101), null);
});

test('what is usual follows the hours of the week, whatever a holiday, an outage or a burst among them says', () => {
  const busy = (hour: number) => (isOffice(hour) ? 1_000 : 50);
  const odd = new Map<number, number | null>();
  for (let hour = 0; hour < 24; hour++) odd.set(monday + 14 * 24 + hour, 60).set(monday + 22 * 24 + hour, 0);
  for (let hour = 9; hour < 12; hour++) odd.set(monday + 7 * 24 + hour, 90_000).set(monday + 28 * 24 + hour, null);
  const baseline = learned(42, (hour) => (odd.has(hour) ? (odd.get(hour) ?? null) : busy(hour)));
  for (const day of [0, 1, 4, 5, 6])
    for (const hour of [3, 8, 10, 17, 20]) {
      const at = monday + 42 * 24 + day * 24 + hour;
      assert.equal(usualRate(baseline, at), busy(at), `day ${day}, hour ${hour}`);
    }
});

test('an org with a few events a day has a rate for each hour, and none by night or on days off', () => {
  const few = (hour: number) => (isOffice(hour) && hour % 2 === 0 ? 4 : 0);
  const baseline = learned(42, few);
  const at = (day: number, hour: number) => usualRate(baseline, monday + (42 + day) * 24 + hour);
  for (const hour of [10, 11, 14, 15]) assert.ok(at(0, hour) > 1 && at(0, hour) <= 4, `${at(0, hour)} at ${hour}`);
  for (const hour of [0, 3, 22]) assert.ok(at(0, hour) < 0.5, `${at(0, hour)} at ${hour}`);
  assert.ok(at(5, 12) < 0.1, 'Saturday');
});

test('in the first week half of the least that the days before had is expected, and nothing of a first weekend', () => {
  const busy = (hour: number) => (isOffice(hour) ? 1_000 : 50);
  assert.equal(usualRate(learned(1, busy), monday + 24 + 12), 500);
  assert.equal(usualRate(learned(2, busy), monday + 48 + 8), 25, 'the hour before was calm');
  assert.equal(usualRate(learned(4, busy), monday + 4 * 24 + 12), 0, 'by Friday noon it is Saturday somewhere');
  assert.equal(usualRate(learned(5, busy), monday + 5 * 24 + 12), 0, 'Saturday');
  assert.equal(usualRate(learned(6, busy), monday + 6 * 24 + 12), 0, 'Sunday');
  assert.equal(usualRate(learned(7, busy), monday + 7 * 24 + 12), 700, 'one week of an hour may be odd');
  assert.equal(usualRate(learned(21, busy), monday + 21 * 24 + 12), 1_000);
  assert.equal(usualRate(emptyBaseline(), monday + 12), 0);
});

test('the limits follow the extremes of the days, and an outage or two among them moves nothing', () => {
  const days = (silences: number[], falls: number[] = []): Baseline => {
    let baseline = learned(42, () => 10);
    for (const [day, silence] of silences.entries())
      baseline = withDay(baseline, { silence, fall: falls[day] ?? null, rise: null });
    return baseline;
  };
  const steady = Array.from({ length: 42 }, (_, day) => 6 + Math.sin(day));
  const limit = (silences: number[]) => limitsOf(days(silences)).silence ?? 0;
  assert.ok(limit(steady) > 12 && limit(steady) < 16, `${limit(steady)}`);
  const outages = steady.map((silence, day) => (day % 15 === 7 ? 400 : silence));
  assert.ok(Math.abs(limit(outages) - limit(steady)) < 1, `${limit(outages)}`);
  assert.ok(limit(steady.map((silence) => silence * 3)) > 2 * limit(steady), 'who is often silent is given more time');
  assert.equal(limit([0, 0, 0]), 30, 'of few days nobody knows how they spread');
  assert.ok(limit([0, 0, 0, 0, 0]) >= 9.21);
  assert.deepEqual(limitsOf(learned(0, () => 1)), { silence: null, fall: null, rise: null });
  const falls = limitsOf(
    days(
      steady,
      steady.map(() => 0.3),
    ),
  );
  assert.ok((falls.fall ?? 0) >= Math.log(2.5) && falls.rise === null);
});
