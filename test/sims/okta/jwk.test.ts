import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { makeKey } from './app-client.ts';
import { Apps } from './apps.ts';

const rsa = makeKey('RSA', 'rsa');
const curve = makeKey('P-256', 'curve');

describe('a key is refused with a sentence', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const okp = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const { kid: _, ...unnamed } = curve.jwk;
  const cases: [what: string, jwk: unknown, sentence: RegExp][] = [
    ['with its private half', rsa.privateKey.export({ format: 'jwk' }), /private part \(“d”\)/],
    ['that is a secret', { kty: 'oct', k: 'c2VjcmV0' }, /private part \(“k”\)/],
    ['of another type', okp, /neither RSA nor EC/],
    ['of no type', { ...rsa.jwk, kty: undefined }, /neither RSA nor EC/],
    ['on another curve', { ...curve.jwk, crv: 'secp256k1' }, /none of P-256/],
    ['that is too short', small, /shorter than 2048 bits/],
    ['whose numbers are none', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, /no public key of type EC/],
    ['for encryption', { ...rsa.jwk, use: 'enc' }, /not for signatures/],
    ['as a set', JSON.stringify({ keys: [curve.jwk] }), /set of keys/],
    ['as PEM', '-----BEGIN PUBLIC KEY-----', /no JSON/],
    ['as a list', [], /no JSON object/],
    ['without an id beside another', unnamed, /needs an id/],
    ['with the id of another', { ...curve.jwk, kid: 'rsa' }, /already/],
  ];
  for (const [what, jwk, sentence] of cases) {
    test(what, () => {
      const apps = new Apps();
      const app = apps.add({ jwk: rsa.jwk });
      assert.throws(() => apps.addKey(app, jwk), { message: sentence });
      assert.deepEqual(apps.list()[0]?.kids, ['rsa']);
    });
  }
});

test('a key needs no id where it is the only one, and is called by its thumbprint', () => {
  const { kty, n, e, crv, x, y } = { ...rsa.jwk, ...curve.jwk };
  const apps = new Apps();
  // RFC 7638, section 3: the members that are required, in the order of their names.
  apps.add({ jwk: JSON.stringify({ use: 'sig', n, kty: 'RSA', e }, null, 2) });
  apps.add({ jwk: { y, x, kty, crv, alg: 'ES256' } });
  const thumbprints = [`{"e":"${e}","kty":"RSA","n":"${n}"}`, `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`].map(
    (text) => createHash('sha256').update(text).digest('base64url'),
  );
  assert.deepEqual(
    apps.list().map(({ kids }) => kids),
    thumbprints.map((kid) => [kid]),
  );
});
