import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health, Problem } from '../../ingestion/connector/connector.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import { next } from '../../ingestion/judgement/next.ts';
import { evaluate } from '../../ingestion/judgement/verdict.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { type Given, hour, look, minute, now, pollResult, record, usually } from './record.ts';

const evidence = { code: 'C', text: 'what was said' };

function judged(given: Given, poll: Partial<PollResult> = {}) {
  return evaluate(record(given), pollResult(poll), now);
}

function failed(reason: Reason, given: Given = {}, poll: Partial<PollResult> & { evidence?: Evidence } = {}) {
  const { evidence: said = evidence, ...rest } = poll;
  return judged(given, { failure: { reason, evidence: said, since: now }, ...rest });
}

/** The problem in short: its reason, how grave, and how long ago it began in milliseconds. */
function brief(problem: Problem | null): [string, string, number] | null {
  return problem && [problem.reason, problem.health, now - problem.since];
}

test('a role that was given less than 30 minutes ago is waited for', () => {
  const after = (finishedAt: number | null) =>
    failed('role-missing', { provisioning: { finishedAt }, status: { firstSeenAt: null } });
  assert.equal(after(now - 30 * minute + 1).health, 'ok');
  assert.equal(after(null).health, 'ok', 'not even built');
  const { health, problem, failing } = after(now - 30 * minute);
  assert.equal(health, 'error');
  assert.deepEqual(problem, { reason: 'role-missing', health: 'error', since: now, evidence });
  assert.deepEqual(failing, { reason: 'role-missing', since: now, polls: 1 });
});

test('what was made a moment ago is waited for until it has brought a row; a rule that a check misses is gone', () => {
  const since = now - hour;
  const seen = (newestArrival: number) => look(now, newestArrival);
  const table = { plan: 'Auxiliary', retentionDays: 0, totalRetentionDays: 365 } as const;
  const gone = { gone: { at: now, reason: 'rule-missing' } } as const;
  const rows: [Reason, builtMs: number, Given, Health][] = [
    ['role-missing', 30 * minute - 1, { status: { firstSeenAt: null } }, 'ok'],
    ['role-missing', 30 * minute, { status: { firstSeenAt: null } }, 'error'],
    ['rule-missing', 15 * minute - 1, { status: { firstSeenAt: null } }, 'ok'],
    ['rule-missing', 15 * minute, { status: { firstSeenAt: null } }, 'error'],
    ['rule-missing', minute, { status: { firstSeenAt: null }, observation: gone }, 'error'],
    ['network-closed', minute, { status: { firstSeenAt: null } }, 'error'],
    ['policy-denies', minute, { status: { firstSeenAt: null } }, 'error'],
    // Rows were seen through it.
    ['role-missing', 20 * minute, { status: { firstSeenAt: now - minute } }, 'error'],
    ['rule-missing', 10 * minute, { status: { firstSeenAt: now - minute } }, 'error'],
    // It was made anew: what was seen came through the one before, until something has come since.
    ['role-missing', 20 * minute, { status: { firstSeenAt: since }, observation: seen(now - 21 * minute) }, 'ok'],
    ['role-missing', 20 * minute, { status: { firstSeenAt: since }, observation: seen(now - 19 * minute) }, 'error'],
    ['rule-missing', 10 * minute, { status: { firstSeenAt: since }, observation: seen(now - 11 * minute) }, 'ok'],
    // In the lake acceptance is all there is to see.
    ['role-missing', 20 * minute, { provisioning: { table }, status: { firstSeenAt: since } }, 'ok'],
    ['role-missing', 20 * minute, { provisioning: { table }, status: { firstSeenAt: now - minute } }, 'error'],
  ];
  for (const [reason, builtMs, given, health] of rows) {
    const provisioning = { ...given.provisioning, finishedAt: now - builtMs };
    assert.equal(failed(reason, { ...given, provisioning }).health, health, JSON.stringify([reason, builtMs, given]));
  }
});

