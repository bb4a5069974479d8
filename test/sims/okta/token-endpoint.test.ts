import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, assertion, host, makeKey, type Odd, type Reply, tokenRequest } from './app-client.ts';
import { AppOrg, type Asked, START } from './app-org.ts';

const SECONDS = START / 1000;
const rsa = makeKey('RSA', 'rsa');
const curve = makeKey('P-256', 'curve');

const here = AppOrg.forEachTest(rsa);

async function give(asked?: Asked): Promise<void> {
  const { status, body } = await here.askToken(asked);
  assert.equal(status, 200, body);
}

/** Status, error and description of the token endpoint's answer. */
function told({ status, body }: Reply): unknown[] {
  const { error, error_description } = JSON.parse(body);
  return [status, error, error_description];
}

describe('an assertion is refused', () => {
  const soon = { exp: SECONDS + 300 };
  const cases: [what: string, odd: Odd, description: RegExp][] = [
    ['with a key id of nobody', { header: { kid: 'other' } }, /^The client_assertion JWT kid is invalid\.$/],
    ['signed by another key of the same id', { key: makeKey('RSA', 'rsa') }, /^The client_assertion signature is inva/],
    ['signed with a secret', { alg: 'HS256' }, /alg/],
    ['not signed', { alg: 'none' }, /cannot be parsed/],
    ['that names an algorithm of another kind of key', { key: curve, header: { kid: 'rsa' } }, /alg/],
    ['with another issuer', { claims: { iss: 'someone' } }, /'iss' and 'sub'/],
    [
      'for the org instead of the endpoint',
      { claims: { aud: `https://${host}` } },
      /^The audience claim for client_as/,
    ],
    ['for the endpoint with a slash', { claims: { aud: `https://${host}/oauth2/v1/token/` } }, /^The audience claim/],
    ['for another org', { claims: { aud: 'https://other.okta.com/oauth2/v1/token' } }, /^The audience claim/],
    ['without a time of expiry', { claims: { exp: undefined } }, /'exp'/],
    ['with a time of expiry as text', { claims: { exp: String(SECONDS + 300) } }, /'exp'/],
    ['that has expired', { claims: { exp: SECONDS } }, /^The client_assertion token is expired\.$/],
    ['good for over an hour', { claims: { exp: SECONDS + 3601 } }, /an expiration too far into the future\.$/],
    ['with milliseconds', { claims: { exp: START + 300_000 } }, /an expiration too far into the future\.$/],
    ['issued in two minutes', { claims: { ...soon, iat: SECONDS + 120 } }, /issued in the future/],
    ['with a time of issue as text', { claims: { iat: String(SECONDS) } }, /'iat'/],
    ['with a number as its id', { claims: { jti: 7 } }, /'jti'/],
    ['with another algorithm than the key names', { alg: 'RS512' }, /alg/],
    ['with an extension that must be understood', { header: { crit: ['b64'] } }, /cannot be parsed/],
  ];
  for (const [what, odd, description] of cases) {
    test(what, async () => {
      const [status, error, sentence] = told(await here.askToken({ odd }));
      assert.deepEqual([status, error], [401, 'invalid_client']);
      assert.match(String(sentence), description);
      const [{ granted, refused } = { granted: -1, refused: -1 }] = here.org.apps.list();
      assert.equal(granted, 0);
      assert.equal(
        refused,
        what === 'not signed' || what.startsWith('with an ext') ? 0 : 1,
        'counted where it is known',
      );
    });
  }

  test('the second time, whatever became of the first, until it has expired', async () => {
    const client_assertion = assertion(here.app, rsa, { now: here.clock });
    const send = (scope: string) => ask(here.okta, tokenRequest({ client_assertion, scope }));
    assert.equal((await send('okta.users.read')).status, 400);
    assert.deepEqual(told(await send('okta.logs.read')), [
      401,
      'invalid_client',
      'The client_assertion token has already been used.',
    ]);
    here.clock += 300_000;
    assert.equal(told(await send('okta.logs.read'))[2], 'The client_assertion token is expired.');
  });

  test('without a key id only where the app has several keys', async () => {
    const unnamed = { odd: { header: { kid: undefined } } };
    await give(unnamed);
    here.org.apps.addKey(here.app, curve.jwk);
    assert.equal(told(await here.askToken(unnamed))[2], 'The client_assertion JWT kid is invalid.');
  });

  test('not for what may be left out, or said in another way', async () => {
    for (const claims of [
      { iat: undefined },
      { jti: undefined },
      { aud: ['https://elsewhere.example', `https://${host}/oauth2/v1/token`] },
      { exp: SECONDS + 3600 },
      { iat: SECONDS + 30 },
    ])
      await give({ odd: { claims } });
    await give({ form: { client_id: here.app } });
    assert.deepEqual(here.org.apps.counts(here.app), { granted: 6, refused: 0 });
  });
});

