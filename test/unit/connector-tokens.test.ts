import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { createHttpHeaders, type PipelineResponse } from '@azure/core-rest-pipeline';
import { AuthenticationError } from 'botframework-connector';
import { ConnectorTokens } from '../../bot/teams/connector-tokens.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';

const appId = '11111111-1111-4111-8111-111111111111';
const issuer = 'https://api.botframework.com';
const configurationUrl = 'https://login.example.com/openidconfiguration';
const activity = { channelId: 'msteams', serviceUrl: 'https://smba.trafficmanager.net/emea/' };
const start = Date.parse('2026-03-02T09:00:00Z');
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The place where keys are published: how it answers can be changed, and each reading is counted. */
function place() {
  const published = (kid: string, endorsements: unknown = ['msteams']) => ({
    ...pair.publicKey.export({ format: 'jwk' }),
    kid,
    endorsements,
  });
  const state = {
    now: start,
    calls: 0,
    status: 200,
    configuration: { jwks_uri: 'https://login.example.com/keys' } as unknown,
    keys: { keys: [published('one')] } as unknown,
    published,
  };
  const http = {
    async sendRequest(request: { url: string }): Promise<PipelineResponse> {
      state.calls++;
      const body = request.url === configurationUrl ? state.configuration : state.keys;
      const bodyAsText = typeof body === 'string' ? body : JSON.stringify(body);
      return { status: state.status, headers: createHttpHeaders(), bodyAsText, request } as PipelineResponse;
    },
  };
  const network = { http, deadline: realDeadline, now: () => state.now };
  return { state, tokens: new ConnectorTokens(appId, { issuer, configurationUrl }, network) };
}

type Given = { claims?: object; kid?: string; key?: KeyObject; algorithm?: 'RS256' | 'ES256'; now?: number };

