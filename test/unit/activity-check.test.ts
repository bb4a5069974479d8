import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from 'botbuilder';
import { maxBodyBytes, readActivity, refuse, teamsHosts, tenantOf } from '../../bot/teams/activity-check.ts';
import type { CloudName } from '../../ingestion/runtime/clouds.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const config = { allowedTenants: [tenant], cloud: 'public' as const, serviceHosts: [] as string[] };
const person = { id: '29:ada', aadObjectId: '22222222-2222-4222-8222-222222222222' };
const good = {
  type: 'message',
  channelId: 'msteams',
  serviceUrl: 'https://smba.trafficmanager.net/emea/',
  conversation: { id: '19:x@thread.tacv2', tenantId: tenant },
  channelData: { tenant: { id: tenant } },
  recipient: { id: '28:bot' },
  from: person,
};

test('an activity of an allowed tenant is let in', () => {
  assert.equal(refuse(good, config), null);
  assert.equal(refuse({ ...good, conversation: { id: 'a', tenantId: tenant }, channelData: undefined }, config), null);
});

test('Teams is heard from the documented hosts of the bot’s cloud, from no other cloud’s, and from those that are set', () => {
  const at = (host: string, given: Partial<typeof config> | { cloud: CloudName }) =>
    refuse({ ...good, serviceUrl: `https://${host}/emea/` }, { ...config, ...given });
  for (const cloud of Object.keys(teamsHosts) as CloudName[]) {
    for (const [home, hosts] of Object.entries(teamsHosts)) {
      for (const host of hosts) {
        assert.equal(at(host, { cloud }), home === cloud ? null : 'the service URL is not allowed', `${host} ${cloud}`);
      }
    }
  }
  assert.equal(teamsHosts.public[1], 'smba.onyx.prod.teams.trafficmanager.net');
  assert.equal(at('evil.trafficmanager.net', {}), 'the service URL is not allowed');
  assert.equal(at('teams.example.com', { serviceHosts: ['teams.example.com'] }), null);
});

test('the hosts of Teams are those that its documents name', () => {
  assert.deepEqual(teamsHosts, {
    public: [
      'smba.trafficmanager.net',
      'smba.onyx.prod.teams.trafficmanager.net',
      'smba.infra.gcc.teams.microsoft.com',
    ],
    usgovernment: ['smba.infra.gov.teams.microsoft.us', 'smba.infra.dod.teams.microsoft.us'],
    china: ['frontend.botapi.msg.infra.teams.microsoftonline.cn'],
  });
  assert.equal(maxBodyBytes, 262_144);
});

test('a host that is set is one with its port, and needs no https', () => {
  const at = (serviceUrl: unknown) =>
    refuse({ ...good, serviceUrl }, { ...config, serviceHosts: ['teams.example', 'proxy.example:8443'] });
  for (const url of ['http://teams.example/x', 'https://proxy.example:8443', good.serviceUrl])
    assert.equal(at(url), null, url);
  for (const url of [
    'https://proxy.example/',
    'https://teams.example:8443',
    'ftp://smba.trafficmanager.net',
    'x',
    7,
    null,
  ])
    assert.equal(at(url), 'the service URL is not allowed', String(url));
});

test('the tenant is read from wherever it is, and all that is said of it must be the same and allowed', () => {
  const other = '33333333-3333-4333-8333-33333333333a';
  const of = (inConversation: unknown, channelData: unknown) =>
    refuse(
      { ...good, conversation: { id: 'a', tenantId: inConversation }, channelData },
      { ...config, allowedTenants: [tenant, other] },
    );
  const inData = (id: unknown) => ({ tenant: { id } });
  for (const [one, two] of [
    [tenant, undefined],
    [tenant, {}],
    [tenant, inData(tenant)],
    [undefined, inData(tenant)],
    [other, inData(other)],
    [other.toUpperCase(), undefined],
    [undefined, inData(other.toUpperCase())],
  ])
    assert.equal(of(one, two), null, JSON.stringify([one, two]));
  for (const [one, two] of [
    [tenant, inData(other)],
    [other, inData(tenant)],
    ['x', inData('x')],
    [undefined, inData('x')],
    [null, inData(tenant)],
    [7, undefined],
  ])
    assert.equal(of(one, two), 'the tenant is not allowed', JSON.stringify([one, two]));
  for (const two of [undefined, null, 'text', [], { tenant: null }, { tenant: tenant }, { tenant: {} }])
    assert.equal(of(undefined, two), 'no tenant', JSON.stringify(two));
});

test('who wrote or pressed is known by an object id, and a press says what it is for', () => {
  const rows: [type: string, given: object, why: string | null][] = [
    ['message', {}, null],
    ['message', { from: { id: '29:x' } }, 'the sender has no object id'],
    ['message', { from: { ...person, aadObjectId: 7 } }, 'the sender has no object id'],
    ['message', { from: { ...person, aadObjectId: [person.aadObjectId] } }, 'the sender has no object id'],
    ['invoke', { name: 'task/fetch', value: {} }, null],
    ['invoke', { name: 'task/submit', value: {} }, null],
    ['invoke', { name: 'composeExtension/fetchTask', value: {} }, null],
    ['invoke', { name: 'composeExtension/submitAction', value: {} }, null],
    ['invoke', { name: '', value: {} }, 'an invoke that nothing answers'],
    ['invoke', { name: 'composeExtension/query', value: {} }, 'an invoke that nothing answers'],
    ['invoke', { name: ['task/fetch'], value: {} }, 'an invoke that nothing answers'],
    ['invoke', { value: {} }, 'an invoke that nothing answers'],
    ['invoke', { value: {}, from: { id: '29:x' } }, 'the sender has no object id'],
    ['invoke', {}, 'an invoke without a value'],
    ['invoke', { value: 'text' }, 'an invoke without a value'],
    ['invoke', { value: [] }, 'an invoke without a value'],
    ['conversationUpdate', { from: { id: '29:x' } }, null],
    ['installationUpdate', { from: { id: '29:x' }, value: undefined }, null],
  ];
  for (const [type, given, why] of rows) assert.equal(refuse({ ...good, type, ...given }, config), why, type);
});

