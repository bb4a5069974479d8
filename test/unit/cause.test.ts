import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf } from '../../ingestion/connector/cause.ts';
import { type Reason, reasons } from '../../ingestion/reasons.ts';
import { minute, record } from './record.ts';

const workspace = { id: '/subscriptions/S/workspaces/SOC', name: 'soc', customerId: 'w', location: 'West Europe' };
const acme = { ...record({ settings: { workspace, clientId: '0oa1' } }), domain: 'acme.okta.com' };

const cause = (reason: Reason) => causeOf(acme, { reason, evidence: { subject: 'risk' } });

const org = 'org acme.okta.com';
const tokens = 'tokens acme.okta.com';
const soc = 'workspace /subscriptions/s/workspaces/soc';

/** By what connectors fail together; every other reason is of one connector alone. */
const shared = new Map<Reason, string>([
  ['domain-unknown', org],
  ['domain-refused', org],
  ['okta-unreachable', org],
  ['okta-answer-unusable', org],
  ['rate-limited', org],
  ['token-refused', tokens],
  ['token-not-permitted', tokens],
  ['app-refused', 'app acme.okta.com 0oa1'],
  ['app-not-permitted', 'app acme.okta.com 0oa1'],
  ['key-unreadable', 'sealing'],
  ['vault-unknown', 'vault'],
  ['vault-unreachable', 'vault'],
  ['vault-throttled', 'vault'],
  ['vault-forbidden', 'vault'],
  ['identity-failed', 'identity'],
  ['sentinel-off', soc],
  ['subscription-disabled', soc],
  ['workspace-gone', soc],
  ['azure-unreachable', 'region westeurope'],
  ['azure-throttled', 'region westeurope'],
  ['network-closed', soc],
  ['daily-cap', soc],
  ['ingestion-limit', soc],
  ['new-field', 'fields risk'],
  ['table-missing', soc],
  ['not-visible', soc],
  ['look-failed', soc],
  ['proxy-refused', 'network'],
  ['certificate-unknown', 'network'],
  ['scheduler-down', 'polling'],
]);

test('what connectors fail together by is said for each reason, and what belongs to one alone has no such cause', () => {
  for (const [reason, key] of shared) assert.equal(cause(reason)?.key, key, reason);
  for (const reason of ['rule-missing', 'role-missing', 'events-refused', 'source-quiet', 'key-deleted'] as const)
    assert.equal(cause(reason), null, reason);
  for (const reason of reasons) if (!shared.has(reason)) assert.equal(cause(reason), null, reason);
});

test('another org, workspace or region is another cause, however it is written', () => {
  const lower = {
    ...acme,
    settings: { ...acme.settings, workspace: { ...workspace, id: workspace.id.toLowerCase() } },
  };
  const north = { ...acme, settings: { ...acme.settings, workspace: { ...workspace, location: 'northeurope' } } };
  const other = { ...acme, domain: 'labs.okta.com' };
  const key = (connector: typeof acme, reason: Reason) => causeOf(connector, { reason, evidence: {} })?.key;
  assert.equal(key(lower, 'table-missing'), key(acme, 'table-missing'));
  for (const reason of ['okta-unreachable', 'token-refused'] as const)
    assert.notEqual(key(other, reason), key(acme, reason));
  assert.notEqual(key(north, 'azure-unreachable'), key(acme, 'azure-unreachable'));
  assert.equal(key(other, 'azure-unreachable'), key(acme, 'azure-unreachable'));
});

test('what each connector has to be mended for by itself is one cause only for those that begin to fail together', () => {
  for (const [reason, together] of [
    ['token-refused', 20 * minute],
    ['proxy-refused', 20 * minute],
    ['okta-unreachable', null],
    ['table-missing', null],
    ['identity-failed', null],
  ] as const)
    assert.equal(cause(reason)?.togetherMs, together, reason);
});
