import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { CredentialUnavailableError } from '@azure/identity';
import { generate } from 'selfsigned';
import { readConfig } from '../../bot/config/config.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { accessTo } from '../../ingestion/store/access.ts';
import { openDatabase, openPool } from '../../ingestion/store/database.ts';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

/** An identity whose token is whatever `tokens` begins with. */
function identityOf(...tokens: string[]) {
  const asked: unknown[] = [];
  const getToken = async (scope: string | string[]) => {
    asked.push(scope);
    const token = tokens.length > 1 ? tokens.shift() : tokens[0];
    if (!token) throw new CredentialUnavailableError('There is no managed identity here.');
    return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
  };
  return { credential: { getToken }, cloud: clouds.usgovernment, asked };
}

test('the app lives in its store by tokens of its identity alone: migrations, jobs, and the polls in their thread', async (t) => {
  const scene = await Scene.open({ databaseAuth: 'entra' });
  t.after(() => scene.close());
  await scene.connected();
  const sessions = await scene.rows<{ usename: string; application_name: string }>(
    `select distinct usename, application_name from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() order by 2`,
  );
  const role = `${new URL(scene.databaseUrl).pathname.slice(1)}-identity`;
  assert.deepEqual(
    sessions.map(({ usename, application_name }) => [usename, application_name]),
    [[role, 'patchbay']],
  );
  const audience = clouds.public.databases;
  const [asked] = scene.azure.requests.filter(({ query }) => query.includes(audience));
  assert.equal(asked?.path, '/msi/token');

  // The next token is another one: connections that are there go on, and a new app is told why it can't start.
  await scene.rows(`alter role "${role}" password 'of another identity'`);
  scene.org.publishMade(2);
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 7');
  await assert.rejects(scene.another(), (error: Error) => {
    assert.match(error.message, new RegExp(`does not let the role "${role}" in with a token of the bot’s identity`));
    assert.match(error.message, /Microsoft Entra administrator of the server/);
    assert.match(error.message, /pgaadauth_create_principal/);
    assert.ok(!error.message.includes('eyJ'), 'no token in it');
    return true;
  });
});

test('each new connection brings a new token, and those that are there outlive theirs', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const url = new URL(scene.databaseUrl);
  await scene.rows(`create role "by token" login password 'first'`);
  url.username = 'by%20token';
  url.password = '';
  const identity = identityOf('first', 'second');
  const pool = openPool(accessTo({ url: url.href, auth: 'entra' }, identity), 2);
  t.after(() => pool.end());
  const one = await pool.connect();
  await scene.rows(`alter role "by token" password 'second'`);
  const two = await pool.connect();
  for (const client of [one, two]) {
    assert.equal((await client.query('select current_user as name')).rows[0].name, 'by token');
    client.release();
  }
  assert.deepEqual(identity.asked, Array(2).fill('https://ossrdbms-aad.database.usgovcloudapi.net/.default'));

  const options = { databaseUrl: url.href, dataDir: '', databaseAuth: 'entra' as const };
  await assert.rejects(
    openDatabase(options, identityOf('')),
    /identity gets no token for the database 127\.0\.0\.1.*AZURE_CLIENT_ID.*no managed identity here/,
  );
});

test('tokens go to a server whose certificate is checked, or to this machine; a password beside them is a mistake', () => {
  const id = '2d5f6f0e-9c1b-4e57-8d0b-7a3f52d3a912';
  const env = {
    MICROSOFT_APP_ID: id,
    MICROSOFT_APP_TENANT_ID: id,
    MICROSOFT_APP_PASSWORD: 'p',
    DATABASE_AUTH: 'entra',
  };
  const read = (url: string) => readConfig({ ...env, KEY_VAULT_URL: 'https://soc.vault.azure.net', DATABASE_URL: url });
  for (const right of [
    'postgres://bot@db.postgres.database.azure.com:5432/patchbay?sslmode=verify-full',
    'postgresql://bot@127.0.0.1:5432/patchbay',
    'postgres://bot@localhost/patchbay',
  ])
    assert.equal(read(right).databaseAuth, 'entra', right);
  const server = 'db.postgres.database.azure.com';
  for (const [wrong, says] of [
    ['', /needs DATABASE_URL/],
    ['no url', /postgres:\/\/role@host/],
    [`postgres://${server}/patchbay?sslmode=verify-full`, /needs a role and a database/],
    [`postgres://bot@${server}?sslmode=verify-full`, /needs a role and a database/],
    [`postgres://bot:secret@${server}/patchbay?sslmode=verify-full`, /without a password/],
    [`postgres://bot@${server}/patchbay`, /sslmode=verify-full/],
    [`postgres://bot@${server}/patchbay?sslmode=require`, /sslmode=verify-full/],
    [`postgres://bot@${server}/patchbay?sslmode=verify-full&host=example.com`, /nothing else there/],
    [`postgres://bot@127.0.0.1.example.com/patchbay`, /sslmode=verify-full/],
  ] as const) {
    assert.throws(() => read(wrong), says, wrong);
    assert.throws(
      () => read(wrong),
      (error: Error) => !error.message.includes('secret@'),
    );
  }
  const { ssl } = accessTo(
    { url: `postgres://bot@${server}/patchbay?sslmode=verify-full`, auth: 'entra' },
    identityOf('token'),
  );
  assert.deepEqual(ssl, { rejectUnauthorized: true });
  assert.throws(() => readConfig({ ...env, DATABASE_AUTH: 'Entra' }), /DATABASE_AUTH must be one of password, entra/);
});

test('a server without TLS, or with a certificate that nobody vouches for, gets no token', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  for (const [answer, says] of [
    ['N', /does not support SSL/],
    ['S', /self-signed certificate/],
  ] as const) {
    // As PostgreSQL does: the client asks for TLS with its first bytes, and one letter says yes or no.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(answer);
        if (answer === 'S') new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => undefined);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const identity = identityOf('token');
    const url = `postgres://bot@127.0.0.1:${port}/patchbay?sslmode=verify-full`;
    const pool = openPool(accessTo({ url, auth: 'entra' }, identity), 1);
    await assert.rejects(pool.connect(), says);
    await pool.end();
    server.close();
    assert.deepEqual(identity.asked, []);
  }
});
