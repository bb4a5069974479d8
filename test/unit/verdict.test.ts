import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connector, Observation } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';
import { next } from '../../ingestion/judgement/next.ts';
import { nextTryAt, paceMs } from '../../ingestion/judgement/pace.ts';
import { evaluate } from '../../ingestion/judgement/verdict.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { usually } from './record.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 24, 12);

/** One connector living through polls, its interval apart unless said. */
class Life {
  now = start;
  connector: Connector;

  constructor(intervalSeconds = 60) {
    const { provisioning, ...rest } = newborn();
    this.connector = {
      ...rest,
      provisioning: { ...provisioning, finishedAt: start },
      id: 'c',
      tenantId: 't',
      name: 'Acme',
      domain: 'acme.okta.com',
      createdAt: start,
      dueAt: start,
      settings: {
        intervalSeconds,
        table: { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 },
      } as Connector['settings'],
    };
  }

  /** So many events an hour are usual of it from now on. */
  usually(perHour: number): this {
    this.connector.status.arrivals = usually(perHour, this.now);
    return this;
  }

  poll(
    given: Partial<PollResult> & { reason?: Reason; status?: number } = {},
    afterMs = this.intervalMs,
  ): Connector['status'] {
    this.now += afterMs;
    const { reason, status, ...rest } = given;
    const poll: PollResult = {
      startedAt: this.now,
      served: 0,
      accepted: 0,
      refused: 0,
      cut: 0,
      newest: null,
      behindMs: 0,
      catchUpMs: null,
      waitMs: null,
      caughtUp: !reason,
      rereadFrom: null,
      failure: reason ? { reason, evidence: status ? { status } : {}, since: this.now } : null,
      newFields: [],
      toCome: null,
      ...rest,
    };
    const verdict = evaluate(this.connector, poll, this.now);
    this.connector = { ...this.connector, status: next(this.connector, { poll, verdict }, this.now) };
    return this.connector.status;
  }

  get intervalMs(): number {
    return this.connector.settings.intervalSeconds * 1000;
  }

  look(rows: number, newestArrival: number | null): void {
    const seen: Observation['seen'] = { at: this.now, rows, newestEvent: newestArrival, newestArrival };
    this.connector = {
      ...this.connector,
      observation: { triedAt: this.now, seen, problem: null, there: null, gone: null },
    };
  }

  /** Connected, with events flowing. */
  static connected(intervalSeconds = 60): Life {
    const life = new Life(intervalSeconds);
    life.poll({ served: 5, accepted: 5 });
    life.look(5, life.now);
    life.poll({ served: 5, accepted: 5 });
    return life;
  }
}

test('a connector is Pending until rows are visible, then Connected', () => {
  const life = new Life();
  assert.equal(life.poll({ served: 5, accepted: 5 }).state, 'pending');
  life.look(5, life.now);
  assert.equal(life.poll().state, 'connected');
});

test('a connector without visible rows 30 minutes after Azure took the first is in Error, and Connected when they come', () => {
  const life = new Life();
  life.poll({ served: 5, accepted: 5, newest: start });
  assert.equal(life.poll({ newest: start }, 29 * minute).state, 'pending');
  const failedUpgrade = life.poll({ newest: start }, minute);
  assert.deepEqual([failedUpgrade.state, failedUpgrade.problem?.reason], ['error', 'no-first-data']);
  life.look(5, life.now);
  assert.equal(life.poll().state, 'connected');
});

test('that polling has stopped is over with the next poll, also with one that fails', () => {
  const since = start;
  for (const [reason, told] of [
    ['okta-unreachable', null],
    ['token-refused', 'token-refused'],
  ] as const) {
    const life = Life.connected();
    const problem = { reason: 'scheduler-down', health: 'error', since, evidence: {} } as const;
    life.connector.status = { ...life.connector.status, state: 'error', health: 'error', problem };
    assert.equal(life.poll({ reason }).problem?.reason ?? null, told);
  }
});