test('the rate limit is a Warning when more than 15 minutes behind, an Error when more than an hour', () => {
  const far = 100 * hour;
  const due = (caughtUpAt: number | null, rest: Given = {}, behindMs = far) =>
    failed('rate-limited', { ...rest, status: { caughtUpAt } }, { behindMs }).health;
  const rows: [lateMs: number, health: string][] = [
    [0, 'ok'],
    [15 * minute, 'ok'],
    [15 * minute + 1, 'warning'],
    [hour, 'warning'],
    [hour + 1, 'error'],
  ];
  for (const [lateMs, health] of rows) {
    assert.equal(due(now - minute - lateMs), health, `since the poll after it had caught up: ${lateMs}`);
    assert.equal(due(now - 10 * minute - lateMs, { settings: { intervalSeconds: 600 } }), health, `600 s: ${lateMs}`);
    assert.equal(due(now - far, {}, lateMs), health, `by the age of what was delivered last: ${lateMs}`);
    assert.equal(due(null, { provisioning: { finishedAt: now - lateMs } }), health, `since it was built: ${lateMs}`);
    const made = { provisioning: { finishedAt: null }, createdAt: now - lateMs };
    assert.equal(due(null, made), health, `since it was made: ${lateMs}`);
  }
});

test('what passes by itself is a Warning after two minutes without an answer, an Error after 15, and never of one poll', () => {
  const rows: [pollsBefore: number, sinceMs: number, health: string][] = [
    [1, 0, 'ok'],
    [1, 2 * minute - 1, 'ok'],
    [1, 2 * minute, 'warning'],
    [2, 2 * minute - 1, 'ok'],
    [90, 2 * minute - 1, 'ok'],
    [2, 2 * minute, 'warning'],
    [2, 15 * minute - 1, 'warning'],
    [1, 15 * minute, 'warning'],
    [2, 15 * minute, 'error'],
    [90, 15 * minute, 'error'],
  ];
  for (const [polls, sinceMs, health] of rows) {
    const since = now - sinceMs;
    const verdict = failed('okta-unreachable', { status: { failing: { reason: 'okta-unreachable', since, polls } } });
    const message = `${polls} polls and ${sinceMs} ms`;
    assert.equal(verdict.health, health, message);
    assert.deepEqual(verdict.failing, { reason: 'okta-unreachable', since, polls: polls + 1 }, message);
    const problem = health === 'ok' ? null : { reason: 'okta-unreachable', health, since, evidence };
    assert.deepEqual(verdict.problem, problem, message);
  }
  const first = failed(
    'okta-unreachable',
    {},
    { failure: { reason: 'okta-unreachable', evidence, since: now - hour } },
  );
  assert.equal(first.health, 'ok', 'one poll that took long');
  assert.equal(first.failing?.since, now - hour, 'from when its first answer was due');
});

test('one trouble is the same reason, or two of one leg that both pass by themselves', () => {
  const since = now - hour;
  const goesOn = (before: Reason, reason: Reason) => {
    const { failing } = failed(reason, { status: { failing: { reason: before, since, polls: 5 } } });
    assert.equal(failing?.reason, reason);
    assert.ok(failing.polls === 6 ? failing.since === since : failing.polls === 1 && failing.since === now);
    return failing.polls === 6;
  };
  const rows: [Reason, Reason, boolean][] = [
    ['azure-throttled', 'azure-unreachable', true],
    ['okta-answer-unusable', 'okta-unreachable', true],
    ['token-refused', 'token-refused', true],
    ['okta-unreachable', 'azure-unreachable', false],
    ['token-refused', 'token-not-permitted', false],
    ['azure-throttled', 'azure-forbidden', false],
    ['azure-forbidden', 'azure-throttled', false],
    ['rate-limited', 'okta-unreachable', false],
  ];
  for (const [before, reason, same] of rows) assert.equal(goesOn(before, reason), same, `${before}, ${reason}`);
});

