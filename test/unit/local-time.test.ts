import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownIn } from '../../cards/kit/times.ts';
import { nextAt, quietUntil, timeFrom, zoneFrom } from '../../ingestion/runtime/local-time.ts';

test('a time of day is read as people write it', () => {
  for (const [text, time] of [
    ['8:00', '08:00'],
    ['08:00', '08:00'],
    ['8', '08:00'],
    ['0830', '08:30'],
    ['8.30', '08:30'],
    ['8 am', '08:00'],
    ['8:15pm', '20:15'],
    ['12am', '00:00'],
    ['12 p.m.', '12:00'],
    ['23:59', '23:59'],
    ['24:00', null],
    ['8:60', null],
    ['13pm', null],
    ['0am', null],
    ['soon', null],
    ['', null],
    ['off', null],
  ] as const)
    assert.equal(timeFrom(text), time, text);
});

test('a zone that nobody knows counts as UTC', () => {
  assert.equal(zoneFrom('Europe/Berlin'), 'Europe/Berlin');
  for (const name of ['Mars/Olympus', '', undefined, null, 5, {}]) assert.equal(zoneFrom(name), 'UTC');
});

test('the next time of day comes once a day by the clocks of the place, over both changes of them', () => {
  for (const [time, zone, after, next] of [
    ['08:00', 'UTC', '2026-03-02T07:59:59Z', '2026-03-02T08:00:00Z'],
    ['08:00', 'UTC', '2026-03-02T08:00:00Z', '2026-03-03T08:00:00Z'],
    ['08:00', 'Europe/Berlin', '2026-03-28T07:00:00Z', '2026-03-29T06:00:00Z'],
    ['08:00', 'Europe/Berlin', '2026-10-24T06:00:00Z', '2026-10-25T07:00:00Z'],
    // Left out by the change to summer time: an hour later by the clocks.
    ['02:30', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00Z'],
    ['02:30', 'Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
    // Shown twice in autumn: the first counts, and then the next day's.
    ['02:30', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
    ['02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    ['00:00', 'Pacific/Auckland', '2026-06-01T11:00:00Z', '2026-06-01T12:00:00Z'],
    ['23:45', 'Asia/Kathmandu', '2026-06-01T00:00:00Z', '2026-06-01T18:00:00Z'],
    ['08:00', 'Pacific/Kiritimati', '2026-06-01T00:00:00Z', '2026-06-01T18:00:00Z'],
  ] as const)
    assert.equal(
      new Date(nextAt({ time, zone }, Date.parse(after))).toISOString(),
      new Date(next).toISOString(),
      `${time} ${zone} after ${after}`,
    );
});

test('quiet hours end at their end, over midnight and over both changes of the clocks', () => {
  for (const [from, to, zone, now, until] of [
    ['22:00', '07:00', 'UTC', '2026-03-02T21:59:59Z', null],
    ['22:00', '07:00', 'UTC', '2026-03-02T22:00:00Z', '2026-03-03T07:00:00Z'],
    ['22:00', '07:00', 'UTC', '2026-03-03T06:59:59Z', '2026-03-03T07:00:00Z'],
    ['22:00', '07:00', 'UTC', '2026-03-03T07:00:00Z', null],
    ['12:00', '13:00', 'UTC', '2026-03-03T12:30:00Z', '2026-03-03T13:00:00Z'],
    ['22:00', '07:00', 'Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T05:00:00Z'],
    ['22:00', '07:00', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T06:00:00Z'],
    ['22:00', '07:00', 'Europe/Berlin', '2026-03-29T05:00:00Z', null],
  ] as const) {
    const end = quietUntil({ from, to, zone }, Date.parse(now));
    assert.equal(end && new Date(end).toISOString(), until && new Date(until).toISOString(), `${from}-${to} at ${now}`);
  }
});

test('a time is told by the clocks of the place', () => {
  assert.equal(shownIn('Europe/Berlin', Date.parse('2026-03-29T06:00:00Z')), 'Sun 29 Mar 08:00');
});
