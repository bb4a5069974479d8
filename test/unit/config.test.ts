import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '../../bot/config/config.ts';
import { exampleFile, withTable } from '../../bot/config/documents.ts';
import { readVariables } from '../../bot/config/read.ts';
import { readElsewhere, type Variable, variables } from '../../bot/config/variables.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const bot = { MICROSOFT_APP_ID: tenant, MICROSOFT_APP_TENANT_ID: tenant, MICROSOFT_APP_PASSWORD: 'p' };
const declared: Variable<unknown>[] = Object.values(variables);

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

test('addresses from which the bot goes out are read one by one, and a wrong one is named', () => {
  const read = (given: string) => readConfig({ ...bot, OUTBOUND_ADDRESSES: given }).outboundAddresses;
  assert.deepEqual(read(' 203.0.113.7, 2001:DB8::7,'), ['203.0.113.7', '2001:db8::7']);
  assert.throws(
    () => read('203.0.113.7, okta.example'),
    /OUTBOUND_ADDRESSES: okta\.example is no IPv4 or IPv6 address$/,
  );
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
  assert.throws(() => read('https://soc.vault.azure.net', 'constructor'), /- AZURE_CLOUD must be one of [^-]*$/);
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

test('what is not set has its default, and a share and a size are numbers', () => {
  assert.partialDeepStrictEqual(readConfig(bot), {
    allowedTenants: [tenant],
    serviceHosts: [],
    host: '0.0.0.0',
    port: 3978,
    healthHost: '127.0.0.1',
    healthPort: 3979,
    cloud: 'public',
    tags: {},
    outboundAddresses: [],
    dataDir: '.data',
    databaseUrl: null,
    databaseAuth: 'password',
    keyVaultUrl: null,
    secretKey: null,
    secretKeyFile: '.data/secret.key',
    oktaShare: 0.5,
    uploadBytes: 1_000_000,
    compression: 'gzip',
    logLevel: 'info',
    insights: null,
  });
  assert.equal(readConfig({ ...bot, DATA_DIR: ' /data ' }).secretKeyFile, '/data/secret.key');
});

test('a managed identity has no password, and is not asked for one', () => {
  const { MICROSOFT_APP_PASSWORD: _, ...without } = bot;
  assert.throws(() => readConfig(without), /MICROSOFT_APP_PASSWORD is missing: the app's client secret$/);
  assert.deepEqual(readConfig({ ...bot, MICROSOFT_APP_TYPE: 'UserAssignedMSI' }).bot, {
    appId: tenant,
    tenantId: tenant,
    type: 'UserAssignedMSI',
  });
});

test('with a store that is shared, a key or a vault has to be shared too', () => {
  const shared = { ...bot, DATABASE_URL: 'postgres://x' };
  assert.throws(
    () => readConfig(shared),
    /- KEY_VAULT_URL, SECRET_KEY or SECRET_KEY_FILE is missing: with DATABASE_URL, /,
  );
  for (const key of ['SECRET_KEY', 'SECRET_KEY_FILE']) assert.ok(readConfig({ ...shared, [key]: 'x' }));
});

/** So many tags. */
const tagsOf = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag ${index}`, 'soc'])));

test('a value is taken up to its bounds, and beyond them its own sentence says what it must be', () => {
  const number = ' must be a whole number of bytes from 100000 to 10000000';
  const rows: [name: string, right: string[], wrong: string[], says: string][] = [
    ['PORT', ['0', '65535'], ['-1', '65536', '1.5', 'x'], ' must be a port number'],
    ['OKTA_RATE_SHARE', ['1', '100'], ['0', '101', 'half'], ' must be a percentage from 1 to 100'],
    ['TOKEN_MAX_AGE_DAYS', ['0', '3650'], ['-1', '3651', 'a year'], ' must be a whole number of days up to 3650, or 0'],
    ['UPLOAD_BYTES', ['100000', '10000000'], ['99999', '10000001', '1e5.5'], number],
    ['AZURE_CLOUD', ['china', 'usgovernment'], ['China', 'constructor'], ' must be one of public, usgovernment, china'],
    [
      'AZURE_TAGS',
      ['{}', '{"cost centre":"soc"}', tagsOf(15)],
      [
        tagsOf(16),
        '{"a":"1","A":"2"}',
        '{"Product":"soc"}',
        '{"azureCost":"soc"}',
        'soc',
        '["soc"]',
        'null',
        '{"soc":1}',
        '{"a/b":"soc"}',
        `{"a":"${'x'.repeat(257)}"}`,
        '{"":"soc"}',
      ],
      ' must be a JSON object of at most 15 tags, each with a text',
    ],
    [
      'OUTBOUND_ADDRESSES',
      ['203.0.113.7', '203.0.113.7, 2001:DB8::7'],
      ['203.0.113.256', 'example.com', '203.0.113.0/24', '203.0.113.7-203.0.113.9', 'fe80::1%eth0'],
      ': ',
    ],
    ['LOG_LEVEL', ['trace', 'silent'], ['verbose'], ' must be one of fatal, error, warn, info, debug, trace, silent'],
    ['ALLOWED_TENANTS', [`${tenant}, ${tenant}`], [`${tenant} other`], ': other is no GUID'],
    ['MICROSOFT_APP_ID', [tenant], [tenant.replaceAll(/\d/g, '0'), 'x'], ' must be a GUID, as the registration'],
  ];
  for (const [name, right, wrong, says] of rows) {
    for (const value of right) assert.ok(readConfig({ ...bot, [name]: value }), value);
    for (const value of wrong) {
      assert.throws(
        () => readConfig({ ...bot, [name]: value }),
        ({ message }: Error) => message.startsWith(`Patchbay can't start:\n  - ${name}${says}`),
        `${name} ${value}`,
      );
    }
  }
});

