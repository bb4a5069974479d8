import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { standardColumns } from '../sims/azure/standard-tables.ts';
import { oktaEvent } from '../sims/events.ts';
import { compileQuery, type Row } from '../sims/kql.ts';
import { checkSchema } from './asim.ts';
import { now, one, rowOf, run, schema, shows } from './queried.ts';
import { connectorId, table } from './transform.ts';

const hour = 3_600_000;
const here = (path: string) => new URL(path, import.meta.url);

const fixture = (file: string): Row => JSON.parse(readFileSync(here(`../fixtures/events/${file}.json`), 'utf8')).event;

const generated = Array.from({ length: 600 }, (_, index) => oktaEvent({ seed: 4, index, publishedAt: now - hour }));

test('every function can be called with and without parentheses, and is described', () => {
  for (const { alias, version, displayName, description } of savedFunctions) {
    const bare = run(alias, generated);
    assert.deepEqual(run(`${alias}()`, generated), bare);
    assert.ok(bare.rows.length > 100, alias);
    assert.ok(version >= 1 && displayName.length > 10 && description.length > 10, alias);
    assert.equal(new Set(bare.columns.map(({ name }) => name)).size, bare.columns.length, alias);
  }
});

const debugKeys = 'factor threatDetections threatSuspected logOnlySecurityData requestUri requestId privilegeGranted';

test('what content reads of OktaSSO is there, the keys of debugData, the org and the time included', () => {
  const debugData = {
    factor: 'OKTA_VERIFY_PUSH',
    threatDetections: '{"Login Failures":"HIGH"}',
    threatSuspected: 'true',
    logOnlySecurityData: { risk: { level: 'HIGH' }, behaviors: { 'New IP': 'POSITIVE' } },
    requestUri: '/api/v1/authn',
    requestId: 'req1',
    privilegeGranted: 'Read-only administrator',
  };
  const row = one('PatchbayOktaSSO', { ...fixture('sign-in'), debugContext: { debugData } });
  for (const key of debugKeys.split(' ')) {
    const value = debugData[key as keyof typeof debugData];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assert.equal(row[`debugContext_debugData_${key}_s`], text);
  }
  shows(row, {
    domain_s: 'harbour.okta.com',
    published_t: Date.parse('2026-03-02T08:15:30.120Z'),
    TimeGenerated: Date.parse('2026-03-02T08:15:30.120Z'),
    eventType_s: 'user.session.start',
    outcome_result_s: 'SUCCESS',
    outcome_reason_s: 'Sign-on policy evaluation resulted in ALLOW',
    actor_alternateId_s: 'alice@harbour.example',
    actor_id_s: '00uharbour1ALICE0001',
    actor_type_s: 'User',
    client_ipAddress_s: '203.0.113.7',
    client_geographicalContext_city_s: 'Lyon',
    client_geographicalContext_geolocation_lat_d: 45.7485,
    client_userAgent_browser_s: 'CHROME',
    authenticationContext_externalSessionId_s: 'idxHarbour77',
    severity_s: 'INFO',
    uuid_g: '5f1c0c2e-0001-11f1-9b1a-2f4d6a7c8e90',
  });
  assert.ok(Array.isArray(JSON.parse(row.request_ipChain_s as string)));
  assert.ok(Array.isArray(JSON.parse(row.target_s as string)));
});

test('a union with the function OktaSSO of others, there or not, keeps names and types', () => {
  const together = 'union isfuzzy=true OktaSSO, PatchbayOktaSSO';
  assert.equal(run(together, [fixture('sign-in')]).rows.length, 1);
  const other = { alias: 'OktaSSO', parameters: '', query: "print published_t = now(), domain_s = 'x'" };
  const { columns, rows } = compileQuery(together, schema, [...savedFunctions, other])(new Map(), now);
  assert.deepEqual([columns.length, rows.length], [run('PatchbayOktaSSO', []).columns.length, 1]);
});

test('an event without parts has empty values under the names of OktaSSO, not wrong ones', () => {
  shows(one('PatchbayOktaSSO', fixture('all-null')), {
    debugContext_debugData_factor_s: '',
    target_s: '',
    published_t: null,
    client_geographicalContext_geolocation_lat_d: null,
    securityContext_isProxy_b: null,
  });
});

test('the parser for ASIM fills the mandatory columns and keeps to the listed values', () => {
  checkSchema(generated, 200);
  const hand = readdirSync(here('../fixtures/events/')).map((file) => fixture(file.replace('.json', '')));
  checkSchema(hand, 3);
});

test('both parsers for ASIM give the same rows', () => {
  assert.deepEqual(run('ASimAuthenticationOktaPatchbay', generated), run('vimAuthenticationOktaPatchbay', generated));
  assert.equal(run('ASimAuthenticationOktaPatchbay(disabled=true)', generated).rows.length, 0);
});

