import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alertRules, templateOf } from '../../deploy/alert-rules.ts';
import { ingestionTime } from '../sims/kql/schema.ts';
import { compileQuery, type Row } from '../sims/kql.ts';
import { now, rowOf, ruleSchema as schema } from './queried.ts';

// Each rule on what is planted for it, where it must fire, and on what is nearly that, where it must not. A Wednesday, 10:30.

const read = (path: string) => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

type Change = Record<string, unknown> & { ago?: number };
let made = 0;

/** An event of Alice's, so long ago; what is given replaces parts of it. */
function event({ ago = 10 * minute, ...change }: Change = {}): Row {
  return {
    uuid: `event-${++made}`,
    published: new Date(now - ago).toISOString(),
    eventType: 'user.session.start',
    severity: 'INFO',
    outcome: { result: 'SUCCESS' },
    actor: { id: '00ualice', type: 'User', alternateId: 'alice@harbour.example', displayName: 'Alice' },
    client: { ipAddress: '203.0.113.7', geographicalContext: { country: 'France' } },
    authenticationContext: { externalSessionId: 'session-1' },
    target: [{ id: '00ubob', type: 'User', alternateId: 'bob@harbour.example', displayName: 'Bob' }],
    ...change,
  };
}

const times = (count: number, each: (index: number) => Change): Row[] =>
  Array.from({ length: count }, (_, index) => event(each(index)));

/** A health record of the connector Acme, so long ago. */
function health({ ago = 10 * minute, ...change }: Change = {}): Row {
  return {
    TimeGenerated: now - ago,
    OperationName: 'Data fetch status change',
    Status: 'Success',
    Reason: '',
    Description: '',
    RecordId: `record-${++made}`,
    SentinelResourceId: 'acme',
    SentinelResourceName: 'Acme',
    SentinelResourceKind: 'Okta',
    SentinelResourceType: 'Data connector',
    ExtendedProperties: { OktaDomain: 'harbour.okta.com', FailingSince: null },
    WorkspaceId: 'w',
    ...change,
  };
}

const failing = (since: number, more: Change = {}) =>
  health({
    Status: 'Failure',
    Reason: 'token-refused',
    ExtendedProperties: { OktaDomain: 'harbour.okta.com', FailingSince: new Date(now - since).toISOString() },
    ...more,
  });

const push = (result: string, ago: number, more: Change = {}) =>
  event({ eventType: 'user.authentication.auth_via_mfa', outcome: { result }, ago, ...more });

const bob = { id: '00ubob', type: 'User', alternateId: 'bob@harbour.example', displayName: 'Bob' };
const grant = (ago: number, more: Change = {}) =>
  event({
    eventType: 'user.account.privilege.grant',
    debugContext: { debugData: { privilegeGranted: 'Super administrator' } },
    ago,
    ...more,
  });
const token = (ago: number, more: Change = {}) => event({ eventType: 'system.api_token.create', ago, ...more });
const from = (country: string, more: Change = {}) =>
  event({ client: { ipAddress: `203.0.113.${country.length}`, geographicalContext: { country } }, ...more });
/** Thirty events in the last hour's place on each of so many days before. */
const daysBefore = (days: number, each = 30) =>
  Array.from({ length: days }, (_, at) => times(each, (index) => ({ ago: (at + 1) * day + index * minute }))).flat();

type Case = [about: string, rows: Row[]];

/** A record of a failure that does not say since when. */
const unsaid = (ago: number) => failing(0, { ago, ExtendedProperties: { OktaDomain: 'x', FailingSince: null } });

/** A health record of a connector of the org. */
function running(State = 'connected', OperationName = 'Data fetch status change'): Row {
  return health({ OperationName, ExtendedProperties: { OktaDomain: 'harbour.okta.com', State } });
}

