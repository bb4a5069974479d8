import { type Answer, refusal } from './answer.ts';
import type { Apps } from './apps.ts';
import { signatureAlgorithms } from './jws.ts';
import type { Call } from './org.ts';
import { readTarget } from './place.ts';

/** What a call to the API must be allowed to do, and to whom the answer speaks; `now` is the org's time. */
export type Needed = { host: string; scope: string; now: number };

/** The scheme and the token of a header, where an app calls. */
export function appToken(authorization: string | undefined): { scheme: 'Bearer' | 'DPoP'; text: string } | undefined {
  const [, scheme, text] = /^(Bearer|DPoP) (.*)$/.exec(authorization ?? '') ?? [];
  return scheme && text !== undefined ? { scheme: scheme as 'Bearer' | 'DPoP', text } : undefined;
}

/**
 * The app behind an access token as its client id, or Okta's answer to one that may not. Refusals have an empty body and
 * speak in WWW-Authenticate, as in https://github.com/okta/okta-sdk-golang/issues/468; only the lack of an admin role is
 * told in the API's own form.
 */
export function checkAccess(call: Call, apps: Apps, needed: Needed): { token: string } | { answer: Answer } {
  const { scheme, text } = appToken(call.authorization) ?? { scheme: 'Bearer', text: '' };
  const { path } = readTarget(call.target);
  const refuse = (status: number, error: string, description: string, asked: 'Bearer' | 'DPoP' = scheme) => ({
    answer: challenge(status, asked, { ...needed, path, error, description }),
  });
  const token = apps.tokens.find(text);
  if (!token) return refuse(401, 'invalid_token', 'The access token is invalid.');
  if (token.expiresAt <= needed.now) return refuse(401, 'invalid_token', 'The token has expired.');
  if (scheme === 'Bearer' && token.thumbprint !== undefined) {
    return refuse(400, 'invalid_request', 'The resource request requires a DPoP proof.');
  }
  if (scheme === 'DPoP') {
    if (token.thumbprint === undefined) return refuse(401, 'invalid_token', 'The access token is not bound to a key.');
    const proven = { method: call.method, url: `https://${needed.host}${path}`, token: text };
    const verdict = apps.proofs.judge(call.dpop, proven, needed.now);
    if ('error' in verdict) return refuse(400, verdict.error, verdict.description);
    if (verdict.thumbprint !== token.thumbprint) {
      return refuse(400, 'invalid_dpop_proof', 'The access token is not bound to the key of the DPoP proof.');
    }
  }
  if (!token.scopes.includes(needed.scope)) {
    const description = 'The access token provided does not contain the required scopes.';
    return refuse(403, 'insufficient_scope', description);
  }
  if (apps.find(token.clientId)?.role) return { token: token.clientId };
  return { answer: refusal(403, 'E0000006', 'You do not have permission to perform the requested action') };
}

type Told = { host: string; scope: string; path: string; error: string; description: string };

function challenge(status: number, scheme: 'Bearer' | 'DPoP', told: Told): Answer {
  const parameters = [
    ...(scheme === 'DPoP' ? [['algs', signatureAlgorithms.join(' ')]] : []),
    ['authorization_uri', `http://${told.host}/oauth2/v1/authorize`],
    ['realm', `http://${told.host}`],
    ['scope', told.scope],
    ['error', told.error],
    ['error_description', told.description],
    ['resource', told.path],
  ];
  const text = `${scheme} ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
  return { status, headers: { 'WWW-Authenticate': text }, body: Buffer.alloc(0) };
}
