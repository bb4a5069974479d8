import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, teamsHosts } from '../../bot/teams/activity-check.ts';
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
    ['an invoke without a value', { ...good, type: 'invoke', value: null }],
  ];
  for (const [why, activity] of faults) assert.equal(refuse(activity, config), why, JSON.stringify(activity));
});