for (const reason of ['token-refused', 'token-not-permitted', 'domain-unknown', 'rule-missing'] as const) {
  test(`${reason} is an Error at the first poll, and over at the first good one`, () => {
    const life = Life.connected();
    const bad = life.poll({ reason, status: 404 });
    assert.deepEqual([bad.state, bad.problem?.reason], ['error', reason]);
    const good = life.poll();
    assert.deepEqual([good.state, good.problem], ['connected', null]);
  });
}

for (const reason of ['okta-unreachable', 'azure-unreachable', 'azure-throttled'] as const) {
  test(`${reason} is borne for two minutes, then a Warning, an Error after 15 minutes`, () => {
    const life = Life.connected();
    assert.deepEqual([life.poll({ reason }).health, life.poll({ reason }).health], ['ok', 'ok']);
    const third = life.poll({ reason });
    assert.deepEqual([third.health, third.state], ['warning', 'connected']);
    assert.equal(life.poll({ reason }, 12 * minute).health, 'warning');
    const failedUpgrade = life.poll({ reason }, 2 * minute);
    assert.deepEqual([failedUpgrade.health, failedUpgrade.state], ['error', 'error']);
  });
}

test('a new reason starts its own patience', () => {
  const life = Life.connected();
  life.poll({ reason: 'okta-unreachable' });
  life.poll({ reason: 'okta-unreachable' });
  assert.equal(life.poll({ reason: 'azure-unreachable' }).health, 'ok');
});

test('a refused upload means waiting for the role for 30 minutes, then an Error', () => {
  const life = new Life();
  assert.equal(life.poll({ reason: 'role-missing' }).state, 'pending');
  assert.equal(life.poll({ reason: 'role-missing' }, 20 * minute).health, 'ok');
  const failedUpgrade = life.poll({ reason: 'role-missing' }, 10 * minute);
  assert.deepEqual([failedUpgrade.state, failedUpgrade.problem?.reason], ['error', 'role-missing']);
});

test('rate limiting is judged by how far behind the connector is', () => {
  const life = Life.connected();
  assert.equal(life.poll({ reason: 'rate-limited', behindMs: 10 * minute }).health, 'ok');
  assert.equal(life.poll({ reason: 'rate-limited', behindMs: 20 * minute }, 20 * minute).health, 'warning');
  assert.equal(life.poll({ reason: 'rate-limited', behindMs: 61 * minute }, 60 * minute).health, 'error');
});

test('rows that Azure accepted and nobody can see are an Error after 15 minutes', () => {
  const life = Life.connected();
  const lost = life.now;
  life.poll({ served: 5, accepted: 5 }, 5 * minute);
  life.look(10, lost);
  assert.equal(life.poll({ served: 5, accepted: 5 }, 5 * minute).health, 'ok');
  life.now += 11 * minute;
  life.look(10, lost);
  const failedUpgrade = life.poll({ served: 5, accepted: 5 });
  assert.deepEqual([failedUpgrade.state, failedUpgrade.problem?.reason], ['error', 'not-visible']);
  life.look(25, life.now);
  assert.equal(life.poll({ served: 1, accepted: 1 }).state, 'connected');
});

test('silence of a source with an event a minute is a Warning after ten minutes, an Error after twenty, over with the next event', () => {
  const life = Life.connected().usually(60);
  const healths = Array.from({ length: 21 }, () => life.poll().health);
  assert.deepEqual([healths[8], healths[9], healths[18], healths[19]], ['ok', 'warning', 'warning', 'error']);
  assert.equal(life.connector.status.problem?.reason, 'source-quiet');
  assert.equal(life.poll({ served: 1, accepted: 1 }).health, 'ok');
});

test('silence of a source that is often silent says nothing', () => {
  const life = Life.connected().usually(6);
  assert.equal(life.poll({}, 50 * minute).health, 'ok');
  assert.equal(life.poll({}, 49 * minute).health, 'ok');
  assert.equal(life.poll({}, 2 * minute).health, 'warning');
});

