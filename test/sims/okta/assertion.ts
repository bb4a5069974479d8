import type { App } from './apps.ts';
import type { PublicKey } from './jwk.ts';
import { isSignedBy, type Jws, suits } from './jws.ts';
import type { Once } from './once.ts';

const longestMs = 3_600_000;
/** How far the client’s clock may be ahead; what Okta allows is not documented. */
const aheadMs = 60_000;

/** Whom and when an assertion is judged for; `used` knows the assertions that came before. */
export type AssertionContext = { audience: string; now: number; used: Once };

/**
 * What is wrong with a client assertion of this app, in Okta's words where they are known: of `kid`, `aud`, `exp` (both
 * ways), the signature and a second use from https://support.okta.com and public reports; the others are not documented.
 * The claims are those of https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/.
 */
export function assertionFault(jws: Jws, app: App, context: AssertionContext): string | undefined {
  const key = keyFor(jws, app);
  if (!key) return 'The client_assertion JWT kid is invalid.';
  if (!suits(jws, key)) return 'The client_assertion JWT alg is invalid.';
  if (!isSignedBy(jws, key)) return 'The client_assertion signature is invalid.';
  const { iss, sub } = jws.claims;
  if (iss !== app.clientId || sub !== app.clientId) {
    return "The 'iss' and 'sub' claims of the client_assertion must be the client_id.";
  }
  if (![jws.claims.aud].flat().includes(context.audience)) {
    return 'The audience claim for client_assertion must be the endpoint invoked for the request.';
  }
  return timeFault(jws.claims, context.now) ?? replayFault(jws.claims, app, context);
}

function keyFor({ header }: Jws, { keys }: App): PublicKey | undefined {
  if (header.kid === undefined) return keys.length === 1 ? keys[0] : undefined;
  return keys.find(({ kid }) => kid === header.kid);
}

function timeFault({ exp, iat }: Jws['claims'], now: number): string | undefined {
  if (typeof exp !== 'number') return "The 'exp' claim of the client_assertion must be a number of seconds.";
  if (exp * 1000 <= now) return 'The client_assertion token is expired.';
  if (exp * 1000 > now + longestMs) return 'The client_assertion token has an expiration too far into the future.';
  if (iat === undefined) return undefined;
  if (typeof iat !== 'number') return "The 'iat' claim of the client_assertion must be a number of seconds.";
  return iat * 1000 > now + aheadMs ? 'The client_assertion token is issued in the future.' : undefined;
}

function replayFault({ jti, exp }: Jws['claims'], app: App, { now, used }: AssertionContext): string | undefined {
  if (jti === undefined) return undefined;
  if (typeof jti !== 'string' || jti === '') return "The 'jti' claim of the client_assertion must be a text.";
  const fresh = used.use(`${app.clientId} ${jti}`, Number(exp) * 1000, now);
  return fresh ? undefined : 'The client_assertion token has already been used.';
}
