import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import { test } from 'node:test';
import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import jsonwebtoken, { type JwtPayload } from 'jsonwebtoken';
import { ConnectorError } from '../../ingestion/errors.ts';
import { requestAccessToken } from '../../ingestion/okta/access-token.ts';
import { type Authorization, authorizationHeaders } from '../../ingestion/okta/authorization.ts';
import { keyText, makeKey, publicPart, readKey } from '../../ingestion/okta/key-pair.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';

const now = Date.parse('2026-03-02T09:00:00Z');
const domain = 'acme.okta.com';
const url = `https://${domain}/oauth2/v1/token`;
const clientId = '0oa1b2c3d4e5f6g7h8i9';
const key = makeKey(now);

type Answer = { status: number; body?: string; headers?: Record<string, string> };

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body: JSON.stringify(body),
  headers,
});
const given = (type: string) =>
  json(200, { token_type: type, expires_in: 3600, access_token: 'at', scope: 'okta.logs.read' });
const proofMissing = json(400, {
  error: 'invalid_dpop_proof',
  error_description: 'The DPoP proof JWT header is missing.',
});
const nonce = (value: string) => json(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': value });

/** A runtime in which these answers come, the last of them again and again; with the requests. */
function among(answers: Answer[]) {
  const requests: PipelineRequest[] = [];
  const http: HttpClient = {
    async sendRequest(request) {
      const { status, body = '', headers = {} } = answers[Math.min(requests.length, answers.length - 1)] as Answer;
      requests.push(request);
      return { request, status, headers: createHttpHeaders(headers), bodyAsText: body };
    },
  };
  const { signal } = new AbortController();
  return { runtime: { http, now: () => now, deadline: () => ({ signal, leftMs: () => 5_000 }) }, requests };
}

/** Asks among these answers; `remembered` is a nonce of before. */
async function asked(...answers: Answer[]) {
  return askedWith(null, ...answers);
}

async function askedWith(remembered: string | null, ...answers: Answer[]) {
  const { runtime, requests } = among(answers);
  const proving = remembered === null ? null : { nonce: remembered };
  const ask = { domain, clientId, key, proving, timeoutMs: 5_000 };
  return { got: await requestAccessToken(runtime, ask).catch((error) => error), requests };
}

function formOf({ body }: PipelineRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(body)));
}

function claimsOf(token: string, jwk: JsonWebKey): { header: Record<string, unknown>; claims: JwtPayload } {
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const options = { algorithms: ['ES256' as const], complete: true as const, clockTimestamp: now / 1000 };
  const { header, payload } = jsonwebtoken.verify(token, publicKey, options);
  return { header: { ...header }, claims: payload as JwtPayload };
}

test('an app shows who it is by an assertion that is good for five minutes of the runtime’s clock, and each call has its own', async () => {
  const { got, requests } = await asked(proofMissing, nonce('n1'), given('DPoP'));
  assert.equal(got.authorization.scheme, 'DPoP');
  const forms = requests.map(formOf);
  const assertions = forms.map((form) => claimsOf(form.client_assertion ?? '', publicPart(key)));
  for (const { header, claims } of assertions) {
    assert.deepEqual([header.alg, header.kid], ['ES256', key.kid]);
    const { jti, ...others } = claims;
    assert.deepEqual(others, { iss: clientId, sub: clientId, aud: url, iat: now / 1000, exp: now / 1000 + 300 });
  }
  assert.equal(new Set(assertions.map(({ claims }) => claims.jti)).size, 3);
  for (const { headers } of requests) assert.equal(headers.get('content-type'), 'application/x-www-form-urlencoded');
  for (const form of forms) assert.deepEqual([form.grant_type, form.scope], ['client_credentials', 'okta.logs.read']);
});

