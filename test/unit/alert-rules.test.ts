import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsRequest } from '../../bot/commands/alerts-request.ts';
import { type AlertRules, holdOf, silentUntil, takesAlert } from '../../bot/teams/alert-rules.ts';
import type { Problem } from '../../ingestion/connector/connector.ts';
import { incidentOf } from './every-card.ts';
import { hour, minute, now, record } from './record.ts';

test('what is asked of alerts is read as people write it', () => {
  const here = (errorsOnly: boolean, only: string) => ({ kind: 'here', filter: { errorsOnly, only } });
  const quiet = { kind: 'quiet', from: '22:00', to: '07:00' };
  const unclear = { kind: 'unclear' };
  for (const [text, request] of [
    ['', { kind: 'list' }],
    ['list', { kind: 'list' }],
    ['OFF', { kind: 'off' }],
    ['here', { kind: 'here', filter: null }],
    ['here errors', here(true, '')],
    ['here errors only', here(true, '')],
    ['here error', here(true, '')],
    ['Here Only Okta EU', here(false, 'Okta EU')],
    ['here errors only "okta eu"', here(true, 'okta eu')],
    ['here errors only only one', here(true, 'only one')],
    ['here please', unclear],
    ['quiet 22:00-07:00', quiet],
    ['quiet 22-7', quiet],
    ['quiet 10pm to 7am', quiet],
    ['quiet 22:00 – 07:00', quiet],
    ['quiet OFF', { kind: 'quiet off' }],
    ['quiet', unclear],
    ['quiet 22:00', unclear],
    ['quiet 22:00-22:00', unclear],
    ['quiet 25:00-07:00', unclear],
    ['off now', unclear],
    ['somewhere', unclear],
  ] as const)
    assert.deepEqual(alertsRequest(text), request, text);
});

const problem = (health: 'warning' | 'error'): Problem => ({
  reason: 'source-quiet',
  health,
  since: now,
  evidence: {},
});
const acme = record({ settings: { conversationId: 'own', workspace: { name: 'soc-eu' } as never } });
const rules = (given: Partial<AlertRules>): AlertRules => ({
  id: 'other',
  alerts: true,
  filter: null,
  quiet: null,
  muted: null,
  ...given,
});

test('a conversation is told of what it asked for, and of connectors that were set to it', () => {
  const only = (text: string) => ({ errorsOnly: false, only: text });
  const errors = { errorsOnly: true, only: '' };
  for (const [given, health, takes] of [
    [{}, 'warning', true],
    [{ alerts: false }, 'error', false],
    [{ alerts: false, id: 'own' }, 'warning', true],
    [{ filter: errors }, 'warning', false],
    [{ filter: errors }, 'error', true],
    [{ filter: errors, id: 'own' }, 'warning', false],
    [{ filter: only('ACME') }, 'warning', true],
    [{ filter: only('okta.com') }, 'warning', true],
    [{ filter: only('soc-eu') }, 'warning', true],
    [{ filter: only('labs') }, 'error', false],
    [{ filter: only('labs'), id: 'own' }, 'error', true],
    [{ filter: { errorsOnly: true, only: 'acme' } }, 'warning', false],
  ] as const)
    assert.equal(takesAlert(rules(given), acme, problem(health)), takes, JSON.stringify({ ...given, health }));
});

test('a mute silences everything until its end, quiet hours warnings only', () => {
  const person = { id: 'p', name: 'Ada' };
  const mute = (until: number) => ({ by: person, at: now - hour, until });
  // It is noon.
  const quiet = { from: '11:00', to: '13:00', zone: 'UTC' };
  for (const [given, connectorMute, health, until] of [
    [{}, null, 'warning', null],
    [{ muted: mute(now + minute) }, null, 'error', now + minute],
    [{ muted: mute(now) }, null, 'error', null],
    [{}, mute(now + hour), 'error', now + hour],
    [{ muted: mute(now + 2 * hour) }, mute(now + hour), 'error', now + 2 * hour],
    [{ quiet }, null, 'warning', now + hour],
    [{ quiet }, null, 'error', null],
    [{ quiet: { from: '22:00', to: '07:00', zone: 'UTC' } }, null, 'warning', null],
    [{ quiet, muted: mute(now + minute) }, null, 'warning', now + hour],
  ] as const) {
    const connector = { ...acme, muted: connectorMute };
    const silent = silentUntil(rules(given), { connector, problem: problem(health) }, now);
    assert.equal(silent, until, JSON.stringify({ given, health }));
  }
});

test('a card of several is posted as soon as one of them may be told, and what was over in a silence is not', () => {
  const by = { id: 'p', name: 'Ada' };
  const quiet = { from: '11:00', to: '13:00', zone: 'UTC' };
  const member = (health: 'warning' | 'error', { muted = 0, resolvedAt = null as number | null } = {}) => ({
    connector: { ...acme, muted: muted ? { by, at: now - 2 * hour, until: now + muted } : null },
    incident: { ...incidentOf(acme), problem: problem(health), wasError: health === 'error', resolvedAt },
  });
  const ended = now - minute;
  const [recovered, none] = [{ kind: 'recovered' } as const, null];
  for (const [members, subject, hold] of [
    [[member('warning')], none, now + hour],
    [[member('warning'), member('error')], none, null],
    [[member('error', { muted: hour }), member('error', { muted: minute })], none, now + minute],
    [[member('error', { muted: hour }), member('error')], none, null],
    // What is over by now does not count, as long as something goes on.
    [[member('error', { resolvedAt: ended }), member('warning')], none, now + hour],
    [[member('warning', { resolvedAt: ended })], none, 'never'],
    [[member('warning', { resolvedAt: ended }), member('error', { resolvedAt: ended })], recovered, null],
    [[member('error', { resolvedAt: ended, muted: hour })], recovered, 'never'],
  ] as const)
    assert.equal(holdOf(rules({ quiet }), { members: [...members], subject }, now), hold);
});