test('a failure takes the place of what was wrong only when it is as grave, or events move', () => {
  const since = now - 2 * hour;
  const known = (health: 'warning' | 'error'): Problem => ({ reason: 'source-quiet', health, since, evidence: {} });
  const over = (before: Problem, reason: Reason, poll: Partial<PollResult> = {}) =>
    brief(failed(reason, { status: { problem: before } }, poll).problem);
  assert.deepEqual(over(known('error'), 'token-refused'), ['token-refused', 'error', 0]);
  assert.deepEqual(over(known('warning'), 'token-refused'), ['token-refused', 'error', 0]);
  assert.deepEqual(over(known('warning'), 'okta-unreachable'), ['source-quiet', 'warning', 2 * hour]);
  assert.deepEqual(over(known('error'), 'okta-unreachable'), ['source-quiet', 'error', 2 * hour]);
  assert.deepEqual(over(known('error'), 'okta-unreachable', { accepted: 5 }), ['source-quiet', 'error', 2 * hour]);
  assert.deepEqual(over(known('error'), 'rate-limited'), ['source-quiet', 'error', 2 * hour]);
  assert.deepEqual(over(known('error'), 'rate-limited', { accepted: 1 }), null);
  const { health, failing } = failed('okta-unreachable', { status: { problem: known('error') } });
  assert.deepEqual([health, failing], ['error', { reason: 'okta-unreachable', since: now, polls: 1 }]);
  const warned = { failing: { reason: 'azure-throttled', since: now - 2 * minute, polls: 2 } } as const;
  const grown = failed('azure-throttled', { status: { ...warned, problem: known('warning') } });
  assert.deepEqual(brief(grown.problem), ['azure-throttled', 'warning', 2 * minute]);
  const graver = failed('azure-throttled', { status: { ...warned, problem: known('error') } });
  assert.deepEqual(brief(graver.problem), ['source-quiet', 'error', 2 * hour]);
});

test('before the first rows, a rule that was made anew is another one than the rule that was gone', () => {
  const since = now - hour;
  const still = (reason: Reason, finishedAt: number | null, firstSeenAt: number | null = null) => {
    const problem = { reason, health: 'error', since, evidence: {} } as const;
    const given = { status: { problem, firstSeenAt }, provisioning: { finishedAt } };
    return failed('okta-unreachable', given).problem?.reason ?? null;
  };
  assert.equal(still('rule-missing', since + 1), null);
  assert.equal(still('rule-missing', since), 'rule-missing');
  assert.equal(still('rule-missing', null), 'rule-missing');
  assert.equal(still('rule-missing', since + 1, since), 'rule-missing');
  assert.equal(still('token-refused', since + 1), 'token-refused');
});

test('of a token that is refused is said until when Okta took it, unless it may have ended of disuse', () => {
  const subject = (caughtUpAt: number | null, reason: Reason = 'token-refused') =>
    failed(reason, { status: { caughtUpAt } }).problem?.evidence.subject;
  assert.equal(subject(now - minute), new Date(now - minute).toISOString());
  assert.equal(subject(now - 30 * 24 * hour + 1), new Date(now - 30 * 24 * hour + 1).toISOString());
  assert.equal(subject(now - 30 * 24 * hour), undefined);
  assert.equal(subject(null), undefined);
  assert.equal(subject(now - minute, 'token-not-permitted'), undefined);
});

test('a name that resolved before and does not now is a fault of the network, unless somebody answered', () => {
  const named = (reason: Reason, given: Given = {}, said: Evidence = {}) =>
    failed(reason, given, { evidence: said }).failing?.reason;
  assert.equal(named('domain-unknown'), 'okta-unreachable');
  assert.equal(named('vault-unknown'), 'vault-unreachable');
  assert.equal(named('token-refused'), 'token-refused');
  assert.equal(named('domain-unknown', {}, { status: 404 }), 'domain-unknown');
  assert.equal(named('domain-unknown', { status: { firstSeenAt: null } }), 'domain-unknown');
});

test('30 minutes after the first upload without a row, or without anything to send, are an Error that says which', () => {
  const waiting = (ms: number, poll: Partial<PollResult> = {}, given: Given = {}) =>
    brief(
      judged(
        {
          createdAt: now - 48 * hour,
          provisioning: { finishedAt: now - ms },
          observation: look(now, null, 0),
          ...given,
          status: { firstSeenAt: null, ...given.status },
        },
        poll,
      ).problem,
    );
  const limit = 30 * minute;
  assert.equal(waiting(limit - 1), null);
  assert.deepEqual(waiting(limit), ['no-first-data', 'error', limit]);
  assert.deepEqual(waiting(limit, { newest: null }), ['no-first-events', 'error', limit]);
  assert.deepEqual(waiting(limit, { newest: null }, { observation: null }), ['no-first-events', 'error', limit]);
  assert.deepEqual(waiting(limit, {}, { observation: null }), ['no-first-data', 'error', limit]);
  assert.equal(waiting(limit, {}, { observation: look(now, now, 1) }), null, 'a row is there');
  // Whatever came last is what it is counted from.
  assert.equal(waiting(limit, {}, { status: { lastFailedAt: now - limit + 1 } }), null);
  assert.equal(waiting(limit, {}, { status: { unseenSince: now - limit + 1 } }), null);
  assert.equal(waiting(limit, {}, { createdAt: now - limit + 1 }), null);
  assert.equal(waiting(limit, { accepted: 1 }), null, 'sent by this poll');
  assert.deepEqual(waiting(hour, { accepted: 1 }, { status: { unseenSince: now - limit } }), [
    'no-first-data',
    'error',
    limit,
  ]);
  assert.deepEqual(waiting(0, {}, { provisioning: { finishedAt: null }, createdAt: now - limit }), [
    'no-first-data',
    'error',
    limit,
  ]);
});