/** For each rule: on what it fires, with what its row says; and on what it stays silent. */
const cases: Record<string, { fires: [...Case, says: Row][]; silent: Case[] }> = {
  'connector-in-error': {
    fires: [
      [
        'an error of an hour',
        [health({ ago: 2 * hour }), failing(hour)],
        { Connector: 'Acme', Reason: 'token-refused', OktaDomain: 'harbour.okta.com' },
      ],
      [
        'one whose beginning is not said, and whose last good record is an hour old',
        [health({ ago: hour }), unsaid(50 * minute), unsaid(5 * minute)],
        { OktaDomain: 'x', FailingSince: now - hour },
      ],
    ],
    silent: [
      [
        'one whose beginning is not said, and that was well twenty minutes ago',
        [health({ ago: 20 * minute }), unsaid(minute)],
      ],
      ['a new connector that waits for a right', [unsaid(10 * minute)]],
      ['an error of twenty minutes', [failing(20 * minute)]],
      ['one that is over', [failing(2 * hour, { ago: 30 * minute }), health()]],
      [
        'one whose connector was removed',
        [failing(2 * hour, { ago: hour }), failing(2 * hour, { OperationName: 'Connector removed' })],
      ],
      ['a warning', [health({ Status: 'Warning' })]],
    ],
  },
  'no-health-records': {
    fires: [
      [
        'the last record is four hours old',
        [health({ ago: 5 * hour }), health({ ago: 4 * hour })],
        { Connector: 'Acme', LastStatus: 'Success' },
      ],
    ],
    silent: [
      ['a record of two hours ago', [health({ ago: 2 * hour })]],
      ['a connector that was removed', [health({ ago: 5 * hour, OperationName: 'Connector removed' })]],
    ],
  },
  'no-rows': {
    fires: [
      [
        'thirty on each day before, some today, and none now',
        [...daysBefore(7), event({ ago: 5 * hour }), running()],
        { OktaDomain: 'harbour.okta.com', Connector: 'harbour.okta.com', UsualRows: 30 },
      ],
    ],
    silent: [
      ['one row in the hour', [...daysBefore(7), event({ ago: 50 * minute }), running()]],
      ['an org that is new', [...daysBefore(3, 100), event({ ago: 5 * hour }), running()]],
      ['an org where few are usual', [...daysBefore(7, 10), event({ ago: 5 * hour }), running()]],
      [
        'an org that is silent at this hour',
        [...times(300, (index) => ({ ago: (1 + (index % 7)) * day + 5 * hour })), event({ ago: 5 * hour }), running()],
      ],
      [
        'a day on which none came a week ago either, as on a weekend',
        [...daysBefore(5, 60), event({ ago: 5 * hour }), running()],
      ],
      ['a connector that is paused', [...daysBefore(7), event({ ago: 5 * hour }), running('paused')]],
      ['one that was connected anew, and has brought nothing for a day', [...daysBefore(7), running()]],
      ['one that was removed', [...daysBefore(7), event({ ago: 5 * hour }), running('connected', 'Connector removed')]],
    ],
  },
  'admin-role-out-of-hours': {
    fires: [],
    silent: [
      ['a role that was given at ten on a Wednesday', [grant(10 * minute)]],
      ['one that was refused', [grant(10 * minute, { outcome: { result: 'FAILURE' } })]],
    ],
  },
  'push-fatigue': {
    fires: [
      [
        'four refused, one unanswered, and one taken',
        [
          ...[50, 48, 46, 44].map((at) => push('FAILURE', at * minute)),
          push('UNANSWERED', 40 * minute),
          push('SUCCESS', 5 * minute),
        ],
        { ActorUsername: 'alice@harbour.example', Refused: 5, SrcIpAddr: '203.0.113.7' },
      ],
    ],
    silent: [
      [
        'one refused, one taken, and four refused after it',
        [
          push('FAILURE', 50 * minute),
          push('SUCCESS', 10 * minute),
          ...[9, 8, 7, 6].map((at) => push('FAILURE', at * minute)),
        ],
      ],
      ['four refused', [...[50, 48, 46, 44].map((at) => push('FAILURE', at * minute)), push('SUCCESS', 5 * minute)]],
      [
        'none taken after them',
        [push('SUCCESS', 55 * minute), ...[50, 48, 46, 44, 42].map((at) => push('FAILURE', at * minute))],
      ],
      [
        'taken by another person',
        [
          ...[50, 48, 46, 44, 42].map((at) => push('FAILURE', at * minute)),
          push('SUCCESS', 5 * minute, { actor: bob }),
        ],
      ],
    ],
  },
  'new-api-token-maker': {
    fires: [
      [
        'the first token of Alice',
        [token(20 * minute), token(3 * day, { actor: bob })],
        { ActorUsername: 'alice@harbour.example', Token: 'Bob' },
      ],
    ],
    silent: [
      ['one who made another last week', [token(20 * minute), token(7 * day)]],
      ['a try that failed', [token(20 * minute, { outcome: { result: 'FAILURE' } })]],
      ['one of yesterday', [token(day)]],
    ],
  },
  'defence-switched-off': {
    fires: [
      [
        'a policy',
        [event({ eventType: 'policy.lifecycle.deactivate' })],
        { EventOriginalType: 'policy.lifecycle.deactivate', What: 'Bob' },
      ],
      ['a zone', [event({ eventType: 'zone.delete' })], { EventOriginalType: 'zone.delete' }],
    ],
    silent: [
      ['a policy that was switched on', [event({ eventType: 'policy.lifecycle.activate' })]],
      ['a try that failed', [event({ eventType: 'policy.lifecycle.deactivate', outcome: { result: 'FAILURE' } })]],
    ],
  },
  'risky-sign-in': {
    fires: [
      [
        'by the security context',
        [event({ securityContext: { risk: { level: 'HIGH', reasons: ['Anomalous Device'] } } })],
        { ActorUsername: 'alice@harbour.example', Why: '["Anomalous Device"]' },
      ],
      [
        'by the debug data',
        [event({ debugContext: { debugData: { risk: '{reasons=Anomalous Location, level=HIGH}' } } })],
        {},
      ],
    ],
    silent: [
      ['a medium risk', [event({ securityContext: { risk: { level: 'MEDIUM' } } })]],
      ['one that failed', [event({ securityContext: { risk: { level: 'HIGH' } }, outcome: { result: 'FAILURE' } })]],
    ],
  },
  'session-in-two-countries': {
    fires: [
      [
        'France, then Chile',
        [from('France', { ago: 40 * minute }), from('Chile', { eventType: 'user.authentication.sso' })],
        { ActorSessionId: 'session-1' },
      ],
    ],
    silent: [
      ['two sessions', [from('France'), from('Chile', { authenticationContext: { externalSessionId: 'session-2' } })]],
      ['a country that is not known', [from('France'), from('')]],
      [
        'what Okta calls no session, from an application',
        ['France', 'Chile'].map((country) =>
          from(country, {
            authenticationContext: { externalSessionId: 'unknown' },
            actor: { id: '0oa1', type: 'PublicClientApp', alternateId: '0oa1' },
          }),
        ),
      ],
      [
        'what has no session, of a person',
        ['France', 'Chile'].map((country) =>
          from(country, { authenticationContext: { externalSessionId: 'unknown' } }),
        ),
      ],
      ['a day apart', [from('France', { ago: day }), from('Chile')]],
    ],
  },
  'support-access': {
    fires: [
      [
        'an impersonation',
        [event({ eventType: 'user.session.impersonation.initiate' })],
        { As: 'bob@harbour.example' },
      ],
    ],
    silent: [['its end', [event({ eventType: 'user.session.impersonation.end' })]]],
  },
};

