import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noArrivals } from '../../ingestion/connector/arrivals.ts';
import { emptyBaseline } from '../../ingestion/connector/baseline.ts';
import { arrive, isNewHour, turnHour } from '../../ingestion/judgement/arrivals.ts';
import { volume } from '../../ingestion/judgement/volume.ts';
import { Random } from '../sims/okta/random.ts';
import { hour, minute, pollResult, record } from './record.ts';

const day = 24 * hour;
const pace = 5 * minute;
const changesAt = Date.UTC(2026, 9, 25, 1);
const settings = { intervalSeconds: pace / 1000, tellsSurges: false };

type Org = { busiest: number; night: number };

/** The events an hour that are usual at a time by the org's own clock: a day that fills and empties in two hours, and days off. */
function rateAt(local: number, { busiest, night }: Org): number {
  const hourOfDay = (local % day) / hour;
  const isOff = [0, 6].includes(new Date(local).getUTCDay());
  const filled = isOff ? 0 : Math.min(1, (hourOfDay - 7) / 2, (19 - hourOfDay) / 2);
  return busiest * Math.max(night, filled);
}

/** As many as come at random where so many are usual. */
function eventsOf(random: Random, mean: number): number {
  const floor = Math.exp(-mean);
  let events = 0;
  for (let product = random.next(); product > floor; product *= random.next()) events++;
  return events;
}

/** Lives six weeks of an org, then two more by clocks that were changed by so many hours; what is told of it in these. */
function toldAfter(change: number, org: Org, seed: number): string[] {
  const random = new Random(seed, 5);
  let baseline = emptyBaseline();
  let connector = record({ settings, status: { arrivals: noArrivals } });
  const told: string[] = [];
  for (let now = changesAt - 42 * day; now < changesAt + 14 * day; now += pace) {
    const rate = rateAt(now < changesAt ? now : now + change * hour, org);
    const poll = pollResult({ served: eventsOf(random, (rate * pace) / hour), caughtUp: true });
    let { arrivals } = connector.status;
    if (isNewHour(arrivals, now)) ({ arrivals, baseline } = turnHour(arrivals, baseline, now));
    connector = { ...connector, status: { ...connector.status, arrivals } };
    const problem = volume(connector, poll, now);
    if (problem && now > changesAt) told.push(`${problem.reason} ${new Date(now).toISOString()}`);
    const after = arrive(arrivals, { poll, alerted: problem?.reason === 'source-quiet' }, now);
    connector = { ...connector, status: { ...connector.status, problem, arrivals: after } };
  }
  return told;
}

for (const [name, org] of [
  ['an office', { busiest: 200, night: 0.05 }],
  ['a school, which is all but empty by night', { busiest: 40, night: 0.01 }],
] as const)
  test(`clocks that change, forward or back, raise no alarm about ${name}`, () => {
    for (const change of [1, -1])
      for (const seed of [1, 2, 3]) assert.deepEqual(toldAfter(change, org, seed), [], `${change} h, seed ${seed}`);
  });
