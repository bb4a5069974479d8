import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../bot/config.ts';
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

test('a wrong environment is answered by one error that names everything', () => {
  const wrong = {
    MICROSOFT_APP_ID: 'x',
    MICROSOFT_APP_TYPE: 'Single-Tenant',
    PORT: 'abc',
    DATABASE_URL: 'postgres://x',
  };
  assert.throws(
    () => readConfig(wrong),
    (error: Error) => {
      for (const part of [
        'MICROSOFT_APP_ID must be a GUID',
        'MICROSOFT_APP_TENANT_ID is missing',
        'MICROSOFT_APP_TYPE must be one of',
        'PORT must be',
        'SECRET_KEY',
      ]) {
        assert.match(error.message, new RegExp(part));
      }
      return true;
    },
  );
});

test('a complete environment is read', () => {
  const env = { MICROSOFT_APP_ID: tenant, MICROSOFT_APP_TENANT_ID: tenant, MICROSOFT_APP_PASSWORD: 'p' };
  const { bot, allowedTenants, port } = readConfig(env);
  assert.deepEqual(bot, { appId: tenant, tenantId: tenant, type: 'SingleTenant', password: 'p' });
  assert.deepEqual(allowedTenants, [tenant]);
  assert.equal(port, 3978);
});

test('further hosts of Teams are names without scheme and path', () => {
  const env = { MICROSOFT_APP_ID: tenant, MICROSOFT_APP_TENANT_ID: tenant, MICROSOFT_APP_PASSWORD: 'p' };
  const read = (hosts: string) => readConfig({ ...env, TEAMS_SERVICE_HOSTS: hosts }).serviceHosts;
  assert.deepEqual(read(' Teams.example.com, proxy.example:8443'), ['teams.example.com', 'proxy.example:8443']);
  for (const wrong of ['https://teams.example.com', 'teams.example.com/emea', 'user@teams.example.com'])
    assert.throws(() => read(wrong), /TEAMS_SERVICE_HOSTS: /, wrong);
});

test('a vault is one of the cloud that the bot is in, and with it no secret key is needed', () => {
  const env = {
    MICROSOFT_APP_ID: tenant,
    MICROSOFT_APP_TENANT_ID: tenant,
    MICROSOFT_APP_PASSWORD: 'p',
    DATABASE_URL: 'postgres://x',
  };
  const read = (url: string, cloud = 'public') => readConfig({ ...env, KEY_VAULT_URL: url, AZURE_CLOUD: cloud });
  assert.equal(read('https://soc.vault.azure.net/').keyVaultUrl, 'https://soc.vault.azure.net/');
  assert.ok(read('https://soc.vault.usgovcloudapi.net', 'usgovernment').keyVaultUrl);
  for (const wrong of [
    'http://soc.vault.azure.net',
    'https://soc.vault.azure.cn',
    'https://vault.azure.net',
    'https://soc.vault.azure.net.example.com',
    'https://soc.vault.azure.net@example.com',
    'https://soc.vault.azure.net/secrets',
    'soc',
  ]) {
    assert.throws(() => read(wrong), /KEY_VAULT_URL must be https:\/\/<name of the vault>\.vault\.azure\.net/, wrong);
  }
});
