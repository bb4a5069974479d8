import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, assertion, host, makeKey, proof, type Reply, tokenRequest } from './app-client.ts';
import { AppOrg, type Asked } from './app-org.ts';

const LOGS = '/api/v1/logs?limit=1';
const rsa = makeKey('RSA', 'rsa');
const curve = makeKey('P-256', 'curve');

const here = AppOrg.forEachTest(rsa);

async function token(asked?: Asked): Promise<string> {
  const { status, body } = await here.askToken(asked);
  assert.equal(status, 200, body);
  return JSON.parse(body).access_token;
}

function logs(accessToken: string): Promise<Reply> {
  return ask(here.okta, { path: LOGS, headers: { Authorization: `Bearer ${accessToken}` } });
}

/** Status, error and description of the token endpoint's answer. */
function told({ status, body }: Reply): unknown[] {
  const { error, error_description } = JSON.parse(body);
  return [status, error, error_description];
}

describe('a token', () => {
  test('is given for an assertion, lives an hour and reads the log', async () => {
    const reply = await here.askToken();
    const { access_token, ...rest } = JSON.parse(reply.body);
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'okta.logs.read' });
    assert.match(access_token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.match(String(reply.headers['cache-control']), /no-store/);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(reply.headers.date, 'Fri, 01 May 2026 08:00:00 GMT');
    assert.match(String(reply.headers['x-okta-request-id']), /^[0-9a-f]{32}$/);
    assert.equal(reply.headers['x-rate-limit-limit'], '300');
    here.clock += 3_599_000;
    const read = await logs(access_token);
    assert.deepEqual([read.status, read.body, read.headers['x-rate-limit-limit']], [200, '[]', '120']);
    here.clock += 1_000;
    assert.match(challenge(await logs(access_token)), /^401 Bearer .* error_description="The token has expired\."/);
    assert.deepEqual(here.org.apps.counts(here.app), { granted: 1, refused: 0 });
  });

  const { alg: _, ...anyAlg } = rsa.jwk;
  const keys = [
    rsa,
    ...['RS384', 'RS512'].map((alg) => ({ ...rsa, jwk: { ...anyAlg, alg } })),
    curve,
    makeKey('P-384', 'p384'),
    makeKey('P-521', 'p521'),
  ];
  for (const key of keys) {
    test(`is given to a key of the kind ${key.jwk.alg}`, async () => {
      here.app = here.org.addApp({ jwk: JSON.stringify(key.jwk, null, 2) });
      assert.equal((await logs(await token({ key }))).status, 200);
    });
  }

  test('is given to either of two keys while they are turned over, and to the old one no more', async () => {
    here.org.apps.addKey(here.app, curve.jwk);
    const old = await token();
    await token({ key: curve });
    here.org.apps.removeKey(here.app, 'rsa');
    assert.deepEqual(told(await here.askToken()), [401, 'invalid_client', 'The client_assertion JWT kid is invalid.']);
    assert.equal((await logs(old)).status, 200, 'what was given stays good');
    await token({ key: curve, odd: { header: { kid: undefined } } });
  });

  test('is for the scopes that the app has of those it asks for', async () => {
    here.org.apps.grant(here.app, 'okta.users.read');
    const { scope } = JSON.parse((await here.askToken({ form: { scope: 'okta.logs.read okta.groups.read' } })).body);
    assert.equal(scope, 'okta.logs.read');
    const given = await token();
    here.org.apps.ungrant(here.app, 'okta.logs.read');
    assert.equal((await logs(given)).status, 200, 'a token keeps its scope');
    const refused = [400, 'consent_required', 'You are not allowed any of the requested scopes.'];
    assert.deepEqual(told(await here.askToken()), refused);
    assert.deepEqual(
      challenge(await logs(await token({ form: { scope: 'okta.users.read' } }))),
      `403 Bearer authorization_uri="http://${host}/oauth2/v1/authorize", realm="http://${host}", ` +
        'scope="okta.logs.read", error="insufficient_scope", ' +
        'error_description="The access token provided does not contain the required scopes.", resource="/api/v1/logs"',
    );
  });
});

