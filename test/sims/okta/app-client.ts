import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import jwt from 'jsonwebtoken';

/** A key pair with its public half as a JWK. */
export type Key = { privateKey: KeyObject; jwk: JsonWebKey };

/** An answer as it came. */
export type Reply = { status: number; headers: Record<string, string | string[] | undefined>; body: string };

/** What is other than in a good token; a claim or parameter that is undefined is left out. */
export type Odd = {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: Key;
  alg?: jwt.Algorithm;
};

const curves = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' } as const;

/** The host of the org that these tests are about. */
export const host = 'acme.okta.com';

/** Where its tokens are given out. */
export const tokenUrl = `https://${host}/oauth2/v1/token`;

/** A new key pair; its public JWK has a kid and an algorithm. */
export function makeKey(kind: 'RSA' | keyof typeof curves, kid: string): Key {
  const { privateKey, publicKey } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  const alg = kind === 'RSA' ? 'RS256' : curves[kind];
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

/** A client assertion of an app, good for five minutes. */
export function assertion(clientId: string, key: Key, { now, odd = {} }: { now: number; odd?: Odd }): string {
  const seconds = Math.floor(now / 1000);
  const claims = { iss: clientId, sub: clientId, aud: tokenUrl, iat: seconds, exp: seconds + 300, jti: randomUUID() };
  return signed({ kid: key.jwk.kid, typ: 'JWT' }, claims, { key, ...odd });
}

/** A proof of possession for a request, with the hash of the token that it goes with. */
export function proof(
  { method, url, token, nonce }: { method: string; url: string; token?: string; nonce?: string },
  key: Key,
  { now, odd = {} }: { now: number; odd?: Odd },
): string {
  const { kty, crv, n, e, x, y } = key.jwk;
  const ath = token && createHash('sha256').update(token).digest('base64url');
  const claims = { htm: method, htu: url, iat: Math.floor(now / 1000), jti: randomUUID(), ath, nonce };
  return signed({ typ: 'dpop+jwt', jwk: { kty, crv, n, e, x, y } }, claims, { key, ...odd });
}

function signed(header: Record<string, unknown>, claims: Record<string, unknown>, odd: Odd & { key: Key }): string {
  const algorithm = odd.alg ?? (odd.key.jwk.alg as jwt.Algorithm);
  const secret = algorithm.startsWith('HS') ? 'a secret that both sides know' : odd.key.privateKey;
  // As text: what the library would not let pass in an object is wanted here too.
  const payload = JSON.stringify({ ...claims, ...odd.claims });
  const options = { algorithm, header: { alg: algorithm, ...header, ...odd.header } };
  return jwt.sign(payload, algorithm === 'none' ? '' : secret, options);
}

/** One request to the simulator on its own connection. */
export async function ask(
  simulator: { url: string },
  { method = 'GET', path, headers = {}, body = '' }: { method?: string; path: string } & Partial<Sent>,
): Promise<Reply> {
  const call = request(simulator.url, { method, path, headers: { Host: host, ...headers }, agent: false });
  // A cut answer is told twice, and the second time nobody waits any more.
  call.on('error', () => {});
  call.end(body);
  const [response] = await once(call, 'response');
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString() };
}

type Sent = { headers: Record<string, string>; body: string };

/** What a request for a token holds, as form and headers; parameters that are undefined are left out. */
export function tokenRequest(
  parameters: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Sent & { method: string; path: string } {
  const form = {
    grant_type: 'client_credentials',
    scope: 'okta.logs.read',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    ...parameters,
  };
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    method: 'POST',
    path: '/oauth2/v1/token',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(given).toString(),
  };
}
