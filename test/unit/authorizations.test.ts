import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../../ingestion/errors.ts';
import { keyText, makeKey } from '../../ingestion/okta/key-pair.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import { Authorizations } from '../../ingestion/secrets/authorizations.ts';

const start = Date.parse('2026-03-02T09:00:00Z');
const minute = 60_000;
const caller = { domain: 'acme.okta.com', keyId: 'k', clientId: '0oa1b2c3d4e5f6g7h8i9' };

/** What polls ask, at an org that gives a new access token to each call, or what `answer` says instead. */
function open() {
  const here = {
    now: start,
    calls: 0,
    doubts: 0,
    answer: null as { status: number; headers?: Record<string, string> } | null,
  };
  const http: HttpClient = {
    async sendRequest(request) {
      here.calls++;
      const { status = 200, headers = {} } = here.answer ?? {};
      const given = { token_type: 'Bearer', expires_in: 3600, access_token: `token-${here.calls}` };
      return {
        request,
        status,
        headers: createHttpHeaders(headers),
        bodyAsText: here.answer ? '{}' : JSON.stringify(given),
      };
    },
  };
  const { signal } = new AbortController();
  const secrets = {
    keep: async () => assert.fail('nothing is kept'),
    read: async () => keyText(makeKey(start)),
    doubt: () => void here.doubts++,
    clear: async () => assert.fail('nothing is cleared'),
  };
  const runtime = {
    http,
    now: () => here.now,
    sleep: async () => undefined,
    deadline: () => ({ signal, leftMs: () => 10_000 }),
    metrics: openMetrics(),
  };
  const authorizations = new Authorizations(runtime, { secrets, closing: signal });
  const get = async (of = caller) => (await authorizations.get(of)).token;
  const reason = (of = caller) =>
    get(of).then(
      (token) => assert.fail(`got ${token}`),
      (error) => (error instanceof ConnectorError ? error.reason : error),
    );
  return { here, authorizations, get, reason };
}

test('all who ask at once, and for fifty minutes, get the token of one call; another org, app or key has its own', async () => {
  const { here, get } = open();
  assert.deepEqual(await Promise.all([get(), get(), get()]), ['token-1', 'token-1', 'token-1']);
  here.now += 49 * minute;
  assert.equal(await get(), 'token-1');
  here.now += 2 * minute;
  assert.equal(await get(), 'token-2');
  for (const other of [{ domain: 'b.okta.com' }, { clientId: '0oaother' }, { keyId: 'l' }])
    assert.notEqual(await get({ ...caller, ...other }), 'token-2', JSON.stringify(other));
  assert.equal(await get(), 'token-2');
});

test('while a renewal fails the token of before serves to its end, and Okta is asked once a minute', async () => {
  const { here, get, reason } = open();
  await get();
  here.answer = { status: 401 };
  here.now += 51 * minute;
  const before = here.calls;
  for (let polls = 0; polls < 6; polls++) {
    assert.equal(await get(), 'token-1');
    here.now += 10_000;
  }
  assert.equal(here.calls - before, 1);
  here.now = start + 59 * minute;
  assert.equal(await reason(), 'app-refused');
});

test('whoever is asked to wait asks no more until then, and has the token of before meanwhile, if that is still good', async () => {
  const { here, get, reason } = open();
  here.answer = { status: 429, headers: { 'retry-after': '80' } };
  assert.equal(await reason(), 'rate-limited');
  here.now += minute;
  assert.equal(await reason(), 'rate-limited');
  assert.equal(here.calls, 1);
  here.answer = null;
  here.now += minute;
  assert.equal(await get(), 'token-2');
  here.answer = { status: 429, headers: { 'retry-after': '80' } };
  here.now += 51 * minute;
  assert.equal(await get(), 'token-2');
  here.now += 70_000;
  assert.equal(await get(), 'token-2', 'also when its renewal is due again before the wait is over');
  assert.equal(here.calls, 3);
});

test('a token that Okta refuses is not used again, and whether another may be had depends on when it was got', async () => {
  const { here, authorizations, get } = open();
  await get();
  here.now += minute;
  assert.equal(authorizations.refused(caller, here.now), true, 'it was in hand from before');
  assert.equal(await get(), 'token-2');
  assert.equal(authorizations.refused(caller, here.now), false, 'it was got for this very poll');
  assert.equal(await get(), 'token-3');
  assert.equal(authorizations.refused({ ...caller, clientId: '0oaother' }, here.now), false, 'nothing was in hand');
  assert.equal(here.doubts, 3, 'the key is looked at anew each time');
});
