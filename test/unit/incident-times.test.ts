import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { joinSpans, missingSpan } from '../../ingestion/connector/missing-span.ts';
import { nextReminderAt } from '../../ingestion/connector/reminders.ts';
import { next } from '../../ingestion/judgement/next.ts';
import { evaluate } from '../../ingestion/judgement/verdict.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { hour, minute, now, pollResult, record } from './record.ts';

/** One poll a minute from `now` on, each failing for its reason (null: it goes well); since when the last is said to go on. */
function since(reasons: (Reason | null)[]): number | undefined {
  let connector = record();
  for (const [index, reason] of reasons.entries()) {
    const at = now + index * minute;
    const poll = pollResult({ startedAt: at, failure: reason && { reason, evidence: {}, since: at } });
    const verdict = evaluate(connector, poll, at);
    connector = { ...connector, status: next(connector, { poll, verdict }, at) };
  }
  const last = connector.status.problem?.since;
  return last === undefined ? undefined : (last - now) / minute;
}

test('trouble counts from the first poll that failed, through every change of its reason, until a poll goes well', () => {
  const [rule, role, away] = ['rule-missing', 'role-missing', 'azure-unreachable'] as const;
  for (const [reasons, minutes] of [
    [[rule], 0],
    [[null, null, rule, rule], 2],
    [[rule, role, rule], 0],
    [[null, away, away, rule], 1],
    [[rule, null, rule], 2],
    [['okta-unreachable', 'azure-unreachable', 'token-refused'], 0],
    // Whoever is at the rate limit, and not behind, has no trouble.
    [['rate-limited', 'token-refused'], 1],
    [[null], undefined],
  ] as const)
    assert.equal(since([...reasons]), minutes, reasons.join(', '));
});

const problem = (reason: Reason, at = now - 26 * minute) => ({
  reason,
  health: 'error' as const,
  since: at,
  evidence: {},
});

test('where events may be missing is said exactly, and only of what loses any', () => {
  const seen = { at: now, rows: 5, newestEvent: now - 30 * minute, newestArrival: now - 29 * minute };
  const began = now - 50 * hour;
  const given = { createdAt: now - 48 * hour, settings: { backfillHours: 2 } };
  const there = { at: now - hour, since: now - hour };
  for (const [reason, observation, lastEventAt, span] of [
    ['not-visible', { seen }, now - minute, { from: now - 30 * minute, to: null }],
    ['not-visible', { seen: { ...seen, newestEvent: now } }, now, { from: now - 26 * minute, to: null }],
    ['daily-cap', { seen }, now - minute, { from: now - 30 * minute, to: null }],
    ['ingestion-limit', { seen }, now - minute, { from: now - 30 * minute, to: null }],
    ['transform-failed', { seen: null }, now - minute, { from: began, to: null }],
    ['no-first-data', {}, null, { from: began, to: null }],
    ['source-quiet', {}, now - 40 * minute, { from: now - 40 * minute, to: null }],
    ['source-quiet', {}, null, { from: now - 26 * minute, to: null }],
    // What was sent since the table was last seen is sent again.
    ['table-missing', { there }, now, { from: began, to: now - hour - 15 * minute }],
    ['table-missing', { there: null }, now, null],
    ['token-refused', {}, now, null],
    ['rule-missing', {}, now, null],
    ['okta-unreachable', {}, now, null],
  ] as const) {
    const connector = record({ ...given, observation, status: { lastEventAt } });
    assert.deepEqual(missingSpan(connector, problem(reason)), span, reason);
  }
});

test('of two stretches the whole is told, open where one is', () => {
  const one = { from: 5, to: 9 };
  for (const [a, b, both] of [
    [null, null, null],
    [one, null, one],
    [null, one, one],
    [one, { from: 3, to: 7 }, { from: 3, to: 9 }],
    [one, { from: 8, to: null }, { from: 5, to: null }],
  ] as const)
    assert.deepEqual(joinSpans(a, b), both);
});

test('who is reminded, and when: of errors alone, until somebody is on it, and never while it is snoozed', () => {
  const by = { id: 'p', name: 'Ada' };
  const snoozed = { by, at: now, until: now + 2 * hour };
  const acknowledged = { by, at: now };
  for (const [given, after] of [
    [{}, hour],
    [{ reminders: 1 }, 4 * hour],
    [{ reminders: 2 }, 24 * hour],
    [{ reminders: 9 }, 24 * hour],
    [{ acknowledged }, null],
    [{ snoozed }, 2 * hour],
    [{ snoozed, acknowledged }, 2 * hour],
    [{ snoozed: { by, at: now - 2 * hour, until: now } }, hour],
    [{ health: 'warning' }, null],
    [{ health: 'warning', snoozed }, 2 * hour],
    [{ resolvedAt: now, snoozed }, null],
  ] as [Partial<Incident> & { health?: 'warning' }, number | null][]) {
    const { health = 'error', ...rest } = given;
    const course = { resolvedAt: null, acknowledged: null, snoozed: null, reminders: 0, ...rest };
    const at = nextReminderAt({ ...course, health }, now);
    assert.equal(at && at - now, after, JSON.stringify(given));
  }
});
