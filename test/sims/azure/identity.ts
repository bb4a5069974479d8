import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Call, isObject, type Reply } from './exchange.ts';

/** What a token says about its bearer; `exp` in seconds of real time. */
export type Claims = { aud: string; oid: string; appid: string; tid: string; iat: number; exp: number };

/** Why a token was not accepted. */
export type TokenProblem = 'missing' | 'invalid' | 'audience' | 'expired';

/** The bot's managed identity: what the token endpoint hands out, and the secret header it asks for. */
export type Identity = { principalId: string; clientId: string; tenantId: string; header: string };

// Fixed, because the SDK caches managed-identity tokens for the whole process: a token of one instance must hold for the next.
const KEY = 'the signing key of the simulated directory';

/** A signed bearer token. */
export function signToken(claims: Claims): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ ...claims, ver: '1.0', idtyp: 'app' })}`;
  return `${signed}.${signature(signed).toString('base64url')}`;
}

/** The claims of the request's bearer token if it is ours, unexpired and meant for one of `audiences`. */
export function checkToken(call: Call, audiences: readonly string[]): Claims | TokenProblem {
  const token = /^Bearer (\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
  if (!token) return 'missing';
  const [head, body, mac] = token.split('.');
  if (!head || !body || !mac || !matches(Buffer.from(mac, 'base64url'), signature(`${head}.${body}`))) return 'invalid';
  const claims = readClaims(body);
  if (!claims) return 'invalid';
  if (claims.exp * 1000 <= Date.now()) return 'expired';
  if (!audiences.includes(claims.aud.replace(/\/+$/, ''))) return 'audience';
  call.record.principalId = claims.oid;
  return claims;
}

/** The token endpoints of App Service, GET /msi/token with the secret header, and of a virtual machine (IMDS). */
export function answerTokenRequest(call: Call, identity: Identity, lifetimeMs: number): Reply {
  const refuse = (status: number, message: string): Reply => ({ status, body: { statusCode: status, message } });
  const machine = /^\/metadata\/identity\/oauth2\/token\/?$/.test(call.path);
  if (call.method !== 'GET' || !(machine || call.path === '/msi/token')) return refuse(404, 'Not found.');
  if (machine && call.headers.metadata !== 'true') return refuse(400, 'Required metadata header not specified');
  if (!machine && call.headers['x-identity-header'] !== identity.header)
    return refuse(401, 'The identity header is wrong.');
  if (call.query.get('api-version') !== (machine ? '2018-02-01' : '2019-08-01'))
    return refuse(400, 'Unsupported api-version.');
  const resource = call.query.get('resource');
  if (!resource) return refuse(400, 'The parameter resource is missing.');
  const clientId = call.query.get('client_id');
  if (clientId && clientId !== identity.clientId) {
    return refuse(
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
  }
  const claims = issue(identity.principalId, identity, resource, lifetimeMs);
  const body = {
    access_token: signToken(claims),
    client_id: identity.clientId,
    expires_on: String(claims.exp),
    not_before: String(claims.iat),
    resource,
    token_type: 'Bearer',
  };
  return { status: 200, body };
}

/** Fresh claims for a principal of the identity's tenant. */
export function issue(principalId: string, identity: Identity, audience: string, lifetimeMs: number): Claims {
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + Math.floor(lifetimeMs / 1000);
  const appid = principalId === identity.principalId ? identity.clientId : principalId;
  return { aud: audience, oid: principalId, appid, tid: identity.tenantId, iat, exp };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(text: string): Buffer {
  return createHmac('sha256', KEY).update(text).digest();
}

function matches(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function readClaims(part: string): Claims | undefined {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  if (!isObject(value)) return undefined;
  const { aud, oid, appid, tid, iat, exp } = value;
  const strings =
    typeof aud === 'string' && typeof oid === 'string' && typeof appid === 'string' && typeof tid === 'string';
  return strings && typeof iat === 'number' && typeof exp === 'number' ? { aud, oid, appid, tid, iat, exp } : undefined;
}