test('where the workspace can’t be looked into, that is why no row has been seen', () => {
  const problem = { reason: 'azure-forbidden', evidence } as const;
  const given = {
    status: { firstSeenAt: null },
    provisioning: { finishedAt: now - hour },
    observation: { ...look(now, null, 0), problem },
  };
  assert.deepEqual(judged(given).problem, { reason: 'look-failed', health: 'error', since: now - hour, evidence });
  assert.equal(judged(given, { newest: null }).problem?.reason, 'no-first-events');
});

test('rows that a look 15 minutes after their upload has not found are an Error; in the lake nobody can look', () => {
  const sent = now - hour;
  const lookedAfter = (ms: number, newestArrival: number | null, given: Given = {}) =>
    brief(
      judged({ status: { unseenSince: sent, ...given.status }, observation: look(sent + ms, newestArrival), ...given })
        .problem,
    );
  const limit = 15 * minute;
  const slack = 2 * minute;
  assert.equal(lookedAfter(limit - 1, null), null);
  assert.deepEqual(lookedAfter(limit, null), ['not-visible', 'error', hour]);
  assert.deepEqual(lookedAfter(limit, sent - slack - 1), ['not-visible', 'error', hour]);
  assert.equal(lookedAfter(limit, sent - slack), null);
  assert.equal(lookedAfter(limit, null, { observation: null }), null);
  assert.equal(lookedAfter(limit, null, { observation: { seen: null } }), null);
  assert.equal(brief(judged({ observation: look(now, null) }).problem), null, 'nothing waits to be seen');
  const table = { plan: 'Auxiliary', retentionDays: 0, totalRetentionDays: 365 } as const;
  assert.equal(lookedAfter(limit, null, { provisioning: { table } }), null);
});

test('where Azure says why rows are missing, that is told at once, with its words', () => {
  const sent = now - 2 * minute;
  const lost = { reason: 'daily-cap' as const, evidence };
  const of = (given: Given) => judged(given).problem;
  const expected = { reason: 'daily-cap', health: 'error', since: sent, evidence };
  const blind = { ...look(now, null), lost };
  assert.deepEqual(of({ status: { unseenSince: sent }, observation: blind }), expected);
  const first = { status: { unseenSince: sent, firstSeenAt: null }, observation: { ...look(now, null, 0), lost } };
  assert.deepEqual(of(first), expected, 'before the first rows');
  assert.equal(of({ status: { unseenSince: sent }, observation: { ...look(now, now), lost } }), null, 'they are there');
  assert.equal(of({ status: { unseenSince: null }, observation: blind }), null, 'nothing is waited for');
  const failing = (ms: number, firstSeenAt: number | null) =>
    of({
      status: { unseenSince: now - ms, firstSeenAt },
      observation: { ...look(now, null, 0), lost: { reason: 'transform-failed', evidence } },
    })?.reason ?? null;
  assert.equal(failing(5 * minute - 1, now - hour), null, 'of one event, it may be');
  assert.equal(failing(5 * minute, now - hour), 'transform-failed');
  assert.equal(failing(15 * minute - 1, null), null, 'in a new table');
  assert.equal(failing(15 * minute, null), 'transform-failed');
  const some = { reason: 'transform-failed' as const, evidence, someSince: now - hour };
  const fewer = { reason: 'transform-failed', health: 'warning', since: now - hour, evidence };
  assert.deepEqual(of({ observation: { ...look(now, now), lost: some } }), fewer, 'others come');
  const open = { reason: 'not-visible' as const, evidence };
  const late = (ms: number) => ({ status: { unseenSince: now - ms }, observation: { ...look(now, null), lost: open } });
  assert.equal(of(late(15 * minute - 1)), null, 'no reason is known: that is waited for');
  assert.deepEqual(of(late(15 * minute))?.evidence, evidence);
  const never = {
    ...first,
    provisioning: { finishedAt: now - hour },
    observation: { ...look(now, null, 0), lost: open },
  };
  assert.deepEqual(of({ ...never, status: { unseenSince: now - hour, firstSeenAt: null } }), {
    reason: 'no-first-data',
    health: 'error',
    since: now - hour,
    evidence,
  });
});