test('silence during an outage is not taken for a silent source', () => {
  const life = Life.connected().usually(60);
  life.poll({ reason: 'okta-unreachable' }, 30 * minute);
  assert.equal(life.poll().health, 'ok');
});

test('an event put aside is a Warning for an hour', () => {
  const life = Life.connected();
  assert.equal(life.poll({ served: 1, refused: 1 }).problem?.reason, 'events-refused');
  assert.equal(life.poll({}, 30 * minute).health, 'warning');
  assert.equal(life.poll({}, 31 * minute).health, 'ok');
});

test('a re-read span is a Warning that says from when', () => {
  const life = Life.connected();
  const status = life.poll({ served: 5, accepted: 5, rereadFrom: start });
  assert.deepEqual(
    [status.problem?.reason, status.problem?.evidence.subject],
    ['cursor-refused', new Date(start).toISOString()],
  );
});

for (const [one, other] of [
  ['token-refused', 'okta-unreachable'],
  ['source-quiet', 'okta-unreachable'],
  ['token-refused', 'rate-limited'],
  ['azure-unreachable', 'okta-unreachable'],
] as const) {
  test(`${other} after ${one} is no recovery: only a poll that goes well is`, () => {
    const life = Life.connected();
    if (one === 'source-quiet') {
      life.usually(60).poll({}, 30 * minute);
    } else {
      life.poll({ reason: one });
      life.poll({ reason: one }, 16 * minute);
    }
    const bad = life.connector.status;
    assert.equal(bad.problem?.reason, one);
    const still = life.poll({ reason: other, behindMs: minute });
    assert.deepEqual([still.state, still.problem], [bad.state, bad.problem]);
    if (one === 'source-quiet') assert.equal(life.poll().problem?.reason, one, 'and it is still quiet');
    else assert.equal(life.poll().problem, null);
  });
}

test('faults of one leg that take turns are one trouble', () => {
  const life = Life.connected();
  for (let i = 0; i < 8; i++) life.poll({ reason: i % 2 ? 'azure-unreachable' : 'azure-throttled' }, 2 * minute);
  assert.equal(life.poll({ reason: 'azure-throttled' }).health, 'error');
});

test('the 30 minutes for first data begin when the connector is built, and again after a failure', () => {
  const life = new Life();
  life.connector.provisioning.finishedAt = start + 180 * minute;
  life.now = start + 180 * minute;
  assert.equal(life.poll().state, 'pending');
  assert.equal(life.poll({ reason: 'token-refused' }, 20 * minute).state, 'error');
  assert.equal(life.poll({}, 20 * minute).state, 'pending');
  assert.equal(life.poll({}, 15 * minute).problem?.reason, 'no-first-events');
});

test('a source that has had no events yet is told apart from rows that do not show', () => {
  const life = new Life();
  assert.equal(life.poll({}, 31 * minute).problem?.reason, 'no-first-events');
  assert.equal(life.poll({ newest: start }).problem?.reason, 'no-first-data');
});

test('reading back what its owner asked for is not being behind', () => {
  const life = Life.connected();
  assert.equal(life.poll({ reason: 'rate-limited', behindMs: 47 * 60 * minute, accepted: 10 }).health, 'ok');
  assert.equal(
    life.poll({ reason: 'rate-limited', behindMs: 47 * 60 * minute, accepted: 10 }, 62 * minute).health,
    'error',
  );
});

test('a name that resolved before and does not now is borne like any fault of the network', () => {
  const life = Life.connected();
  const status = life.poll({ reason: 'domain-unknown' });
  assert.deepEqual([status.health, status.failing?.reason], ['ok', 'okta-unreachable']);
});