const app = { type: 'AppInstance', id: '0oa1', displayName: 'Ledger', alternateId: 'Ledger' };
const bob = { type: 'User', id: '00ubob', displayName: 'Bob', alternateId: 'bob@harbour.example' };
const signIn = fixture('sign-in');
const failed = (reason: string) => ({ outcome: { result: 'FAILURE', reason } });
const nobody = { actor: { id: 'unknown', type: 'User', alternateId: 'ghost', displayName: 'unknown' } };

const meanings: [about: string, change: Row, expected: Row | null][] = [
  [
    'a sign-in',
    {},
    {
      EventType: 'Logon',
      EventSubType: 'Interactive',
      EventResult: 'Success',
      EventStartTime: Date.parse('2026-03-02T08:15:30.120Z'),
      TargetUsername: 'alice@harbour.example',
      TargetUsernameType: 'UPN',
      TargetUserId: '00uharbour1ALICE0001',
      TargetUserType: 'Regular',
      TargetSessionId: 'idxHarbour77',
      ActorUsername: '',
      ActorSessionId: '',
      LogonMethod: 'Username & Password',
      SrcIpAddr: '203.0.113.7',
      SrcDvcIpAddr: '203.0.113.7',
      Src: '203.0.113.7',
      SrcGeoCountry: 'France',
      SrcGeoLongitude: 4.8467,
      SrcDeviceType: 'Computer',
      ActingAppType: 'Process',
      Dvc: 'harbour.okta.com',
    },
  ],
  [
    'a sign-in to an app',
    { eventType: 'user.authentication.sso', target: [bob, app] },
    { EventType: 'Logon', TargetAppName: 'Ledger', TargetAppId: '0oa1', LogonTarget: 'Ledger', ActorUserId: '' },
  ],
  ['a sign-out', { eventType: 'user.session.end' }, { EventType: 'Logoff', EventSubType: '' }],
  [
    'the admin console',
    { eventType: 'user.session.access_admin_app', target: null },
    { EventType: 'Elevate', TargetAppName: 'Okta Admin Console' },
  ],
  [
    "somebody's sessions ended by another person",
    { eventType: 'user.session.clear', target: [bob] },
    {
      EventType: 'Logoff',
      TargetUsername: 'bob@harbour.example',
      TargetUserId: '00ubob',
      TargetSessionId: '',
      ActorUsername: 'alice@harbour.example',
      ActorUsernameType: 'UPN',
      ActorUserIdType: 'OktaId',
      ActorUserType: 'Regular',
      ActorSessionId: 'idxHarbour77',
    },
  ],
  [
    'an impersonation',
    { eventType: 'user.session.impersonation.initiate', target: [app, bob] },
    { EventType: 'Elevate', EventSubType: 'AssumeRole', User: 'bob@harbour.example' },
  ],
  [
    'a wrong password',
    failed('INVALID_CREDENTIALS'),
    { EventResult: 'Failure', EventResultDetails: 'Incorrect password' },
  ],
  [
    'an unknown user',
    { ...failed('VERIFICATION_ERROR'), ...nobody },
    { EventResultDetails: 'No such user', User: 'ghost', TargetUsernameType: 'Simple' },
  ],
  ['a failure that says little', failed('VERIFICATION_ERROR'), { EventResultDetails: 'No such user or password' }],
  ['a locked user', failed('LOCKED_OUT'), { EventResultDetails: 'User locked' }],
  ['an expired password', failed('PASSWORD_EXPIRED'), { EventResultDetails: 'Password expired' }],
  ['another failure', failed('NEW_REASON'), { EventResultDetails: 'Other', EventOriginalResultDetails: 'NEW_REASON' }],
  [
    'a failed factor',
    { eventType: 'user.authentication.auth_via_mfa', ...failed('INVALID_CREDENTIALS') },
    { EventType: 'Logon', EventResultDetails: 'Incorrect key', LogonMethod: 'Multi factor authentication' },
  ],
  [
    'a push that nobody answers',
    { eventType: 'user.authentication.auth_via_mfa', outcome: { result: 'UNANSWERED', reason: 'x' } },
    { EventType: 'Logon', EventResult: 'Failure', EventResultDetails: 'Other', EventOriginalResultDetails: 'x' },
  ],
  ['a sign-in that is given up', { outcome: { result: 'ABANDONED' } }, { EventResult: 'Failure' }],
  [
    'a sign-in that is put off',
    { outcome: { result: 'DEFERRED' } },
    { EventResult: 'Partial', EventResultDetails: '' },
  ],
  ['a passed factor', { eventType: 'user.authentication.auth_via_mfa' }, null],
  [
    'a denied sign-on',
    {
      eventType: 'policy.evaluate_sign_on',
      outcome: { result: 'DENY', reason: 'x' },
      target: [
        { type: 'PolicyEntity', displayName: 'P' },
        { type: 'PolicyRule', displayName: 'No Tor' },
      ],
    },
    { EventResultDetails: 'Logon violates policy', Rule: 'No Tor', DvcAction: 'Deny', DvcOriginalAction: 'DENY' },
  ],
  ['an allowed sign-on', { eventType: 'policy.evaluate_sign_on', outcome: { result: 'ALLOW' } }, null],
  ['a change of a profile', { eventType: 'user.account.update_profile' }, null],
];