/** The row of an event, which came into the workspace half a minute after it was published, unless it says when. */
function received({ receivedAt, ...event }: Row): Row {
  const row = rowOf(event);
  return { ...row, [ingestionTime]: receivedAt ?? Number(row.TimeGenerated) + minute / 2 };
}

/** What a rule finds at a time. */
function found(id: string, rows: Row[], at = now): Row[] {
  const { query } = alertRules.find((each) => each.id === id) ?? assert.fail(id);
  const isHealth = (row: Row) => 'RecordId' in row;
  const stored = new Map([
    ['OktaSystemLogs_CL', rows.filter((row) => !isHealth(row)).map(received)],
    ['OktaConnectorHealth_CL', rows.filter(isHealth)],
  ]);
  return compileQuery(query, schema)(stored, at).rows;
}

for (const { id, name } of alertRules) {
  const { fires, silent } = cases[id] ?? assert.fail(`${id} has no cases`);
  for (const [about, rows, says] of fires)
    test(`${name}: fires on ${about}`, () => {
      const [row, ...more] = found(id, rows);
      assert.ok(row);
      assert.deepEqual(more, []);
      assert.deepEqual(Object.fromEntries(Object.keys(says).map((column) => [column, row[column]])), says);
    });
  for (const [about, rows] of silent) test(`${name}: silent on ${about}`, () => assert.deepEqual(found(id, rows), []));
}

/** Whether rules are about rows as they come, so that none is told of twice; the others tell of what is so for as long as it is. */
const asItComes = (id: string) => /arrived > ago\(15m\)/.test(alertRules.find((each) => each.id === id)?.query ?? '');

