import { createHash, createPrivateKey, randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { type PrivateKey, publicPart } from './key-pair.ts';

/**
 * What a call to an org is allowed by: an API token (SSWS), or the access token of a service app, for which an org may want each
 * call to prove the possession of the key that it was given for (DPoP).
 */
export type Authorization =
  | { scheme: 'SSWS' | 'Bearer'; token: string }
  | {
      scheme: 'DPoP';
      token: string;
      key: PrivateKey /** The last nonce that the API has asked for. */;
      nonce?: string;
    };

/** A call as a proof names it. */
type Call = { method: 'GET' | 'POST'; url: string };

/** The headers by which one call is allowed, at `now` (ms since the epoch): a proof is good for one call, and five minutes. */
export function authorizationHeaders(
  authorization: Authorization,
  call: Call,
  now: number,
): { authorization: string; dpop?: string } {
  const { scheme, token } = authorization;
  const header = { authorization: `${scheme} ${token}` };
  if (scheme !== 'DPoP') return header;
  const { key, nonce } = authorization;
  return { ...header, dpop: proofOf(key, { ...call, accessToken: token, now, ...(nonce && { nonce }) }) };
}

/**
 * Whether an answer asks for proofs with another nonce, which those of later calls then have. Okta's API wants none today; RFC 9449,
 * section 9, allows for it.
 */
export function takesNonce(authorization: Authorization, code: string | undefined, nonce: string | undefined): boolean {
  if (authorization.scheme !== 'DPoP' || code !== 'use_dpop_nonce' || nonce === authorization.nonce) return false;
  authorization.nonce = nonce;
  return true;
}

/**
 * A DPoP proof for one call, signed with `key`: of a call to the API with the hash of its access token, and with the nonce that the org
 * has asked for. The address is without query (RFC 9449, https://developer.okta.com/docs/guides/dpop/).
 */
export function proofOf(
  key: PrivateKey,
  { method, url, now, nonce, accessToken }: Call & { now: number; nonce?: string; accessToken?: string },
): string {
  const { origin, pathname } = new URL(url);
  const claims = {
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(now / 1000),
    jti: randomUUID(),
    ...(nonce && { nonce }),
    ...(accessToken && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
  };
  return signed(claims, key, { typ: 'dpop+jwt', jwk: publicPart(key) });
}

/** How long an assertion is good for; Okta takes an hour at most. */
const assertionSeconds = 300;

/**
 * The assertion by which a service app shows at `url`, the org's token endpoint, who it is: good once, and for five minutes
 * (private_key_jwt, https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/).
 */
export function assertionOf(
  key: PrivateKey,
  { clientId, url, now }: { clientId: string; url: string; now: number },
): string {
  const iat = Math.floor(now / 1000);
  const claims = { iss: clientId, sub: clientId, aud: url, iat, exp: iat + assertionSeconds, jti: randomUUID() };
  return signed(claims, key, { kid: key.kid });
}

function signed(claims: object, key: PrivateKey, header: object): string {
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  const { alg } = key;
  return jsonwebtoken.sign(claims, privateKey, { algorithm: alg, header: { alg, ...header } });
}
