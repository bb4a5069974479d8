import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { type Call, isObject, type Reply } from './exchange.ts';
import { type Identity, issue, signToken } from './identity.ts';

/** By what an application proves itself. */
export type Proof =
  | { kind: 'secret'; secret: string }
  | { kind: 'certificate'; pem: string }
  | { kind: 'federated'; issuer: string; subject: string; key: KeyObject };

type Application = { clientId: string; principalId: string; proof: Proof };

/**
 * Microsoft Entra ID of one tenant, for applications: instance discovery, openid-configuration, and the token endpoint with
 * `client_credentials`. It refuses, with Entra's codes: another tenant (AADSTS90002), an unknown application (700016), a wrong
 * secret (7000215), a scope that is not one resource's `/.default` (1002012), an assertion that is badly signed, expired, of
 * another audience, subject or issuer (700027, 700024, 700023, 700021).
 */
export class Entra {
  readonly #applications = new Map<string, Application>();

  register(application: Application): void {
    this.#applications.set(application.clientId, application);
  }

  answer(call: Call, identity: Identity): Reply {
    const [tenant = '', ...rest] = call.path.slice(1).split('/');
    const path = rest.join('/');
    if (tenant === 'common' && path === 'discovery/instance') return instance(call.host);
    if (tenant !== identity.tenantId) return refusal(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
    const base = `https://${call.host}/${tenant}`;
    if (call.method === 'GET' && path === 'v2.0/.well-known/openid-configuration') return configuration(base);
    if (call.method !== 'POST' || path !== 'oauth2/v2.0/token') return { status: 404, body: 'Not found.' };
    return this.#token(new URLSearchParams(call.body.toString()), `${base}/oauth2/v2.0/token`, identity);
  }

  #token(form: URLSearchParams, endpoint: string, identity: Identity): Reply {
    const clientId = form.get('client_id') ?? '';
    const application = this.#applications.get(clientId);
    if (form.get('grant_type') !== 'client_credentials') {
      return refusal(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
    }
    if (!application) {
      const text = `Application with identifier '${clientId}' was not found in the directory.`;
      return refusal(400, 'unauthorized_client', 700016, text);
    }
    const fault = faultOf(form, application, endpoint);
    if (fault) return fault;
    const [scope = '', ...more] = (form.get('scope') ?? '')
      .split(' ')
      .filter((part) => !/^(openid|profile|offline_access)$/.test(part));
    if (more.length > 0 || !scope.endsWith('/.default')) {
      return refusal(400, 'invalid_scope', 1002012, 'The provided value for scope is not valid.');
    }
    const claims = issue(application.principalId, identity, scope.replace(/\/+\.default$/, ''), 3_600_000);
    const body = { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 };
    return { status: 200, body: { ...body, access_token: signToken({ ...claims, appid: clientId }) } };
  }
}

function faultOf(form: URLSearchParams, { clientId, proof }: Application, endpoint: string): Reply | null {
  const refuse = (code: number, text: string) => refusal(401, 'invalid_client', code, text);
  if (proof.kind === 'secret') {
    return form.get('client_secret') === proof.secret ? null : refuse(7000215, 'Invalid client secret provided.');
  }
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  if (form.get('client_assertion_type') !== type)
    return refuse(7000218, 'The request body must contain client_assertion.');
  const jwt = form.get('client_assertion') ?? '';
  const key = proof.kind === 'federated' ? proof.key : createPublicKey(proof.pem);
  const read = readJwt(jwt, key);
  if (!read) return refuse(700027, 'Client assertion failed signature validation.');
  const { header, claims } = read;
  if (Number(claims.exp) * 1000 < Date.now())
    return refuse(700024, 'Client assertion is not within its valid time range.');
  const expected =
    proof.kind === 'federated'
      ? { iss: proof.issuer, sub: proof.subject, aud: 'api://AzureADTokenExchange' }
      : { iss: clientId, sub: clientId, aud: endpoint };
  if (claims.iss !== expected.iss) return refuse(700021, 'Client assertion issuer does not match.');
  if (claims.sub !== expected.sub) return refuse(700021, 'Client assertion subject does not match.');
  if (claims.aud !== expected.aud) return refuse(700023, 'Client assertion audience claim does not match.');
  return proof.kind === 'certificate' && !names(header, proof.pem)
    ? refuse(700027, 'The key was not found by its thumbprint.')
    : null;
}

/** Whether the header names the certificate: by SHA-256, or by SHA-1 as older clients do. */
function names(header: Record<string, unknown>, pem: string): boolean {
  const { raw } = new X509Certificate(pem);
  const print = (algorithm: string) => createHash(algorithm).update(raw).digest('base64url');
  return header['x5t#S256'] === print('sha256') || header.x5t === print('sha1');
}

type Jwt = { header: Record<string, unknown>; claims: Record<string, unknown> };

function readJwt(jwt: string, key: KeyObject): Jwt | null {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString() || 'null'));
  if (!isObject(header) || !isObject(claims)) return null;
  const pss = { padding: 6, saltLength: 32 }; // RSA-PSS with a salt as long as the digest
  const how = header.alg === 'PS256' ? { key, ...pss } : header.alg === 'RS256' ? { key } : null;
  const signed = how && verify('sha256', Buffer.from(`${head}.${body}`), how, Buffer.from(signature, 'base64url'));
  return signed ? { header, claims } : null;
}

function configuration(base: string): Reply {
  const body = {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    issuer: `${base}/v2.0`,
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  return { status: 200, body };
}

function instance(host: string): Reply {
  const metadata = [{ preferred_network: host, preferred_cache: host, aliases: [host] }];
  const tenant_discovery_endpoint = `https://${host}/common/v2.0/.well-known/openid-configuration`;
  return { status: 200, body: { tenant_discovery_endpoint, 'api-version': '1.1', metadata } };
}

function refusal(status: number, error: string, code: number, text: string): Reply {
  const error_description = `AADSTS${code}: ${text}`;
  return { status, body: { error, error_description, error_codes: [code] } };
}