test('each program asks for its own variables, and for no other program’s', () => {
  const missing = (program: 'app' | 'quarantine' | 'package') =>
    readVariables(program, {}).faults.map(({ name }) => name);
  assert.deepEqual(missing('app'), ['MICROSOFT_APP_ID', 'MICROSOFT_APP_TENANT_ID', 'MICROSOFT_APP_PASSWORD']);
  assert.deepEqual(missing('quarantine'), []);
  assert.deepEqual(missing('package'), ['MICROSOFT_APP_ID', 'BOT_HOST']);
  const wrong = { PORT: 'x', DATABASE_AUTH: 'Entra' };
  assert.deepEqual(
    readVariables('quarantine', wrong).faults.map(({ name }) => name),
    ['DATABASE_AUTH'],
  );
});

test('a name is declared once, and a default that is written down passes its own check', () => {
  const names = [...declared, ...readElsewhere].map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  const nothing = { isSet: () => false, textOf: () => null };
  for (const { name, kind, fallback } of declared) {
    if (typeof fallback === 'string') assert.deepEqual(kind.faults(fallback, nothing), [], name);
  }
});

test('README’s table and .env.example are printed from the declarations: npm run config:docs', () => {
  const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  assert.equal(text('README.md'), withTable(text('README.md')));
  assert.equal(text('.env.example'), exampleFile());
  assert.throws(() => withTable('# Patchbay\n'), /no table/);
  assert.match(withTable(text('README.md').replace('| `PORT` | `3978` |', '| `PORT` | `80` |')), /`PORT` \| `3978`/);
});

test('.env.example with the first four filled in is a whole environment', () => {
  const lines = exampleFile().matchAll(/^([A-Z_]+)=(.*)$/gm);
  const env = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  assert.deepEqual(Object.keys(env).slice(0, 4).sort(), [...Object.keys(bot), 'MICROSOFT_APP_TYPE'].sort());
  assert.deepEqual(readConfig({ ...env, ...bot }), readConfig(bot));
});