for (const [about, change, expected] of meanings) {
  test(`${about} is read as ${expected === null ? 'no authentication' : JSON.stringify(expected).slice(1, 60)}`, () => {
    const event = { ...signIn, ...change };
    if (expected === null) assert.equal(run('vimAuthenticationOktaPatchbay', [event]).rows.length, 0);
    else shows(one('vimAuthenticationOktaPatchbay', event), expected);
  });
}

const alice = signIn;
const crowd: Row[] = [
  alice,
  { ...alice, uuid: '2', ...failed('LOCKED_OUT'), ...nobody, client: { ipAddress: '198.51.100.9' } },
  { ...alice, uuid: '3', eventType: 'user.session.clear', target: [bob] },
  { ...alice, uuid: '4', eventType: 'user.authentication.sso', target: [app], published: '2026-03-03T00:00:00Z' },
];

const filters: [parameters: string, uids: string[]][] = [
  ['', ['1', '2', '3', '4']],
  ['starttime=datetime(2026-03-02T12:00:00Z)', ['4']],
  ['endtime=datetime(2026-03-02T12:00:00Z)', ['1', '2', '3']],
  ['starttime=ago(2d), endtime=now()', ['4']],
  ["username_has_any=dynamic(['ALICE'])", ['1', '3', '4']],
  ["username_has_any=dynamic(['bob', 'ghost'])", ['2', '3']],
  ["targetappname_has_any=dynamic(['ledger'])", ['4']],
  ["srcipaddr_has_any_prefix=dynamic(['198.51.', '10.'])", ['2']],
  ["srcipaddr_has_any_prefix=dynamic(['203.0.113.7'])", ['1', '3', '4']],
  ["srchostname_has_any=dynamic(['dock'])", []],
  ["eventtype_in=dynamic(['logoff'])", ['3']],
  ["eventresultdetails_in=dynamic(['User locked'])", ['2']],
  ["eventresult='Failure'", ['2']],
  ["eventresult='Success', eventtype_in=dynamic(['Logon'])", ['1', '4']],
  ['disabled=true', []],
  // As unifying parsers call it.
  [
    "datetime(null), now(), dynamic(['harbour']), dynamic([]), dynamic(['203.']), dynamic([]), dynamic([]), dynamic([]), '*', false",
    ['1', '3', '4'],
  ],
];

for (const [parameters, uids] of filters) {
  test(`the filtering parser takes ${parameters || 'no parameter'}`, () => {
    const events = crowd.map((event, index) => ({ ...event, uuid: String(index + 1) }));
    const { rows } = run(`vimAuthenticationOktaPatchbay(${parameters})`, events);
    assert.deepEqual(
      rows.map(({ EventOriginalUid }) => EventOriginalUid),
      uids,
    );
  });
}

test('the filtering parser says which user name matched, and packs the rest when asked to', () => {
  const cleared = { ...alice, eventType: 'user.session.clear', target: [bob] };
  const matched = (names: string) =>
    one(`vimAuthenticationOktaPatchbay(username_has_any=dynamic([${names}]))`, cleared).ASimMatchingUsername;
  assert.equal(matched("'bob'"), 'TargetUsername');
  assert.equal(matched("'alice'"), 'ActorUsername');
  assert.equal(matched("'harbour'"), 'Both');
  const { AdditionalFields } = one('ASimAuthenticationOktaPatchbay(pack=true)', alice);
  shows(AdditionalFields as Row, { ConnectorId: connectorId, CredentialType: 'PASSWORD', Zone: 'Head office' });
  assert.deepEqual(one('ASimAuthenticationOktaPatchbay', alice).AdditionalFields, {});
});

test('the distinct view has every event once, the copy with the earliest time, and loses none without a uuid', () => {
  const rows = [alice, { ...alice, uuid: '2' }, { ...alice, uuid: '' }, { ...alice, uuid: '', eventType: 'x.y' }].map(
    rowOf,
  );
  const first = rows[0] as Row;
  const late = { ...first, TimeGenerated: (first.TimeGenerated as number) + hour };
  const forThreads = { ...first, OktaDomain: 'quay.okta.com' };
  const stored = new Map([['OktaSystemLogs_CL', [late, ...rows, first, late, forThreads]]]);
  const query = (text: string) => compileQuery(text, schema, savedFunctions)(stored, now);
  const all = query('OktaSystemLogsDistinct');
  assert.equal(all.rows.length, 5);
  assert.equal(all.rows[0]?.TimeGenerated, first.TimeGenerated);
  assert.deepEqual(
    all.columns.map(({ name }) => name).sort(),
    [...table, ...standardColumns].map(({ name }) => name).sort(),
  );
  assert.equal(all.rows[0]?.ActorUsername, 'alice@harbour.example');
  assert.equal(query('OktaSystemLogsDistinct(starttime=datetime(2026-03-03))').rows.length, 0);
  assert.equal(query('OktaSystemLogsDistinct | summarize count() by OktaDomain').rows.length, 2);
});