test('silence is a problem when so many events are missing as chance seldom takes: an Error when twice as many are', () => {
  const silent = (ms: number, perHour = 60, given: Given['settings'] = {}) =>
    brief(
      judged({
        settings: given,
        status: { arrivals: usually(perHour, now - ms, { lookedAt: now - 1, missed: (perHour * ms) / hour }) },
      }).problem,
    );
  const quiet = (health: string, ms: number) => ['source-quiet', health, ms];
  for (const [limit, perHour, interval] of [
    [10 * minute, 60, 60],
    [100 * minute, 6, 60],
    // However busy it is, two checks and two minutes are waited for.
    [2 * minute, 3_600, 10],
    [10 * minute, 3_600, 300],
  ] as const) {
    const settings = { intervalSeconds: interval };
    const message = `${perHour} an hour, each ${interval} s`;
    assert.equal(silent(limit - 1_000, perHour, settings), null, message);
    const steady = perHour < 100;
    assert.deepEqual(silent(limit, perHour, settings), quiet(steady ? 'warning' : 'error', limit), message);
    if (steady) assert.deepEqual(silent(2 * limit, perHour, settings), quiet('error', 2 * limit), message);
  }
  assert.equal(silent(9 * hour, 0), null, 'nothing is expected at night');
});

test('silence ends with the first event, and there is none before an event or before anything is known', () => {
  const arrivals = usually(600, now - hour, { missed: 600 });
  const { rates } = arrivals.usual;
  assert.equal(judged({ status: { arrivals } }).problem?.reason, 'source-quiet');
  assert.equal(judged({ status: { arrivals } }, { served: 1 }).problem, null);
  assert.equal(judged({ status: { arrivals: { ...arrivals, lastAt: null } } }).problem, null);
  const unknown = { rates, limits: { silence: null, fall: null, rise: null } };
  assert.equal(judged({ status: { arrivals: { ...arrivals, usual: unknown } } }).problem, null);
});

test('less, or more, than just before is a Warning; more only where its owner wants that told', () => {
  const shifted = (kind: 'drop' | 'surge', settings: Given['settings'] = {}) => {
    const quarters: [number, number][] = [
      [10, 100],
      [10, 100],
      [10, 100],
      [10, 100],
      [1, 2],
    ];
    const arrivals = usually(400, now, { quarters, shift: { kind, since: now - 2 * hour, level: 0.5 } });
    return judged({ settings, status: { arrivals } }, { served: 1 }).problem;
  };
  const volume = { seen: 40, usual: 200, from: now - hour, to: now };
  const dropped = { reason: 'volume-dropped', health: 'warning', since: now - 2 * hour, evidence: { volume } };
  assert.deepEqual(shifted('drop'), dropped);
  assert.equal(shifted('surge'), null);
  assert.equal(shifted('surge', { tellsSurges: true })?.reason, 'volume-surged');
});

