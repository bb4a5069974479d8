import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { makeKey } from '../../ingestion/okta/key-pair.ts';
import { faultOf, refusalOf } from '../../ingestion/okta/refusal.ts';
import type { Reason } from '../../ingestion/reasons.ts';

const first = 'https://acme.okta.com/api/v1/logs?since=x&limit=1';
const later = 'https://acme.okta.com/api/v1/logs?since=x&after=1_2';
const endpoint = 'https://acme.okta.com/oauth2/v1/token';
const request = createPipelineRequest({ url: first });

type Scheme = Parameters<typeof refusalOf>[2]['scheme'];
type Said = { body?: unknown; headers?: Record<string, string> };

function refused(status: number, { body = '', headers = {} }: Said, ask: { url: string; scheme: Scheme }) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return refusalOf({ status, headers: createHttpHeaders(headers), request }, bytes, ask);
}

const code = (errorCode: string) => ({ body: { errorCode, errorSummary: 'said' } });
const oauth = (error: string) => ({ body: { error, error_description: 'said' } });
const challenge = (error: string) => ({
  headers: { 'www-authenticate': `Bearer authorization_uri="x", error="${error}", error_description="said"` },
});

test('a page that is refused is refused for what its status, code and place say, and an access token for what OAuth says', () => {
  const rows: [number, Said, string, Scheme, Reason][] = [
    [401, code('E0000011'), first, 'SSWS', 'token-refused'],
    [401, code('E0000011'), later, 'SSWS', 'token-refused'],
    [401, code('E0000015'), first, 'SSWS', 'token-not-permitted'],
    [403, code('E0000006'), later, 'SSWS', 'token-not-permitted'],
    [403, code('E0000005'), first, 'SSWS', 'token-refused'],
    [400, code('E0000001'), first, 'SSWS', 'okta-request-refused'],
    [400, code('E0000001'), later, 'SSWS', 'cursor-refused'],
    [404, {}, first, 'SSWS', 'domain-unknown'],
    [404, {}, later, 'SSWS', 'cursor-refused'],
    [410, {}, first, 'SSWS', 'cursor-refused'],
    [500, code('E0000009'), later, 'SSWS', 'okta-unreachable'],
    [403, oauth('invalid_token'), first, 'SSWS', 'token-not-permitted'],
    [401, challenge('invalid_token'), later, 'Bearer', 'app-refused'],
    [403, challenge('invalid_token'), first, 'Bearer', 'app-refused'],
    [401, challenge('insufficient_scope'), first, 'Bearer', 'app-not-permitted'],
    [403, challenge('insufficient_scope'), later, 'DPoP', 'app-not-permitted'],
    [403, oauth('access_denied'), first, 'Bearer', 'app-not-permitted'],
    [401, oauth('access_denied'), first, 'Bearer', 'app-not-permitted'],
    [400, challenge('invalid_dpop_proof'), later, 'DPoP', 'app-refused'],
    [400, challenge('invalid_request'), later, 'Bearer', 'app-refused'],
    [400, code('E0000001'), later, 'DPoP', 'cursor-refused'],
    [403, code('E0000006'), first, 'DPoP', 'app-not-permitted'],
    [401, {}, first, 'Bearer', 'app-refused'],
    [503, challenge('invalid_token'), first, 'Bearer', 'okta-unreachable'],
    [400, oauth('unsupported_grant_type'), endpoint, 'Bearer', 'app-not-permitted'],
    [400, oauth('invalid_request'), endpoint, 'Bearer', 'app-refused'],
    [404, {}, `${endpoint}?after=1`, 'Bearer', 'domain-unknown'],
    [307, { headers: { location: 'https://evil.example/x' } }, first, 'Bearer', 'domain-refused'],
  ];
  for (const [status, said, url, scheme, reason] of rows)
    assert.equal(refused(status, said, { url, scheme }).reason, reason, JSON.stringify([status, said, url, scheme]));
});

test('Okta’s own words go along whole and cut, from the body before the header, and a redirect’s host', () => {
  const long = `${'x'.repeat(299)}yz`;
  const both = { body: { error: 'a', error_description: long }, headers: challenge('b').headers };
  const { evidence } = refused(401, both, { url: first, scheme: 'Bearer' });
  assert.deepEqual([evidence.code, evidence.text, evidence.status], ['a', long.slice(0, 300), 401]);
  const empty = refused(401, challenge('b'), { url: first, scheme: 'Bearer' }).evidence;
  assert.deepEqual([empty.code, empty.text], ['b', 'said']);
  for (const body of ['null', '7', '<html>', '{"errorCode":7}'])
    assert.deepEqual(refused(401, { body }, { url: first, scheme: 'SSWS' }).evidence, { status: 401 }, body);
  const to = refused(302, { headers: { location: 'https://evil.example/x' } }, { url: first, scheme: 'SSWS' });
  assert.equal(to.evidence.subject, 'evil.example');
});

test('a call without an answer says so in words that hold nothing of what was sent', () => {
  const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });
  assert.equal(faultOf(aborted, 'acme.okta.com').evidence.text, 'No answer in time.');
  const rest = new RestError('header SSWS 00secret', { code: 'ECONNRESET', request });
  assert.equal(faultOf(rest, 'acme.okta.com').evidence.text, 'Connection failed (ECONNRESET).');
  assert.equal(faultOf(new Error('cut off'), 'acme.okta.com').evidence.text, 'cut off');
});

test('a key tells the day on which it was made, by which it is found among others in Okta', () => {
  assert.match(makeKey(Date.parse('2026-03-02T09:00:00Z')).kid, /^patchbay-2026-03-02-[0-9a-f]{8}$/);
});
