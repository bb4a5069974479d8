import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Authorization, assertionOf, proofOf } from './authorization.ts';
import { makeKey, type PrivateKey } from './key-pair.ts';
import { callOrg } from './org-call.ts';
import { limitWait } from './rate-headers.ts';
import { evidenceOf, refusalOf } from './refusal.ts';

/** All that Patchbay asks of an org: reading its System Log. */
const scope = 'okta.logs.read';
/** Okta gives access tokens an hour; one that says nothing of it is taken for that. */
const hourSeconds = 3_600;
/** An org that wants proofs says so, then names a nonce; one more for a nonce that it renews at that moment. */
const mostCalls = 4;
const mostBytes = 1024 * 1024;

/** The app that asks, and its key. `proving`: this org is known to want proofs of possession, and the last nonce that it gave. */
export type AppAsk = {
  domain: string;
  clientId: string;
  key: PrivateKey;
  proving?: Proving | null;
  timeoutMs: number;
  signal?: AbortSignal;
};

/** What an org that wants proofs has asked for last. */
export type Proving = { nonce: string | null };

/** What was given: by what calls are allowed now, for how long (ms from the answer), and what to know at the next time. */
export type AccessToken = { authorization: Authorization; lifeMs: number; proving: Proving | null };

/**
 * Has an org's token endpoint give a service app an access token for its System Log (client credentials, private_key_jwt), bound to
 * a key of its own where the org wants that (DPoP): its first answer says so, the second names a nonce. All of it
 * takes `timeoutMs` at most. Throws ConnectorError: app-refused, app-not-permitted, rate-limited (`retryAfterMs` says for how long), and what else a page of the log
 * throws; else the reason of `signal`. https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/
 */
export async function requestAccessToken(
  runtime: Pick<Runtime, 'http' | 'now' | 'deadline'>,
  ask: AppAsk,
): Promise<AccessToken> {
  const { domain, clientId, key, signal } = ask;
  const url = `https://${domain}/oauth2/v1/token`;
  const proofKey = makeKey(runtime.now());
  const until = runtime.deadline(ask.timeoutMs);
  let proving = ask.proving ?? null;
  for (let calls = 1; ; calls++) {
    const now = runtime.now();
    const proof =
      proving && proofOf(proofKey, { method: 'POST', url, now, ...(proving.nonce && { nonce: proving.nonce }) });
    const { response, body } = await callOrg(runtime, {
      domain,
      url,
      method: 'POST',
      timeoutMs: Math.max(1, until.leftMs()),
      mostBytes,
      ...(signal && { signal }),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...(proof && { dpop: proof }) },
      body: String(
        new URLSearchParams({
          grant_type: 'client_credentials',
          scope,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertionOf(key, { clientId, url, now }),
        }),
      ),
    });
    const evidence = evidenceOf(response, body);
    if (response.status === 200) return { ...readToken(body, proofKey), proving };
    if (response.status === 429) {
      throw new ConnectorError('rate-limited', { ...evidence, retryAfterMs: limitWait(response, now) });
    }
    const nonce = response.headers.get('dpop-nonce') ?? null;
    const remembered = calls === 1 && proving !== null;
    const asked = provingAsked(evidence.code ?? '', { proving, remembered, nonce });
    if (!asked || calls === mostCalls) throw refusalOf(response, body, { url, scheme: 'Bearer' });
    proving = asked;
  }
}

/** What an org wants proved, if that is all that it refuses for, and was not done yet: a nonce that is remembered may have ended. */
function provingAsked(
  code: string,
  { proving, remembered, nonce }: { proving: Proving | null; remembered: boolean; nonce: string | null },
): Proving | null {
  if (code === 'use_dpop_nonce' && nonce && nonce !== proving?.nonce) return { nonce };
  return code === 'invalid_dpop_proof' && (!proving || remembered) ? { nonce } : null;
}

type Given = { access_token: string; token_type: string; expires_in: number };

function readToken(body: Buffer, key: PrivateKey): Omit<AccessToken, 'proving'> {
  const { access_token: token, token_type: type, expires_in: seconds } = givenIn(body);
  // It goes into a header: whatever else it is, it has no blanks and no line ends.
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16000}$/.test(token)) throw unusable();
  const life = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, hourSeconds) : hourSeconds;
  const lifeMs = life * 1000;
  if (typeof type === 'string' && /^dpop$/i.test(type))
    return { authorization: { scheme: 'DPoP', token, key }, lifeMs };
  return { authorization: { scheme: 'Bearer', token }, lifeMs };
}

function givenIn(body: Buffer): Partial<Given> {
  try {
    return (JSON.parse(body.toString()) ?? {}) as Partial<Given>;
  } catch {
    throw unusable();
  }
}

/** Of what the answer holds nothing is told: it may be a token. */
function unusable(): ConnectorError {
  return new ConnectorError('okta-answer-unusable', { status: 200, text: 'The answer holds no access token.' });
}