test('the key as it is kept can’t be sent as an API token, by whoever takes it for one, and reads as the same key again', () => {
  assert.deepEqual(readKey(keyText(key)), key);
  assert.throws(() => validateHeaderValue('authorization', `SSWS ${keyText(key)}`), /Invalid character/);
  for (const text of [
    '',
    '00abc',
    JSON.stringify(key),
    `${keyText(key)}x`,
    keyText({ ...key, d: undefined }),
    '\u{1F511}null',
  ])
    assert.equal(readKey(text), null, text.slice(0, 20));
});

test('an org that wants proofs gets them, bound to a key of this token alone, and its nonce is kept for the next time', async () => {
  const { got, requests } = await asked(proofMissing, nonce('n1'), given('DPoP'));
  const [first, second, third] = requests.map((request) => request.headers.get('dpop'));
  assert.equal(first, undefined, 'nobody has asked for one yet');
  const jwk = jsonwebtoken.decode(third ?? '', { complete: true })?.header as unknown as { jwk: JsonWebKey };
  assert.equal(jwk.jwk.d, undefined, 'the private part stays here');
  assert.notEqual(jwk.jwk.x, key.x, 'not the key of the app');
  const proofs = [second, third].map((proof) => claimsOf(proof ?? '', jwk.jwk));
  assert.deepEqual(
    proofs.map(({ claims }) => claims.nonce),
    [undefined, 'n1'],
  );
  assert.deepEqual(got.proving, { nonce: 'n1' });
  for (const { header, claims } of proofs)
    assert.deepEqual([header.typ, claims.htm, claims.htu], ['dpop+jwt', 'POST', url]);

  const page = { method: 'GET', url: `https://${domain}/api/v1/logs?since=x&after=y#z` } as const;
  const { authorization, dpop } = authorizationHeaders(got.authorization, page, now);
  assert.equal(authorization, 'DPoP at');
  const { claims } = claimsOf(dpop ?? '', jwk.jwk);
  assert.deepEqual([claims.htm, claims.htu, claims.iat], ['GET', `https://${domain}/api/v1/logs`, now / 1000]);
  assert.equal(claims.ath, 'sda5G2fCr6XjIpiNlGJjjTVN34oe9526mH-BXCK0uu4', 'the hash of “at”');
});

test('an org that wants ever another nonce, or the same again, is not asked for ever', async () => {
  const renewing = await asked(proofMissing, nonce('n1'), nonce('n2'), nonce('n3'), nonce('n4'));
  assert.deepEqual([renewing.got.reason, renewing.requests.length], ['app-refused', 4]);
  const same = await asked(nonce('n1'), nonce('n1'));
  assert.deepEqual([same.got.reason, same.requests.length], ['app-refused', 2]);
  const still = await asked(proofMissing);
  assert.deepEqual([still.got.reason, still.requests.length], ['app-refused', 2]);
});

test('a nonce that is remembered and taken no more, in whatever words, is replaced by the one that the org names', async () => {
  const wrongProof = json(400, { error: 'invalid_dpop_proof' });
  const rows: [Answer[], number][] = [
    [[given('DPoP')], 1],
    [[nonce('n2'), given('DPoP')], 2],
    [[wrongProof, nonce('n2'), given('DPoP')], 3],
  ];
  for (const [answers, calls] of rows) {
    const { got, requests } = await askedWith('n1', ...answers);
    assert.equal(got.authorization.scheme, 'DPoP');
    assert.deepEqual([requests.length, got.proving.nonce], [calls, calls === 1 ? 'n1' : 'n2']);
  }
  const refused = await askedWith('n1', wrongProof);
  assert.deepEqual([refused.got.reason, refused.requests.length], ['app-refused', 2]);
});