test('looks into the workspace that keep failing are a Warning after half an hour', () => {
  const life = Life.connected();
  const blind = { reason: 'azure-forbidden' as const, evidence: {} };
  const { observation } = life.connector;
  life.connector = {
    ...life.connector,
    observation: { triedAt: life.now, seen: observation?.seen ?? null, problem: blind, there: null, gone: null },
  };
  assert.equal(life.poll({}, 20 * minute).health, 'ok');
  const status = life.poll({}, 20 * minute);
  assert.deepEqual([status.health, status.problem?.reason], ['warning', 'look-failed']);
});

test('in the lake, where nothing can be looked up, acceptance is Connected', () => {
  const life = new Life();
  life.connector.provisioning.table = { plan: 'Auxiliary', retentionDays: 0, totalRetentionDays: 365 };
  assert.equal(life.poll({}, 10 * minute).state, 'pending');
  assert.equal(life.poll({ served: 1, accepted: 1 }).state, 'connected');
  assert.equal(life.poll({ served: 1, accepted: 1 }, 60 * minute).health, 'ok');
});

test('events that move under a rate limit do not hide that nobody can see them', () => {
  const life = Life.connected();
  const lost = life.now;
  life.poll({ served: 5, accepted: 5 }, 5 * minute);
  life.now += 20 * minute;
  life.look(10, lost);
  const limited = { reason: 'rate-limited' as const, served: 5, accepted: 5, behindMs: minute };
  assert.equal(life.poll({ served: 5, accepted: 5 }).problem?.reason, 'not-visible');
  assert.equal(life.poll(limited).problem?.reason, 'not-visible');
});

test('rows that Azure took a moment ago are not yet missing, however long the org was silent before', () => {
  const life = new Life(900);
  life.poll({}, 0);
  life.poll();
  const first = life.poll({ served: 5, accepted: 5, newest: start + 16 * minute });
  assert.deepEqual([first.state, first.problem], ['pending', null], 'read 30 minutes after the start');
  assert.equal(life.poll({ newest: start + 16 * minute }).state, 'pending');
  assert.equal(life.poll({ newest: start + 16 * minute }).problem?.reason, 'no-first-data');
});

test('with 15 minutes between checks, one failure is borne, two are a Warning, and three an Error', () => {
  for (const reason of ['okta-unreachable', 'azure-unreachable', 'azure-throttled'] as const) {
    const life = Life.connected(900);
    const healths = [life.poll({ reason }).health, life.poll({ reason }).health, life.poll({ reason }).health];
    assert.deepEqual(healths, ['ok', 'warning', 'error'], reason);
    assert.equal(life.poll().health, 'ok');
  }
});

test('however often is checked, two minutes without an answer are a Warning, and 15 are an Error', () => {
  for (const seconds of [10, 30, 60, 300]) {
    const life = Life.connected(seconds);
    const reason = 'okta-unreachable';
    assert.equal(life.poll({ reason }).health, 'ok', `${seconds}`);
    const since = life.now;
    const health = () => life.poll({ reason }).health;
    while (life.now + life.intervalMs < since + 2 * minute) assert.equal(health(), 'ok', `${seconds}`);
    while (life.now + life.intervalMs < since + 15 * minute) assert.equal(health(), 'warning', `${seconds}`);
    assert.equal(health(), 'error', `${seconds}`);
  }
});

test('the same fault takes the same minutes to the Warning and to the Error, however long each poll waits for an answer', () => {
  // How long a poll lasts that fails so: refused, three times 5xx, reset, no answer of Azure, of Okta, and both after a quick fault.
  for (const lastsMs of [100, 7_000, 20_000, 30_000, 45_000, 52_000, 75_000]) {
    const life = Life.connected();
    const told: Record<string, number> = {};
    const began = life.now + minute;
    for (let begunAt = began; !told.error; ) {
      life.now = begunAt;
      const { health } = life.poll(
        { reason: 'azure-unreachable', failure: { reason: 'azure-unreachable', evidence: {}, since: begunAt } },
        lastsMs,
      );
      told[health] ??= Math.floor((life.now - began) / minute);
      // It takes a moment until one that is due begins.
      begunAt = nextTryAt(life.connector, { begunAt, now: life.now }) + 900;
    }
    assert.deepEqual([told.warning, told.error], [2, 15], `${lastsMs} ms`);
  }
});