test('what has passed stays a Warning for an hour, from when it was', () => {
  const ago = (ms: number) => now - ms;
  const last = hour - 1;
  const rows: [name: string, Given, Partial<PollResult>, ReturnType<typeof brief>][] = [
    ['refused now', {}, { refused: 1 }, ['events-refused', 'warning', 0]],
    ['refused now and before', { status: { lastRefusedAt: ago(9) } }, { refused: 2 }, ['events-refused', 'warning', 0]],
    ['refused', { status: { lastRefusedAt: ago(last) } }, {}, ['events-refused', 'warning', last]],
    ['refused an hour ago', { status: { lastRefusedAt: ago(hour) } }, {}, null],
    ['cut now', {}, { cut: 1 }, ['values-cut', 'warning', 0]],
    ['cut', { status: { lastCutAt: ago(last) } }, {}, ['values-cut', 'warning', last]],
    ['cut an hour ago', { status: { lastCutAt: ago(hour) } }, {}, null],
    ['refused and cut', {}, { refused: 1, cut: 1 }, ['events-refused', 'warning', 0]],
    ['read again now', {}, { rereadFrom: ago(hour) }, ['cursor-refused', 'warning', 0]],
    ['read again', { status: { lastReread: { at: ago(last), from: 0 } } }, {}, ['cursor-refused', 'warning', last]],
    ['read again an hour ago', { status: { lastReread: { at: ago(hour), from: 0 } } }, {}, null],
    ['read again and refused', {}, { rereadFrom: 0, refused: 1 }, ['cursor-refused', 'warning', 0]],
  ];
  for (const [name, given, poll, expected] of rows)
    assert.deepEqual(brief(judged(given, poll).problem), expected, name);
  const from = Date.UTC(2026, 10, 20, 8);
  for (const again of [
    judged({ status: { lastReread: { at: now - minute, from: 0 } } }, { rereadFrom: from }),
    judged({ status: { lastReread: { at: now - minute, from } } }),
  ])
    assert.deepEqual(again.problem?.evidence, { subject: '2026-11-20T08:00:00.000Z' });
});

test('a field that is new is told for an hour, once for each, and not before what is graver; an odd time is told by its event', () => {
  const told = (ago: number) => [{ name: 'risk', toldAt: now - ago }];
  const ofLife = (given: Given, poll: Partial<PollResult>) => {
    const { problem } = judged(given, poll);
    return problem && [problem.reason, problem.health, now - problem.since, problem.evidence.subject];
  };
  assert.deepEqual(ofLife({}, { newFields: ['risk', 'score'] }), ['new-field', 'warning', 0, 'risk, score']);
  assert.deepEqual(ofLife({ status: { newFields: told(minute) } }, {}), ['new-field', 'warning', minute, 'risk']);
  assert.equal(ofLife({ status: { newFields: told(hour) } }, { newFields: ['risk'] }), null);
  const second = ['new-field', 'warning', 0, 'score'];
  assert.deepEqual(ofLife({ status: { newFields: told(hour) } }, { newFields: ['risk', 'score'] }), second);
  assert.equal(ofLife({}, { newFields: ['risk'], refused: 1 })?.[0], 'events-refused');
  const waiting = { status: { newFields: [{ name: 'risk', toldAt: null }] } };
  assert.deepEqual(ofLife(waiting, {}), ['new-field', 'warning', 0, 'risk'], 'what was graver is over');
  const after = (given: Given, poll: Partial<PollResult>) => {
    const connector = record(given);
    const result = pollResult(poll);
    return next(connector, { poll: result, verdict: evaluate(connector, result, now) }, now).newFields;
  };
  assert.deepEqual(after({}, {}), undefined);
  assert.deepEqual(after({}, { newFields: ['risk'] }), told(0));
  assert.deepEqual(after({}, { newFields: ['risk'], refused: 1 }), [{ name: 'risk', toldAt: null }]);
  assert.deepEqual(after(waiting, {}), told(0));
  assert.deepEqual(after({ status: { newFields: told(9) } }, { newFields: ['risk'] }), told(9));
  assert.equal(after({}, { newFields: Array.from({ length: 300 }, (_, index) => `f${index}`) })?.length, 100);

  const toCome = { events: 1, uuid: 'u' };
  assert.deepEqual(ofLife({}, { toCome }), ['odd-time', 'warning', 0, 'u']);
  assert.deepEqual(ofLife({}, { toCome: { events: 3, uuid: '' } })?.[3], 'one without an id and 2 more');
  const last = (ago: number) => ({ status: { lastToCome: { ...toCome, at: now - ago } } });
  assert.deepEqual(ofLife(last(hour - 1), {}), ['odd-time', 'warning', hour - 1, 'u']);
  assert.equal(ofLife(last(hour), {}), null);
});

