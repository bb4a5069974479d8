import { accessTokenLifeMs } from './access-tokens.ts';
import { type Answer, oauthError, refusal } from './answer.ts';
import type { App, Apps } from './apps.ts';
import { assertionFault } from './assertion.ts';
import { type Jws, readJws } from './jws.ts';
import type { Call } from './org.ts';
import { tokenPath, wrongMethod } from './place.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const someScope = /^okta\.[A-Za-z]+\.(read|manage)(\.self)?$/;

/**
 * `POST /oauth2/v1/token` of one org, for service apps: client credentials with `private_key_jwt` and nothing else.
 * https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
 */
export class TokenEndpoint {
  readonly #url: string;
  readonly #apps: Apps;

  constructor(host: string, apps: Apps) {
    this.#url = `https://${host}${tokenPath}`;
    this.#apps = apps;
  }

  /** Answers a call to the endpoint, of the app that its assertion names; `now` is the org's time. */
  answer(call: Call, now: number): Answer {
    if (call.method !== 'POST') return wrongMethod();
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(call.contentType ?? '')) {
      const summary = 'Bad request. Accept and/or Content-Type headers likely do not match supported values.';
      return refusal(400, 'E0000021', summary);
    }
    const answer = this.#answerForm(call, new URLSearchParams(call.body), now);
    const app = this.#apps.find(claimedClient(call));
    if (app && answer.status === 200) app.granted += 1;
    else if (app) app.refused += 1;
    return answer;
  }

  /** The order is Okta's: an assertion is used up before the proof is looked at, and the scopes come last. */
  #answerForm(call: Call, form: URLSearchParams, now: number): Answer {
    const fault = formFault(form, call.authorization);
    if (fault) return fault;
    const jws = readJws(form.get('client_assertion') as string);
    if (!jws) return oauthError(401, 'invalid_client', 'The client_assertion JWT cannot be parsed.');
    const app = this.#authenticated(jws, form.get('client_id'), now);
    if ('status' in app) return app;
    const thumbprint = this.#bound(call.dpop, app, now);
    if (typeof thumbprint === 'object') return thumbprint;
    const scopes = grantedScopes(app, form.get('scope'));
    if ('status' in scopes) return scopes;
    const text = this.#apps.tokens.give({ clientId: app.clientId, scopes, thumbprint }, now);
    return success(text, scopes, thumbprint !== undefined);
  }

  #authenticated(jws: Jws, clientId: string | null, now: number): App | Answer {
    const { sub = jws.claims.iss } = jws.claims;
    if (sub === undefined) return oauthError(400, 'invalid_client', 'A client_id must be provided in the request.');
    const app = this.#apps.find(String(sub));
    if (!app?.active) return unknownClient();
    const context = { audience: this.#url, now, used: this.#apps.assertions };
    const fault = assertionFault(jws, app, context);
    if (fault) return oauthError(401, 'invalid_client', fault);
    if (clientId === null || clientId === app.clientId) return app;
    return oauthError(401, 'invalid_client', 'The client_id does not match the client_assertion.');
  }

  /** The thumbprint of the key that the token is bound to, if any, or the refusal of the proof. */
  #bound(dpop: string | undefined, app: App, now: number): string | undefined | Answer {
    if (dpop === undefined && !app.dpop) return undefined;
    const verdict = this.#apps.proofs.judge(dpop, { method: 'POST', url: this.#url }, now);
    if ('thumbprint' in verdict) return verdict.thumbprint;
    const answer = oauthError(400, verdict.error, verdict.description);
    if ('nonce' in verdict) answer.headers['dpop-nonce'] = verdict.nonce;
    return answer;
  }
}

/** The client id that a call to the token endpoint claims; nothing is proven. */
export function claimedClient(call: Call): string {
  const jws = readJws(new URLSearchParams(call.body).get('client_assertion') ?? '');
  return String(jws?.claims.sub ?? jws?.claims.iss ?? '');
}

function formFault(form: URLSearchParams, authorization: string | undefined): Answer | undefined {
  const repeated = [...new Set(form.keys())].find((name) => form.getAll(name).length > 1);
  if (repeated) return oauthError(400, 'invalid_request', `The request holds '${repeated}' more than once.`);
  const grant = form.get('grant_type');
  if (!grant) return oauthError(400, 'invalid_request', "The token request must specify a 'grant_type'.");
  if (grant !== 'client_credentials') {
    const description = 'The authorization grant type is not supported by the authorization server.';
    return oauthError(400, 'unsupported_grant_type', description);
  }
  const assertion = form.get('client_assertion');
  const secret = authorization !== undefined || form.has('client_secret');
  if (secret && assertion) return oauthError(400, 'invalid_request', multipleCredentials);
  if (secret) return oauthError(401, 'invalid_client', 'The client authentication method is not the one of the app.');
  if (!assertion) return oauthError(400, 'invalid_client', 'A client_id must be provided in the request.');
  if (form.get('client_assertion_type') === assertionType) return undefined;
  return oauthError(401, 'invalid_client', 'The client_assertion_type is invalid.');
}

const multipleCredentials =
  'Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, ' +
  'credentials in the post body, or a client_assertion in the post body.';

/** For a client that it does not know, or that is inactive, Okta has its API's form of error and not that of OAuth. */
function unknownClient(): Answer {
  return refusal(400, 'invalid_client', "Invalid value for 'client_id' parameter.");
}

/** Of the scopes asked for, those that the app was granted; a refusal when there are none, or one that Okta does not have. */
function grantedScopes(app: App, asked: string | null): string[] | Answer {
  const scopes = (asked ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) {
    const description =
      "The authorization server resource does not have any configured default scopes, 'scope' must be provided.";
    return oauthError(400, 'invalid_scope', description);
  }
  if (!scopes.every((scope) => someScope.test(scope))) {
    const description = 'One or more scopes are not configured for the authorization server resource.';
    return oauthError(400, 'invalid_scope', description);
  }
  const granted = scopes.filter((scope) => app.scopes.has(scope));
  if (granted.length > 0) return granted;
  return oauthError(400, 'consent_required', 'You are not allowed any of the requested scopes.');
}

function success(token: string, scopes: string[], bound: boolean): Answer {
  const body = {
    token_type: bound ? 'DPoP' : 'Bearer',
    expires_in: accessTokenLifeMs / 1000,
    access_token: token,
    scope: scopes.join(' '),
  };
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, no-store', Pragma: 'no-cache' };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(body)) };
}
