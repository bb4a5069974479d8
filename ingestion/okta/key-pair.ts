import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';

/**
 * The private key of a service app, or of one access token, as a JWK (RFC 7517). Signed with ES256: Okta takes keys of elliptic
 * curves as well as RSA (https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/), and they are short enough to
 * be shown in a dialog and made while somebody waits.
 */
export type PrivateKey = JsonWebKey & { kid: string; alg: 'ES256' };

/** The part of a key that others may know, as Okta is to have it. */
export type PublicKey = Pick<PrivateKey, 'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg'> & { use: 'sig' };

/** A new key, whose id says that it is ours and the day of `now` (ms since the epoch), by which it is found among others in Okta. */
export function makeKey(now: number): PrivateKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = new Date(now).toISOString().slice(0, 10);
  const kid = `patchbay-${day}-${randomBytes(4).toString('hex')}`;
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256' };
}

/** What of a key is shown and sent: never `d`. */
export function publicPart({ kty, crv, x, y, kid, alg }: PrivateKey): PublicKey {
  return { kty, crv, x, y, kid, alg, use: 'sig' };
}

/**
 * Before the text of a private key: a letter that no header of HTTP can hold, so that whoever takes the text for an API token, as
 * versions of before there were service apps would, can't send it.
 */
const mark = '\u{1F511}';

/** A private key as it is kept. */
export function keyText(key: PrivateKey): string {
  return `${mark}${JSON.stringify(key)}`;
}

/** The private key that was kept as text; null where the text is none, such as an API token. */
export function readKey(text: string): PrivateKey | null {
  if (!text.startsWith(mark)) return null;
  try {
    const key = JSON.parse(text.slice(mark.length)) as Partial<PrivateKey> | null;
    return typeof key?.d === 'string' && typeof key.kid === 'string' && key.alg === 'ES256'
      ? (key as PrivateKey)
      : null;
  } catch {
    return null;
  }
}