test('nothing that is missing or of another kind gets through', () => {
  const rows: [string, object][] = [
    ['no type', { type: '' }],
    ['no type', { type: 7 }],
    ['not from Teams', { channelId: undefined }],
    ['no conversation', { conversation: undefined }],
    ['no conversation', { conversation: null }],
    ['no conversation', { conversation: 'a' }],
    ['no conversation', { conversation: [] }],
    ['no conversation', { conversation: { id: 7, tenantId: tenant } }],
    ['no recipient', { recipient: null }],
    ['no recipient', { recipient: { id: 7 } }],
    ['no recipient', { recipient: {} }],
    ['no sender', { from: null }],
    ['no sender', { from: { ...person, id: 7 } }],
    ['no sender', { from: { aadObjectId: person.aadObjectId } }],
  ];
  for (const [why, given] of rows) assert.equal(refuse({ ...good, ...given }, config), why, JSON.stringify(given));
  for (const body of [undefined, 'text', 7, [good]]) assert.equal(refuse(body, config), 'the body is no activity');
});

test('the tenant of an activity is its conversation’s, or else its channel’s', () => {
  const of = (conversation: object, channelData: object) =>
    tenantOf({ conversation, channelData } as unknown as Activity);
  assert.equal(of({ tenantId: tenant }, { tenant: { id: 'other' } }), tenant);
  assert.equal(of({ id: 'a' }, { tenant: { id: tenant }, tenantId: 'other' }), tenant);
});

test('what the SDK would let in is turned away', () => {
  const faults: [string, unknown][] = [
    ['the body is no activity', []],
    ['the body is no activity', null],
    ['no type', { ...good, type: undefined }],
    ['not from Teams', { ...good, channelId: '' }],
    ['not from Teams', { ...good, channelId: 'webchat' }],
    ['the service URL is not allowed', { ...good, serviceUrl: '' }],
    ['the service URL is not allowed', { ...good, serviceUrl: 'https://smba.trafficmanager.net.evil.example/' }],
    ['the service URL is not allowed', { ...good, serviceUrl: 'http://smba.trafficmanager.net/emea/' }],
    ['no conversation', { ...good, conversation: {} }],
    ['no recipient', { ...good, recipient: undefined }],
    ['no sender', { ...good, from: undefined }],
    ['the sender has no object id', { ...good, from: { id: '29:x' } }],
    ['the sender has no object id', { ...good, from: { id: '29:x', aadObjectId: "x' or 1 eq 1" } }],
    ['no tenant', { ...good, conversation: { id: 'a' }, channelData: {} }],
    ['the tenant is not allowed', { ...good, channelData: { tenant: { id: 'other' } } }],
    ['an invoke without a value', { ...good, type: 'invoke', name: 'task/fetch', value: null }],
  ];
  for (const [why, activity] of faults) assert.equal(refuse(activity, config), why, JSON.stringify(activity));
});

test('what can’t be stored or is of another kind is left out of an activity, and the rest stays as it is', () => {
  const read = (given: object) => {
    const outcome = readActivity({ ...good, ...given }, config);
    return 'activity' in outcome ? (outcome.activity as unknown as Record<string, unknown>) : outcome.why;
  };
  assert.deepEqual(read({ name: 'x', text: 'a b', extra: [1, { b: null }] }), {
    ...good,
    name: 'x',
    text: 'a b',
    extra: [1, { b: null }],
  });
  const rows: [given: object, key: string, kept: unknown][] = [
    [{ text: 7 }, 'text', undefined],
    [{ text: 'a\ud800\0b\udc00' }, 'text', 'a\ufffdb\ufffd'],
    [{ text: '👩‍💻' }, 'text', '👩‍💻'],
    [
      { entities: [null, 'x', { type: 'mention', text: 7 }, { type: 7 }] },
      'entities',
      [{ type: 'mention', text: 7 }, {}],
    ],
    [{ membersRemoved: [null, { id: 7 }, { id: '28:bot' }] }, 'membersRemoved', [{}, { id: '28:bot' }]],
    [
      { value: { data: { a: 1, b: { c: 2 }, d: ['x', {}, 3, null], e: null } } },
      'value',
      { data: { a: 1, d: ['x', 3] } },
    ],
    [
      { value: { action: { verb: 7, data: ['x'], type: 'Action.Execute' } } },
      'value',
      { action: { type: 'Action.Execute' } },
    ],
    [
      { channelData: { tenant: { id: tenant }, team: 'x', 'a\0': 'b\0' } },
      'channelData',
      { tenant: { id: tenant }, a: 'b' },
    ],
    [{ id: 'x'.repeat(401) }, 'id', undefined],
    [{ id: 'x'.repeat(400) }, 'id', 'x'.repeat(400)],
  ];
  for (const [given, key, kept] of rows) {
    const activity = read(given);
    assert.ok(typeof activity !== 'string', String(activity));
    assert.deepEqual(activity[key], kept, JSON.stringify(given));
  }
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  assert.ok(
    JSON.stringify(read({ value: { extra: deep }, channelData: { tenant: { id: tenant }, deep } })).length < 1_000,
  );
  assert.equal(read({ conversation: { id: 'x'.repeat(401), tenantId: tenant } }), 'an id without end');
  assert.equal(read({ type: 'invoke', name: 'adaptiveCard/action', value: {} }), 'a press without an action');
});
