import { createHash, randomBytes } from 'node:crypto';
import { type PublicKey, readPublicKey } from './jwk.ts';
import { isSignedBy, type Jws, readJws } from './jws.ts';
import { Once } from './once.ts';

const proofLifeMs = 5 * 60_000;
const nonceRenewedMs = 24 * 3_600_000;
const nonceLifeMs = 3 * nonceRenewedMs;

/** The request that a proof must be for, without query; `token` where it comes with one, else it must hold a nonce. */
export type Proven = { method: string; url: string; token?: string };

/** The thumbprint of the key whose holder sent the request, or why the proof is none. */
export type ProofVerdict =
  | { thumbprint: string }
  | { error: 'invalid_dpop_proof'; description: string }
  | { error: 'use_dpop_nonce'; description: string; nonce: string };

/**
 * The DPoP proofs of one org: https://www.rfc-editor.org/rfc/rfc9449#section-4.3 and
 * https://developer.okta.com/docs/guides/dpop/oktaresourceserver/main/. A nonce is renewed each 24 hours and taken for three
 * days; a proof is good for five minutes, and once.
 */
export class Proofs {
  #used = new Once();
  #nonces: { text: string; madeAt: number }[] = [];

  /** Judges the proof in a DPoP header. */
  judge(header: string | undefined, proven: Proven, now: number): ProofVerdict {
    if (header === undefined) return invalid('The DPoP proof JWT header is missing.');
    const jws = readJws(header);
    if (!jws) return invalid('DPoP proof JWT cannot be parsed.');
    const key = embeddedKey(jws);
    if (!key) return invalid("'jwk' in the DPoP proof JWT header is invalid.");
    if (jws.header.typ !== 'dpop+jwt') return invalid("'typ' in the DPoP proof JWT header is invalid.");
    if (!isSignedBy(jws, key)) return invalid('The DPoP proof JWT signature is invalid.');
    const fault = claimFault(jws.claims, proven, now) ?? this.#replayFault(jws.claims, now);
    if (fault) return invalid(fault);
    if (proven.token === undefined && !this.#takesNonce(jws.claims.nonce, now)) {
      const description = 'Authorization server requires nonce in DPoP proof.';
      return { error: 'use_dpop_nonce', description, nonce: this.#nonce(now) };
    }
    // The first proof, which is only to bring a nonce, has no jti in Okta's guide.
    if (jws.claims.jti === undefined) return invalid(claimIsInvalid('jti'));
    return { thumbprint: key.thumbprint };
  }

  #replayFault({ jti, iat }: Jws['claims'], now: number): string | undefined {
    if (jti === undefined) return undefined;
    if (typeof jti !== 'string' || jti === '') return claimIsInvalid('jti');
    const fresh = this.#used.use(jti, Number(iat) * 1000 + proofLifeMs, now);
    return fresh ? undefined : 'The DPoP proof JWT has already been used.';
  }

  #takesNonce(nonce: unknown, now: number): boolean {
    return this.#nonces.some(({ text, madeAt }) => text === nonce && now - madeAt <= nonceLifeMs);
  }

  #nonce(now: number): string {
    this.#nonces = this.#nonces.filter(({ madeAt }) => now - madeAt <= nonceLifeMs);
    const newest = this.#nonces.at(-1);
    if (newest && now - newest.madeAt < nonceRenewedMs) return newest.text;
    const text = randomBytes(24).toString('base64url');
    this.#nonces.push({ text, madeAt: now });
    return text;
  }
}

function invalid(description: string): ProofVerdict {
  return { error: 'invalid_dpop_proof', description };
}

function embeddedKey({ header }: Jws): PublicKey | undefined {
  if (typeof header.jwk !== 'object') return undefined;
  try {
    return readPublicKey(header.jwk);
  } catch {
    return undefined; // private, too short or of another kind: no key to prove with
  }
}

function claimFault(claims: Jws['claims'], { method, url, token }: Proven, now: number): string | undefined {
  const { htm, htu, iat, ath } = claims;
  if (htm !== method) return claimIsInvalid('htm');
  if (htu !== url) return claimIsInvalid('htu');
  if (typeof iat !== 'number') return claimIsInvalid('iat');
  if (iat * 1000 < now - proofLifeMs) return 'The DPoP proof JWT is issued more than five minutes in the past.';
  if (iat * 1000 > now + proofLifeMs) return 'The DPoP proof JWT is issued more than five minutes in the future.';
  if (token === undefined || ath === createHash('sha256').update(token).digest('base64url')) return undefined;
  return "'ath' claim in the DPoP proof does not match the presented access_token.";
}

function claimIsInvalid(name: string): string {
  return `'${name}' claim in the DPoP proof JWT is invalid.`;
}