test('a check that meets the rate limit is not behind by the time that its owner lets pass between checks', () => {
  for (const seconds of [10, 60, 300, 900]) {
    const life = Life.connected(seconds);
    const limited = { reason: 'rate-limited' as const };
    const caughtUp = life.now;
    life.now += life.intervalMs;
    const after = (minutes: number) => {
      life.now = caughtUp + life.intervalMs + minutes * minute;
      return life.poll({ ...limited, behindMs: life.now - caughtUp }, 0).health;
    };
    assert.deepEqual([after(0), after(15), after(16), after(61)], ['ok', 'ok', 'warning', 'error'], `${seconds}`);
  }
});

/** The minutes of silence after which a source is a Warning, and after which it is an Error. */
function patience(seconds: number, perHour: number): [number, number] {
  const life = Life.connected(seconds).usually(perHour);
  const last = life.now;
  let warned = 0;
  for (let checks = 0; checks < 5_000; checks++) {
    const { health } = life.poll();
    if (health === 'warning') warned ||= life.now - last;
    if (health === 'error') return [Math.floor(warned / minute), Math.floor((life.now - last) / minute)];
  }
  return [warned / minute, 0];
}

test('a source is quiet when ten events are missing that are usual, but never before two checks and two minutes', () => {
  const rows: [seconds: number, perHour: number, minutes: [number, number]][] = [
    [10, 60, [10, 20]],
    [60, 60, [10, 20]],
    [60, 7.5, [80, 160]],
    [300, 60, [10, 20]],
    [900, 20, [30, 60]],
    // So much is missing by then that it is an Error at once.
    [10, 3_600, [0, 2]],
    [60, 3_600, [0, 2]],
    [900, 600, [0, 30]],
  ];
  for (const [seconds, perHour, minutes] of rows)
    assert.deepEqual(patience(seconds, perHour), minutes, `${perHour} an hour, each ${seconds} s`);
});

test('what failed is tried again by the minute from when it began to fail, or at once when that has passed', () => {
  const next = (begunMs: number, endedMs: number, sinceMs = 0) => {
    const failing = { reason: 'okta-unreachable', since: start + sinceMs, polls: 1 } as const;
    const { connector } = new Life();
    const failed = { ...connector, status: { ...connector.status, failing } };
    return (nextTryAt(failed, { begunAt: start + begunMs, now: start + endedMs }) - start) / 1000;
  };
  const rows: [begunMs: number, endedMs: number, sinceMs: number, dueS: number][] = [
    [0, 100, 0, 60],
    [0, 45_000, 0, 60],
    [61_000, 106_000, 0, 120],
    [119_000, 164_000, 0, 164],
    [0, 75_000, 0, 75],
    [75_000, 150_000, 0, 150],
    [0, 57_000, 50_000, 110],
    [600_900, 601_000, 0, 660],
  ];
  for (const [begunMs, endedMs, sinceMs, dueS] of rows)
    assert.equal(next(begunMs, endedMs, sinceMs), dueS, JSON.stringify([begunMs, endedMs, sinceMs]));
});

test('the next check is due after the interval; after a minute at most while something fails or no row has been seen', () => {
  for (const [seconds, calm, tense] of [
    [10, 10_000, 10_000],
    [60, minute, minute],
    [900, 15 * minute, minute],
  ] as const) {
    const life = new Life(seconds);
    const pace = (given?: Parameters<Life['poll']>[0]) => {
      life.poll(given);
      return paceMs(life.connector);
    };
    assert.equal(pace({ served: 5, accepted: 5 }), tense, 'nothing seen yet');
    life.look(5, life.now);
    assert.equal(pace(), calm);
    assert.equal(pace({ reason: 'okta-unreachable' }), tense);
    assert.equal(pace({ reason: 'token-refused' }), tense);
    assert.equal(pace(), calm);
  }
});
