import { verify } from 'node:crypto';
import type { PublicKey } from './jwk.ts';

/** A signed JWT in its compact form, read but not yet believed. */
export type Jws = { header: Json; claims: Json; signed: string; signature: Buffer };

type Json = Record<string, unknown>;

/** What each algorithm wants of its key; symmetric ones and `none` are no algorithms here. */
const algorithms = new Map([
  ['RS256', { hash: 'sha256', curve: undefined }],
  ['RS384', { hash: 'sha384', curve: undefined }],
  ['RS512', { hash: 'sha512', curve: undefined }],
  ['ES256', { hash: 'sha256', curve: 'prime256v1' }],
  ['ES384', { hash: 'sha384', curve: 'secp384r1' }],
  ['ES512', { hash: 'sha512', curve: 'secp521r1' }],
]);

/** The algorithms that Okta takes for assertions and proofs. */
export const signatureAlgorithms = [...algorithms.keys()];

/** Takes a compact JWT apart; nothing when it is none, or names extensions that must be understood. */
export function readJws(text: string): Jws | undefined {
  const [header = '', claims = '', signature = '', ...more] = text.split('.');
  const read = { header: json(header), claims: json(claims), signature: bytes(signature) };
  if (more.length > 0 || !read.header || !read.claims || !read.signature || 'crit' in read.header) return undefined;
  return {
    header: read.header,
    claims: read.claims,
    signed: `${header}.${claims}`,
    signature: read.signature,
  };
}

/** Whether the algorithm that the JWT names is one of Okta's, and is meant for this key. */
export function suits({ header }: Jws, { key, alg }: PublicKey): boolean {
  const algorithm = algorithms.get(String(header.alg));
  if (!algorithm || (alg !== undefined && alg !== header.alg)) return false;
  if (algorithm.curve === undefined) return key.asymmetricKeyType === 'rsa';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === algorithm.curve;
}

/** Whether the JWT was signed with the private half of this key. */
export function isSignedBy(jws: Jws, publicKey: PublicKey): boolean {
  const algorithm = algorithms.get(String(jws.header.alg));
  if (!algorithm || !suits(jws, publicKey)) return false;
  const key = { key: publicKey.key, dsaEncoding: 'ieee-p1363' as const };
  return verify(algorithm.hash, Buffer.from(jws.signed), key, jws.signature);
}

function json(part: string): Json | undefined {
  const text = bytes(part)?.toString();
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined; // no JSON, and so no JWT
  }
}

/** The bytes of a base64url text; nothing when it is empty, padded or written in another way than the only right one. */
function bytes(part: string): Buffer | undefined {
  const read = Buffer.from(part, 'base64url');
  return part !== '' && read.toString('base64url') === part ? read : undefined;
}