function header({ claims = {}, kid = 'one', key = pair.privateKey, algorithm = 'RS256', now = start }: Given = {}) {
  const seconds = now / 1000;
  const whole = { iss: issuer, aud: appId, nbf: seconds - 300, exp: seconds + 3600, serviceurl: activity.serviceUrl };
  const signed = `${part({ alg: algorithm, typ: 'JWT', kid })}.${part({ ...whole, ...claims })}`;
  return `Bearer ${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function outcome(tokens: ConnectorTokens, authorization: string): Promise<string> {
  try {
    await tokens.check(authorization, activity);
    return 'let in';
  } catch (error) {
    return error instanceof AuthenticationError ? `refused: ${error.message}` : 'come again';
  }
}

const seconds = start / 1000;
const rows: [what: string, authorization: string, outcome: RegExp][] = [
  ['as Teams makes it', header(), /^let in$/],
  ['with the time of its issue', header({ claims: { iat: seconds } }), /^let in$/],
  ['of a clock that is four minutes ahead', header({ claims: { nbf: seconds + 240, iat: seconds + 240 } }), /^let in$/],
  ['of a clock that is four minutes behind', header({ claims: { exp: seconds - 240 } }), /^let in$/],
  ['without an end', header({ claims: { exp: undefined } }), /without an end/],
  ['with an end that is a text', `Bearer ${unsignedWith({ exp: 'never' })}`, /^refused/],
  ['over for six minutes', header({ claims: { exp: seconds - 360 } }), /expired/],
  ['valid in six minutes', header({ claims: { nbf: seconds + 360 } }), /not active/],
  ['issued in six minutes', header({ claims: { iat: seconds + 360 } }), /time to come/],
  ['issued at a text', header({ claims: { iat: 'x' } }), /time to come/],
  ['for another bot', header({ claims: { aud: 'x' } }), /audience/],
  ['for many bots, this among them', header({ claims: { aud: ['x', appId] } }), /^let in$/],
  ['by another signer', header({ claims: { iss: 'https://sts.windows.net/x/' } }), /issuer/],
  ['for another address', header({ claims: { serviceurl: 'https://evil.example/' } }), /service URL/],
  ['for no address', header({ claims: { serviceurl: undefined } }), /service URL/],
  ['of an unknown key', header({ kid: 'two' }), /no key/],
  ['of another kind of key', header({ key: curve.privateKey, algorithm: 'ES256' }), /^refused/],
  ['unsigned', `Bearer ${unsignedWith({})}`, /^refused/],
  ['no token at all', '', /no token/],
  ['of another scheme', header().replace('Bearer', 'Basic'), /no token/],
  ['two in one', `${header()} x`, /no token/],
  ['a text', 'Bearer x', /no token/],
  ['three dots', 'Bearer ...', /no token/],
  ['a list for a head', `Bearer ${Buffer.from('[]').toString('base64url')}.e30.x`, /no token/],
  ['a thing for a key id', `Bearer ${Buffer.from('{"kid":{}}').toString('base64url')}.e30.x`, /no token/],
  ['a body that is no JSON', `Bearer ${part({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.eHg.eHg`, /^refused/],
  ['a prototype for a key id', header({ kid: '__proto__' }), /no key/],
];

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function unsignedWith(claims: object): string {
  return `${part({ alg: 'none', typ: 'JWT', kid: 'one' })}.${part({ iss: issuer, aud: appId, ...claims })}.`;
}

test('who has a token of the Bot Connector for this bot is let in, and nobody else', async () => {
  const { tokens } = place();
  for (const [what, authorization, expected] of rows)
    assert.match(await outcome(tokens, authorization), expected, what);
});

test('a key signs only for the channels that it is endorsed for', async () => {
  const { state, tokens } = place();
  state.keys = { keys: [state.published('one', ['skype']), state.published('two', [])] };
  assert.equal(await outcome(tokens, header()), 'refused: not endorsed for Teams');
  assert.equal(await outcome(tokens, header({ kid: 'two' })), 'let in');
});

test('a flood of unknown keys asks for the published ones once a minute, and a new one is found then', async () => {
  const { state, tokens } = place();
  await Promise.all(Array.from({ length: 200 }, (_, index) => outcome(tokens, header({ kid: `odd${index}` }))));
  assert.equal(state.calls, 2, 'one reading');
  state.keys = { keys: [state.published('new')] };
  assert.match(await outcome(tokens, header({ kid: 'new' })), /^refused/);
  state.now += 60_000;
  const flood = Array.from({ length: 50 }, () => outcome(tokens, header({ kid: 'new', now: state.now })));
  assert.deepEqual(new Set(await Promise.all(flood)), new Set(['let in']));
  assert.equal(state.calls, 4, 'one more');
});

test('while the keys can’t be read, callers may come again; those that are known do until there are others', async () => {
  for (const broken of [
    { status: 500 },
    { configuration: '<html>' },
    { configuration: null },
    { configuration: {} },
    { configuration: { jwks_uri: 'http://login.example.com/keys' } },
    { keys: 'x' },
    { keys: null },
    { keys: { keys: 7 } },
    { keys: { keys: [null, 7, { kid: 'one' }, { kid: 'one', kty: 'RSA', n: 7 }] } },
  ]) {
    const { state, tokens } = place();
    const { status, configuration, keys } = state;
    Object.assign(state, broken);
    assert.equal(await outcome(tokens, header()), 'come again', JSON.stringify(broken));
    const { calls } = state;
    assert.equal(await outcome(tokens, header()), 'come again', 'and is not asked for at once');
    assert.equal(state.calls, calls);
    Object.assign(state, { status, configuration, keys, now: start + 60_000 });
    assert.equal(await outcome(tokens, header()), 'let in');
    Object.assign(state, { ...broken, now: start + 25 * 3_600_000 });
    assert.equal(await outcome(tokens, header({ now: state.now })), 'let in', 'by the keys of before');
  }
});