describe('a request is refused', () => {
  const form = (name: string, value: string | undefined): Asked => ({ form: { [name]: value } });
  const unknown = 'One or more scopes are not configured for the authorization server resource.';
  const cases: [what: string, asked: Asked, status: number, error: string, description?: string][] = [
    ['with another grant', form('grant_type', 'password'), 400, 'unsupported_grant_type'],
    ['without a grant', form('grant_type', undefined), 400, 'invalid_request'],
    ['without an assertion', form('client_assertion', undefined), 400, 'invalid_client'],
    ['with half an assertion', form('client_assertion', 'eyJhbGciOiJSUzI1NiJ9.e30'), 401, 'invalid_client'],
    ['with no type of assertion', form('client_assertion_type', undefined), 401, 'invalid_client'],
    ['of another client', form('client_id', '0oaSomebodyElse000000'), 401, 'invalid_client'],
    ['with a secret beside the assertion', form('client_secret', 'x'), 400, 'invalid_request'],
    ['with a secret', { form: { client_assertion: undefined, client_secret: 'x' } }, 401, 'invalid_client'],
    ['with a header beside it', { headers: { Authorization: 'Basic eDp5' } }, 400, 'invalid_request'],
    ['without a scope', form('scope', undefined), 400, 'invalid_scope'],
    ['with a scope that Okta does not have', form('scope', 'logs'), 400, 'invalid_scope', unknown],
  ];
  for (const [what, asked, status, error, description] of cases) {
    test(what, async () => {
      const reply = told(await here.askToken(asked));
      assert.deepEqual(reply.slice(0, 2), [status, error]);
      if (description) assert.equal(reply[2], description);
    });
  }

  test('in Okta’s own form where the client, the method or the type of the body is wrong', async () => {
    const code = ({ status, body }: Reply) => `${status} ${JSON.parse(body).errorCode}`;
    const { body, ...rest } = tokenRequest({ client_assertion: assertion(here.app, rsa, { now: here.clock }) });
    const json = { 'Content-Type': 'application/json' };
    assert.equal(code(await ask(here.okta, { ...rest, headers: json, body })), '400 E0000021');
    assert.equal(code(await ask(here.okta, { path: '/oauth2/v1/token' })), '405 E0000022');
    here.org.apps.deactivate(here.app);
    assert.equal(code(await here.askToken()), '400 invalid_client');
    here.app = '0oaNobodyHere00000000';
    assert.equal(code(await here.askToken()), '400 invalid_client');
  });

  test('when a parameter comes twice, or too much does', async () => {
    const { body, ...rest } = tokenRequest({ client_assertion: assertion(here.app, rsa, { now: here.clock }) });
    assert.equal(
      told(await ask(here.okta, { ...rest, body: `${body}&scope=here.okta.logs.read` }))[1],
      'invalid_request',
    );
    const { status } = await ask(here.okta, { ...rest, body: `${body}&state=${'x'.repeat(64 * 1024)}` });
    assert.equal(status, 413);
  });
});
