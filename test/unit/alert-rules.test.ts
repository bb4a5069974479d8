import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsRequest } from '../../bot/commands/alerts-request.ts';
import { type AlertRules, silentUntil, takesAlert } from '../../bot/teams/alert-rules.ts';
import type { Problem } from '../../ingestion/connector/connector.ts';
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