describe('an access token', () => {
  test('dies when tokens are revoked and with its app, and another is good when the app is back', async () => {
    for (const kill of [() => here.org.apps.revokeTokens(here.app), () => here.org.apps.deactivate(here.app)]) {
      const given = await token();
      kill();
      here.org.apps.activate(here.app);
      const refused = await logs(given);
      assert.match(challenge(refused), /^401 Bearer .*error="invalid_token", .*"The access token is invalid\."/);
      assert.equal(refused.body, '');
      assert.equal((await logs(await token())).status, 200);
    }
  });

  test('reads nothing without an admin role', async () => {
    const given = await token();
    here.org.apps.removeRole(here.app);
    const refused = await logs(given);
    assert.deepEqual([refused.status, JSON.parse(refused.body).errorCode], [403, 'E0000006']);
    here.org.apps.assignRole(here.app);
    assert.equal((await logs(given)).status, 200);
  });

  test('shares half of the log’s budget with all tokens of its app, and takes none by being asked for', async () => {
    here.org.rate.limitPerMinute = 6;
    for (let call = 0; call < 3; call++) assert.equal((await logs(await token())).status, 200);
    assert.equal((await logs(await token())).status, 429);
    here.app = here.org.addApp({ jwk: curve.jwk });
    assert.equal((await logs(await token({ key: curve }))).status, 200);
    here.org.tokenRate.limitPerMinute = 4;
    here.clock += 60_000;
    await token({ key: curve });
    await token({ key: curve });
    const refused = await here.askToken({ key: curve });
    assert.deepEqual([refused.status, JSON.parse(refused.body).errorCode], [429, 'E0000047']);
    assert.deepEqual([refused.headers['x-rate-limit-limit'], refused.headers['x-rate-limit-remaining']], ['4', '0']);
  });
});

test('faults are of the log unless they are said to be of the token endpoint', async () => {
  const end = here.org.faults.add({ do: { kind: 'error', status: 500, code: 'E0000009' } });
  const given = await token();
  assert.equal((await logs(given)).status, 500);
  end();
  const seen: unknown[] = [];
  const when = ({ number, token, target }: { number: number; token: string; target: string }) => {
    seen.push([number, token, target]);
    return true;
  };
  const at = { where: 'token', times: 1 } as const;
  here.org.faults.add({ ...at, when, do: { kind: 'tooMany', form: 'budget' } });
  here.org.faults.add({ ...at, do: { kind: 'error', status: 503, code: 'E0000010' } });
  here.org.faults.add({ ...at, do: { kind: 'html', status: 502 } });
  here.org.faults.add({ ...at, do: { kind: 'redirect', to: 'https://elsewhere.example/' } });
  assert.equal((await logs(given)).status, 200);
  const statuses: number[] = [];
  for (let call = 0; call < 4; call++) statuses.push((await here.askToken()).status);
  assert.deepEqual(statuses, [429, 503, 502, 302]);
  assert.deepEqual(seen, [[2, here.app, '/oauth2/v1/token']]);
  here.org.faults.add({ ...at, do: { kind: 'body', body: '<html>' } });
  assert.equal((await here.askToken()).body, '<html>');
  here.org.faults.add({ ...at, do: { kind: 'cut', at: 0.5, contentLength: false } });
  assert.equal((await here.askToken()).body.at(-1) === '}', false);
  here.org.faults.add({ ...at, do: { kind: 'reset' } });
  await assert.rejects(here.askToken(), { code: 'ECONNRESET' });
  here.org.faults.add({ ...at, do: { kind: 'slow', firstByteMs: 5 } });
  await token();
});

describe('what is kept', () => {
  test('of requests has no assertion, no proof and no token in it', async () => {
    const from = here.okta.requests.length;
    const client_assertion = assertion(here.app, rsa, { now: here.clock });
    const dpop = proof({ method: 'POST', url: `https://${host}/oauth2/v1/token` }, curve, { now: here.clock });
    await ask(here.okta, tokenRequest({ client_assertion }, { DPoP: dpop }));
    const given = await token();
    await logs(given);
    const kept = here.okta.requests.slice(from);
    assert.deepEqual(
      kept.map(({ method, url, scheme, status }) => [method, url, scheme, status]),
      [
        ['POST', `https://${host}/oauth2/v1/token`, undefined, 400],
        ['POST', `https://${host}/oauth2/v1/token`, undefined, 200],
        ['GET', `https://${host}${LOGS}`, 'Bearer', 200],
      ],
    );
    for (const secret of [client_assertion, dpop, given]) assert.ok(!JSON.stringify(kept).includes(secret));
  });

  test('of apps is shown without keys', () => {
    assert.match(here.app, /^0oa[A-Za-z0-9]{17}$/);
    here.org.apps.addKey(here.app, curve.jwk);
    here.org.apps.requireDpop(here.app, true);
    assert.deepEqual(here.org.apps.list(), [
      {
        clientId: here.app,
        kids: ['rsa', 'curve'],
        scopes: ['okta.logs.read'],
        role: true,
        dpop: true,
        active: true,
        granted: 0,
        refused: 0,
      },
    ]);
  });
});

/** Status and WWW-Authenticate of a refusal. */
function challenge({ status, headers }: Reply): string {
  return `${status} ${headers['www-authenticate']}`;
}