test('an update that failed twice is a Warning, and so is a workspace that has been dark for more than half an hour', () => {
  const since = now - 5 * hour;
  const upgrade = (attempts: number): Given => ({
    provisioning: { failedUpgrade: { since, attempts, dueAt: now, evidence } },
  });
  assert.equal(judged(upgrade(1)).problem, null);
  const late = { reason: 'update-failed', health: 'warning', since, evidence };
  assert.deepEqual(judged(upgrade(2)).problem, late);
  assert.deepEqual(judged(upgrade(2), { rereadFrom: 0, refused: 1 }).problem, late);
  const problem = { reason: 'azure-forbidden', evidence } as const;
  const dark = (ms: number): Given => ({ observation: { ...look(now - ms, now - ms), problem } });
  assert.equal(judged(dark(30 * minute)).problem, null);
  const ms = 30 * minute + 1;
  const expected = { reason: 'look-failed', health: 'warning', since: now - ms, evidence };
  assert.deepEqual(judged(dark(ms)).problem, expected);
  assert.deepEqual(judged({ ...dark(ms), ...upgrade(2) }).problem, expected);
  assert.equal(judged({ observation: { ...look(now - ms, now - ms) } }).problem, null, 'an old look alone is none');
  assert.equal(judged({ observation: { seen: null, problem } }).problem, null, 'never looked, and rows were known');
  assert.equal(judged({ observation: null }).problem, null);
});

test('what can’t be seen goes before silence, and silence before what has passed', () => {
  const arrivals = usually(600, now - hour, { missed: 600 });
  const unseen = { status: { arrivals, unseenSince: now - hour }, observation: look(now, null) };
  assert.equal(judged(unseen, { refused: 1 }).problem?.reason, 'not-visible');
  assert.equal(judged({ status: { arrivals } }, { refused: 1 }).problem?.reason, 'source-quiet');
  assert.equal(judged({}, { refused: 1 }).health, 'warning');
  assert.deepEqual(judged({}), { health: 'ok', problem: null, failing: null });
});

test('events that move under the rate limit do not hide that nobody sees them, and do not make it worse', () => {
  const unseen = { status: { unseenSince: now - hour }, observation: look(now, null) };
  const moving = failed('rate-limited', unseen, { accepted: 5 });
  assert.deepEqual([moving.health, brief(moving.problem)], ['error', ['not-visible', 'error', hour]]);
  assert.deepEqual(moving.failing, { reason: 'rate-limited', since: now, polls: 1 });
  assert.equal(failed('rate-limited', unseen).problem, null);
  assert.equal(failed('okta-unreachable', unseen, { accepted: 5 }).problem, null);
  const behind = failed('rate-limited', unseen, { accepted: 5, behindMs: 9 * hour });
  assert.equal(behind.problem?.reason, 'not-visible', 'not behind since it had caught up');
  const late = { ...unseen, status: { ...unseen.status, caughtUpAt: now - 9 * hour } };
  assert.equal(failed('rate-limited', late, { accepted: 5, behindMs: 9 * hour }).problem?.reason, 'rate-limited');
});

test('the time of a pause makes nothing late: not the first rows, the way back under the limit, nor a dark workspace', () => {
  const by = { id: 'a', name: 'Ada' };
  const pause = (at: number) => ({ at: now - 50 * hour, by, idleSince: now - 50 * hour, resumed: { at, by } });
  const first = { status: { firstSeenAt: null }, observation: null };
  const limited = {
    caughtUp: false,
    behindMs: 50 * hour,
    failure: { reason: 'rate-limited', evidence: {}, since: now },
  } as const;
  const dark = {
    observation: {
      seen: { at: now - 50 * hour, rows: 5, newestEvent: 0, newestArrival: 0 },
      problem: { reason: 'azure-unreachable', evidence: {} } as const,
    },
  };
  const longAgo = { status: { caughtUpAt: now - 50 * hour } };
  const rows: [Given, Parameters<typeof pollResult>[0], pausedUntil: number | null, Health][] = [
    [first, { newest: null }, null, 'error'],
    [first, { newest: null }, now - minute, 'ok'],
    [first, { newest: null }, now - 30 * minute, 'error'],
    [longAgo, limited, null, 'error'],
    [longAgo, limited, now - 15 * minute, 'ok'],
    [longAgo, limited, now - 16 * minute, 'warning'],
    [dark, {}, null, 'warning'],
    [dark, {}, now - 30 * minute, 'ok'],
    [dark, {}, now - 31 * minute, 'warning'],
  ];
  for (const [given, poll, until, health] of rows) {
    const connector = record({ ...given, pause: until === null ? null : pause(until) });
    assert.equal(evaluate(connector, pollResult(poll), now).health, health, JSON.stringify([given, until]));
  }
});