test('an API that wants nonces in its proofs too gets them, once asked for each, and is not asked for ever', async () => {
  const challenge = (value: string) => ({
    status: 401,
    headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': value },
  });
  const page = { status: 200, body: '[]', headers: { link: `<https://${domain}/api/v1/logs?after=1>; rel="next"` } };
  const authorization: Authorization = { scheme: 'DPoP', token: 'at', key };
  const { runtime, requests } = among([challenge('a1'), page, page]);
  const ask = { domain, authorization, url: firstUrl(domain, now) };
  for (let pages = 0; pages < 2; pages++) assert.equal((await fetchPage(runtime, ask)).kind, 'page');
  const nonces = requests.map((request) => claimsOf(request.headers.get('dpop') ?? '', publicPart(key)).claims.nonce);
  assert.deepEqual(nonces, [undefined, 'a1', 'a1']);
  const renewing = among([challenge('a2'), challenge('a3')]);
  await assert.rejects(fetchPage(renewing.runtime, ask), ({ reason }) => reason === 'app-refused');
  assert.equal(renewing.requests.length, 2);
});

test('an answer of a token endpoint larger than a megabyte is given up', async () => {
  const sized = async (bytes: number) => (await asked({ status: 200, body: '{}'.padEnd(bytes) })).got.evidence.text;
  assert.match(String(await sized(1_048_577)), /larger than 1048576 bytes/);
  assert.doesNotMatch(String(await sized(1_048_576)), /larger/);
});

test('each refusal of the token endpoint has its reason, and Okta’s own words', async () => {
  const rows: [answer: Answer, reason: string, code?: string][] = [
    [
      json(401, { error: 'invalid_client', error_description: 'The client_assertion signature is invalid.' }),
      'app-refused',
      'invalid_client',
    ],
    [
      json(400, { errorCode: 'invalid_client', errorSummary: 'Invalid value for ‘client_id’ parameter.' }),
      'app-refused',
      'invalid_client',
    ],
    [json(400, { error: 'invalid_scope' }), 'app-not-permitted', 'invalid_scope'],
    [json(400, { error: 'consent_required' }), 'app-not-permitted', 'consent_required'],
    [json(400, { error: 'unauthorized_client' }), 'app-not-permitted', 'unauthorized_client'],
    [json(403, { error: 'access_denied', error_description: 'network zone' }), 'app-not-permitted', 'access_denied'],
    [json(403, {}), 'app-not-permitted'],
    [json(401, null), 'app-refused'],
    [json(404, 'x'), 'domain-unknown'],
    [json(410, {}), 'okta-unreachable'],
    [json(429, { errorCode: 'E0000047' }), 'rate-limited', 'E0000047'],
    [json(500, { error: 'invalid_client' }), 'okta-unreachable', 'invalid_client'],
    [{ status: 502, body: '<html>Bad Gateway</html>' }, 'okta-unreachable'],
    [{ status: 302, headers: { location: 'https://evil.example/' } }, 'domain-refused'],
  ];
  for (const [answer, reason, code] of rows) {
    const { got } = await asked(answer);
    assert.ok(got instanceof ConnectorError, reason);
    assert.deepEqual([got.reason, got.evidence.code, got.evidence.status], [reason, code, answer.status]);
  }
});

test('an answer without a token that could be sent is unusable, and nothing of it is told', async () => {
  const bodies = [
    '',
    'null',
    '[]',
    '7',
    '{',
    '{"access_token":7}',
    '{"access_token":"se cret"}',
    '{"access_token":"se\\r\\ncret: x"}',
    '<p>secret</p>',
  ];
  for (const body of bodies) {
    const { got } = await asked({ status: 200, body });
    assert.equal(got.reason, 'okta-answer-unusable', body);
    assert.doesNotMatch(JSON.stringify(got.evidence), /secret|cret/, body);
  }
});

test('an access token is good for as long as Okta says, up to an hour, and an hour where it says nothing of use', async () => {
  for (const [expires, lifeMs] of [
    [3600, 3_600_000],
    [600, 600_000],
    [1, 1_000],
    [86_400, 3_600_000],
    [0, 3_600_000],
    [-5, 3_600_000],
    ['600', 3_600_000],
    [undefined, 3_600_000],
  ]) {
    const { got } = await asked(json(200, { token_type: 'Bearer', expires_in: expires, access_token: 'at' }));
    assert.deepEqual(got, { authorization: { scheme: 'Bearer', token: 'at' }, lifeMs, proving: null }, `${expires}`);
  }
});
