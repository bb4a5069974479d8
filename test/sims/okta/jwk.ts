import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A public key as a JWK names it; `thumbprint` is that of RFC 7638, in base64url. */
export type PublicKey = { kid: string | undefined; alg: string | undefined; key: KeyObject; thumbprint: string };

const curves = ['P-256', 'P-384', 'P-521'];
const privateParts = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const fewestBits = 2048;

/**
 * Reads a public JWK, as an object or as the text that a person pastes: RSA of at least 2048 bits, or EC on P-256, P-384
 * or P-521. Throws an Error whose message is for whoever gave it. https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
 */
export function readPublicKey(jwk: unknown): PublicKey {
  const given = typeof jwk === 'string' ? parsed(jwk) : jwk;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('The key is no JSON object.');
  const fields = given as Record<string, unknown>;
  if ('keys' in fields) throw new Error('This is a set of keys: give the one key inside “keys” alone.');
  const part = privateParts.find((name) => name in fields);
  if (part) throw new Error(`The key holds a private part (“${part}”): give its public half only.`);
  if (fields.use !== undefined && fields.use !== 'sig') throw new Error('The key is not for signatures (“use”).');
  const kid = optionalText(fields, 'kid');
  const alg = optionalText(fields, 'alg');
  const key = imported(fields);
  return { kid, alg, key, thumbprint: thumbprintOf(key) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The text may hold a private key: no part of it goes into the message.
    throw new Error('The key is no JSON: a public key is wanted as a JWK, from { to }.');
  }
}

function optionalText(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new Error(`The key’s “${name}” is no text.`);
}

function imported(fields: Record<string, unknown>): KeyObject {
  if (fields.kty !== 'RSA' && fields.kty !== 'EC') {
    throw new Error('The key’s type (“kty”) is neither RSA nor EC.');
  }
  if (fields.kty === 'EC' && !curves.includes(String(fields.crv))) {
    throw new Error('The key’s curve (“crv”) is none of P-256, P-384 and P-521.');
  }
  const key = keyOf(fields as JsonWebKey);
  if ((key.asymmetricKeyDetails?.modulusLength ?? fewestBits) < fewestBits) {
    throw new Error(`The key is shorter than ${fewestBits} bits.`);
  }
  return key;
}

function keyOf(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new Error(`The key’s numbers are no public key of type ${jwk.kty}.`);
  }
}

/** https://www.rfc-editor.org/rfc/rfc7638#section-3: the required members alone, by name, without space. */
function thumbprintOf(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
