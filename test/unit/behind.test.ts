import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusCard } from '../../cards/messages/status.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';
import { next } from '../../ingestion/judgement/next.ts';
import { evaluate } from '../../ingestion/judgement/verdict.ts';
import { textOf } from '../sims/teams/cards.ts';
import { built, checkpoint, connected, detail, lastHour } from './every-card.ts';
import { hour, minute, now, pollResult, record } from './record.ts';

/** One poll a minute, each so many minutes behind (0: caught up; null: it fails); what each is said to be. */
function lives(behind: (number | null)[]): string[] {
  let connector = record();
  return behind.map((minutes, index) => {
    const at = now + index * minute;
    const given: Partial<PollResult> =
      minutes === null
        ? { failure: { reason: 'okta-unreachable', evidence: {}, since: at } }
        : { caughtUp: minutes === 0, behindMs: minutes * minute, accepted: 1_000, served: 1_000 };
    const poll = pollResult({ startedAt: at, newest: at - (minutes ?? 0) * minute, ...given });
    connector = { ...connector, observation: { ...seen, seen: { ...seen.seen, at, newestArrival: at } } };
    const verdict = evaluate(connector, poll, at);
    connector = { ...connector, status: next(connector, { poll, verdict }, at) };
    const { problem } = verdict;
    return problem ? `${problem.reason} ${problem.health} since ${(problem.since - now) / minute}` : 'ok';
  });
}
const seen = {
  triedAt: now,
  seen: { at: now, rows: 5, newestEvent: now, newestArrival: now },
  problem: null,
  there: null,
  gone: null,
};

/** So many numbers from `from` on, each `step` more than the last. */
const ramp = (from: number, step: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + index * step);

test('a backlog that grows for half an hour while both legs answer is told, by how far behind it has come', () => {
  const grown = lives([0, ...ramp(1, 0.5, 140)]);
  // The first poll that left something behind was the one at minute 1.
  assert.deepEqual([grown[30], grown[31]], ['ok', 'falling-behind warning since 1']);
  assert.equal(grown.indexOf('falling-behind error since 1'), 120, 'an hour behind');
  assert.ok(grown.slice(31).every((each) => each.startsWith('falling-behind')));
  const fast = lives([0, ...ramp(1, 0.9, 40)]);
  assert.equal(fast.indexOf('falling-behind warning since 1'), 31, 'half an hour, however fast');
});

test('a backlog that is worked off, however large, or small, or explained by a failure, is told nobody', () => {
  const rows: [string, (number | null)[]][] = [
    ['a backfill of two days', ramp(48 * 60, -20, 140)],
    ['a burst of 25 minutes', [...ramp(1, 1, 25), ...ramp(25, -1, 25)]],
    ['a small one that grows slowly', ramp(1, 0.2, 60)],
    [
      'one that shrinks a little each twenty minutes',
      ramp(0, 1, 200).map((at) => 100 - Math.floor(at / 20) + (at % 20)),
    ],
    ['after an outage', [...Array(20).fill(null), ...ramp(20, 0.4, 29)]],
    ['with failures in between', ramp(20, 1, 100).map((behind, at) => (at % 25 === 24 ? null : behind))],
  ];
  for (const [what, behind] of rows)
    assert.deepEqual(new Set(lives(behind).filter((each) => each.startsWith('falling'))), new Set(), what);
});

test('once told, it stays until less than a quarter of an hour is left, and so does not flap', () => {
  const said = lives([0, ...ramp(1, 1, 40), ...ramp(40, -1, 40), 0]);
  const told = said.map((each) => each.startsWith('falling-behind'));
  assert.deepEqual([told.indexOf(true), told.lastIndexOf(true)], [31, 66]);
  assert.ok(told.slice(31, 67).every(Boolean));
  assert.deepEqual(
    new Set(said.filter((each) => each.startsWith('falling'))),
    new Set(['falling-behind warning since 1']),
  );
});

test('at the rate limit, a poll that ends by its time is no recovery of a backlog that was told', () => {
  const problem = { reason: 'rate-limited', health: 'warning', since: now - hour, evidence: {} } as const;
  const after = (minutes: number, caughtUp = false) =>
    evaluate(record({ status: { problem } }), pollResult({ caughtUp, behindMs: minutes * minute, accepted: 9 }), now)
      .problem;
  assert.deepEqual(after(15), problem);
  assert.deepEqual(after(61), { ...problem, health: 'error' });
  assert.deepEqual([after(14.9), after(0, true)], [null, null]);
});

test('a failure while it falls behind keeps what is wrong, and a rest ends it', () => {
  const said = lives([0, ...ramp(1, 1, 40), null]);
  assert.equal(said.at(-1), 'falling-behind warning since 1');
});

test('the status says how far behind it is, and when it will have caught up, or that it will not', () => {
  const of = (status: object) =>
    textOf(
      statusCard({
        connector: built({ ...connected, ...status }),
        checkpoint,
        lastHour,
        ...detail,
        state: 'connected',
        now,
      }),
    );
  assert.match(of({ behindMs: 2 * hour, catchUpMs: 20 * minute }), /Behind: 2 hours, caught up in about 20 minutes/);
  assert.match(of({ behindMs: 2 * hour }), /Behind: 2 hours, and not catching up/);
  const problem = { reason: 'falling-behind', health: 'warning', since: now, evidence: {} };
  const told = of({ behindMs: hour, problem, health: 'warning' });
  assert.match(told, /▲ Connected, with a warning[\s\S]*Events come faster than they arrive[\s\S]*Behind: 1 hour/);
});