test('a row that stands twice, also later, is told of once', () => {
  for (const { id } of alertRules.filter((each) => asItComes(each.id))) {
    for (const [about, rows] of cases[id]?.fires ?? []) {
      const later = rows.map((each) => ({ ...each, receivedAt: now + 20 * minute }));
      assert.equal(found(id, [...rows, ...rows, ...later]).length, 1, `${id}: ${about}`);
      assert.deepEqual(found(id, [...rows, ...later], now + 30 * minute), [], `${id}: ${about}, half an hour later`);
    }
  }
});

test('four refused pushes of which one stands three times are four', () => {
  const refused = [50, 48, 46, 44].map((at) => push('FAILURE', at * minute));
  const [first] = refused;
  assert.ok(first);
  assert.deepEqual(found('push-fatigue', [...refused, first, first, push('SUCCESS', 5 * minute)]), []);
});

test('a push that is denied in the app counts as refused', () => {
  const denied = [50, 48, 46, 44, 42].map((at) =>
    event({ eventType: 'user.mfa.okta_verify.deny_push', ago: at * minute }),
  );
  assert.equal(found('push-fatigue', [...denied, push('SUCCESS', 5 * minute)]).length, 1);
});

test('what a rule looks back for as rows come is as long as it waits', () => {
  for (const { id, every, query } of alertRules) {
    const [, minutes] = /arrived > ago\((\d+)m\)/.exec(query) ?? [];
    if (minutes) assert.equal(every, `PT${minutes}M`, id);
  }
});

test('an event that comes late is told of when it comes, and one that was told of is not told of again', () => {
  const about = { eventType: 'user.session.impersonation.initiate', ago: 5 * hour };
  assert.equal(found('support-access', [event({ ...about, receivedAt: now - 2 * minute })]).length, 1);
  assert.equal(found('support-access', [event({ ...about, receivedAt: now - 20 * minute })]).length, 0);
});

test('an administrator’s role is told of at night and on a weekend', () => {
  const night = now - 12 * hour;
  const saturday = now + 3 * day;
  for (const at of [night, saturday]) {
    const rows = [event({ eventType: 'group.privilege.grant', published: new Date(at - 10 * minute).toISOString() })];
    const [row] = found('admin-role-out-of-hours', rows, at);
    assert.equal(row?.To, 'bob@harbour.example');
  }
  const late = { ...event({ eventType: 'group.privilege.grant', ago: 2 * day }), receivedAt: night - minute };
  assert.deepEqual(found('admin-role-out-of-hours', [late], night), [], 'given by day, and come at night');
});

test('the template makes each rule once, with its query, and the manual names it', () => {
  assert.deepEqual(JSON.parse(read('alert-rules.json')), JSON.parse(templateOf(alertRules)), 'npm run alert-rules');
  assert.ok(alertRules.length >= 8);
  assert.equal(new Set(alertRules.map(({ id }) => id)).size, alertRules.length);
  const manual = read('README.md');
  for (const { name, description, tactics, techniques } of alertRules) {
    assert.ok(manual.includes(name), name);
    assert.ok(description.length > 40 && tactics.length > 0 && techniques.every((each) => /^T\d{4}$/.test(each)), name);
  }
});

test('Sentinel takes the times: every five minutes at most, every hour where it looks back for two days or more', () => {
  const minutes: Record<string, number> = { PT15M: 15, PT30M: 30, PT1H: 60 };
  for (const { id, every, looksBack } of alertRules) {
    const days = Number(/^P(\d+)D$/.exec(looksBack)?.[1] ?? 0);
    assert.ok((minutes[every] ?? 0) >= (days >= 2 ? 60 : 5) && days <= 14, id);
  }
});

test('a rule looks back no further than its query, and its entities are columns that it gives', () => {
  const lengths: Record<string, number> = {
    PT1H: hour,
    PT3H: 3 * hour,
    P1D: day,
    P2D: 2 * day,
    P8D: 8 * day,
    P14D: 14 * day,
  };
  const units: Record<string, number> = { m: minute, h: hour, d: day };
  for (const { id, query, looksBack, entities } of alertRules) {
    const [, amount = '0', unit = ''] = /TimeGenerated > ago\((\d+)([mhd])\)/.exec(query) ?? [];
    assert.equal(Number(amount) * (units[unit] ?? 0), lengths[looksBack], id);
    const { columns } = compileQuery(query, schema)(new Map(), now);
    const names = columns.map(({ name }) => name);
    assert.ok(names.includes('TimeGenerated'), id);
    for (const name of entities === 'actor' ? ['ActorUsername', 'SrcIpAddr'] : ['Connector'])
      assert.ok(names.includes(name), `${id}: ${name}`);
  }
});
