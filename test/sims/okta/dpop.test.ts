import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ask,
  assertion,
  host,
  type Key,
  makeKey,
  type Odd,
  proof,
  type Reply,
  tokenRequest,
  tokenUrl,
} from './app-client.ts';
import { AppOrg, START } from './app-org.ts';

const SECONDS = START / 1000;
const HOUR = 3_600_000;
const LOGS = '/api/v1/logs?limit=1';
const logsUrl = `https://${host}/api/v1/logs`;
const own = makeKey('RSA', 'own');
const prover = makeKey('P-256', 'prover');
const needsNonce = [400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.'];

const here = AppOrg.forEachTest(own, { dpop: true });

/** Asks for a token with this DPoP header, and a fresh assertion. */
function askToken(dpop?: string): Promise<Reply> {
  const client_assertion = assertion(here.app, own, { now: here.clock });
  return ask(here.okta, tokenRequest({ client_assertion }, dpop === undefined ? {} : { DPoP: dpop }));
}

function tokenProof(nonce?: string, odd: Odd = {}): string {
  return proof({ method: 'POST', url: tokenUrl, ...(nonce && { nonce }) }, prover, { now: here.clock, odd });
}

async function freshNonce(): Promise<string> {
  const { headers } = await askToken(tokenProof());
  return String(headers['dpop-nonce']);
}

async function boundToken(): Promise<string> {
  const { status, body } = await askToken(tokenProof(await freshNonce()));
  assert.equal(status, 200, body);
  return JSON.parse(body).access_token;
}

function told({ status, body }: Reply): unknown[] {
  const { error, error_description } = JSON.parse(body);
  return [status, error, error_description];
}

describe('a token that is bound', () => {
  test('comes after a nonce, and reads the log with a proof for each request, next links too', async () => {
    const missing = [400, 'invalid_dpop_proof', 'The DPoP proof JWT header is missing.'];
    assert.deepEqual(told(await askToken()), missing);
    const first = await askToken(tokenProof(undefined, { claims: { jti: undefined } }));
    assert.deepEqual(told(first), needsNonce);
    const nonce = String(first.headers['dpop-nonce']);
    const { body } = await askToken(tokenProof(nonce));
    const { access_token, ...rest } = JSON.parse(body);
    assert.deepEqual(rest, { token_type: 'DPoP', expires_in: 3600, scope: 'okta.logs.read' });
    here.org.publishMade(2);
    const page = await read(access_token);
    assert.equal(page.status, 200);
    const next = /<https:\/\/acme\.okta\.com([^>]*)>; rel="next"/.exec(String(page.headers.link))?.[1];
    assert.equal((await read(access_token, { path: next as string })).status, 200);
    assert.deepEqual(here.org.apps.counts(here.app), { granted: 1, refused: 2 });
    assert.equal(here.okta.requests.at(-1)?.headers.dpop, undefined);
    assert.equal(here.okta.requests.at(-1)?.scheme, 'DPoP');
  });

  test('is given to an app that need not prove anything, when it does all the same', async () => {
    here.org.apps.requireDpop(here.app, false);
    assert.equal(JSON.parse((await askToken()).body).token_type, 'Bearer');
    assert.equal((await read(await boundToken())).status, 200);
  });

  test('uses its assertion up even where only a nonce was missing', async () => {
    const client_assertion = assertion(here.app, own, { now: here.clock });
    const send = (dpop: string) => ask(here.okta, tokenRequest({ client_assertion }, { DPoP: dpop }));
    const first = await send(tokenProof());
    const again = await send(tokenProof(String(first.headers['dpop-nonce'])));
    assert.equal(told(again)[2], 'The client_assertion token has already been used.');
  });
});

test('a nonce is renewed after a day and taken for three', async () => {
  const nonce = await freshNonce();
  here.clock += 24 * HOUR - 1;
  assert.equal(await freshNonce(), nonce);
  here.clock += 1;
  const second = await freshNonce();
  assert.notEqual(second, nonce);
  here.clock = START + 72 * HOUR;
  assert.equal((await askToken(tokenProof(nonce))).status, 200);
  here.clock += 1000;
  const refused = await askToken(tokenProof(nonce));
  assert.deepEqual(told(refused), needsNonce);
  assert.notEqual(refused.headers['dpop-nonce'], nonce);
  assert.equal((await askToken(tokenProof(second))).status, 200);
  assert.deepEqual(told(await askToken(tokenProof('made-up'))), needsNonce);
});

describe('a proof is refused', () => {
  const privateJwk = prover.privateKey.export({ format: 'jwk' });
  const other = makeKey('P-256', 'other');
  const past = 'The DPoP proof JWT is issued more than five minutes in the past.';
  const cases: [what: string, odd: Odd, description: string | RegExp][] = [
    ['of another type', { header: { typ: 'JWT' } }, /typ/],
    ['with a private key in it', { header: { jwk: privateJwk } }, /jwk/],
    ['without a key', { header: { jwk: undefined } }, /jwk/],
    ['signed by another key', { key: other }, /signature/],
    ['signed with a secret', { alg: 'HS256' }, /signature/],
    ['not signed', { alg: 'none' }, 'DPoP proof JWT cannot be parsed.'],
    ['for another method', { claims: { htm: 'PUT' } }, "'htm' claim in the DPoP proof JWT is invalid."],
    ['for another URL', { claims: { htu: `https://${host}/` } }, "'htu' claim in the DPoP proof JWT is invalid."],
    ['that is old', { claims: { iat: SECONDS - 301 } }, past],
    ['that is early', { claims: { iat: SECONDS + 301 } }, /in the future/],
    ['without a time', { claims: { iat: undefined } }, /'iat'/],
    ['with an id that is no text', { claims: { jti: 7 } }, /'jti'/],
    ['without an id', { claims: { jti: undefined } }, /'jti'/],
  ];
  for (const [what, odd, description] of cases) {
    test(`${what}, at both places`, async () => {
      const nonce = await freshNonce();
      const [status, error, sentence] = told(await askToken(tokenProof(nonce, odd)));
      assert.deepEqual([status, error], [400, 'invalid_dpop_proof']);
      const token = await boundToken();
      const refusal = challenge(await read(token, { odd }));
      assert.match(refusal, /^400 DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", .*error="invalid_dpop_proof"/);
      for (const text of [String(sentence), refusal]) {
        if (typeof description === 'string') assert.ok(text.includes(description), text);
        else assert.match(text, description);
      }
    });
  }

  test('the second time, wherever the first was', async () => {
    const token = await boundToken();
    const odd = { claims: { jti: 'only-one' } };
    assert.equal((await read(token, { odd })).status, 200);
    const again = /^400 DPoP .*error_description="The DPoP proof JWT has already been used\."/;
    assert.match(challenge(await read(token, { odd })), again);
    const sent = tokenProof(await freshNonce());
    assert.equal((await askToken(sent)).status, 200);
    assert.equal(told(await askToken(sent))[2], 'The DPoP proof JWT has already been used.');
  });

  test('with the query in its URL, for another token, or from a key that the token is not bound to', async () => {
    const token = await boundToken();
    const htu = { claims: { htu: `${logsUrl}?limit=1` } };
    assert.match(
      challenge(await read(token, { odd: htu })),
      /^400 DPoP .*'htu' claim in the DPoP proof JWT is invalid/,
    );
    const ath = /^400 DPoP .*"'ath' claim in the DPoP proof does not match the presented access_token\."/;
    assert.match(challenge(await read(token, { odd: { claims: { ath: 'x' } } })), ath);
    assert.match(challenge(await read(token, { odd: { claims: { ath: undefined } } })), ath);
    assert.match(challenge(await read(token, { key: other })), /^400 DPoP .*not bound to the key/);
  });
});

describe('a token is refused', () => {
  test('without a proof, and as a bearer’s where it is bound', async () => {
    const token = await boundToken();
    const send = (authorization: string) => ask(here.okta, { path: LOGS, headers: { Authorization: authorization } });
    assert.match(challenge(await send(`DPoP ${token}`)), /^400 DPoP .*"The DPoP proof JWT header is missing\."/);
    assert.equal(
      challenge(await send(`Bearer ${token}`)),
      `400 Bearer authorization_uri="http://${host}/oauth2/v1/authorize", realm="http://${host}", ` +
        'scope="okta.logs.read", error="invalid_request", ' +
        'error_description="The resource request requires a DPoP proof.", resource="/api/v1/logs"',
    );
  });

  test('with a proof where it is bound to none, and where it is no token', async () => {
    here.org.apps.requireDpop(here.app, false);
    const bearer = JSON.parse((await askToken()).body).access_token;
    for (const token of [bearer, 'nonsense']) {
      assert.match(challenge(await read(token)), /^401 DPoP algs=.*error="invalid_token"/);
    }
  });

  test('when it has expired, with a fresh proof too', async () => {
    const token = await boundToken();
    here.clock += HOUR;
    assert.match(challenge(await read(token)), /^401 DPoP .*error="invalid_token", .*"The token has expired\."/);
  });
});

test('an org whose clock is ahead judges assertions and proofs by it', async () => {
  here.org.dateSkewMs = 6 * 60_000;
  assert.equal(told(await askToken(tokenProof()))[2], 'The client_assertion token is expired.');
  here.org.dateSkewMs = -6 * 60_000;
  assert.equal(told(await askToken(tokenProof()))[2], 'The client_assertion token is issued in the future.');
});

type How = { path?: string; key?: Key; odd?: Odd };

/** Reads the log with a bound token and a fresh proof. */
function read(token: string, { path = LOGS, key = prover, odd = {} }: How = {}): Promise<Reply> {
  const dpop = proof({ method: 'GET', url: logsUrl, token }, key, { now: here.clock, odd });
  return ask(here.okta, { path, headers: { Authorization: `DPoP ${token}`, DPoP: dpop } });
}

/** Status and WWW-Authenticate of a refusal. */
function challenge({ status, headers }: Reply): string {
  return `${status} ${headers['www-authenticate']}`;
}
