import { isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { unreachableText } from '../runtime/proxy.ts';
import type { Authorization } from './authorization.ts';

const byStatus = new Map<number, Reason>([
  [401, 'token-refused'],
  [403, 'token-not-permitted'],
  [404, 'domain-unknown'],
]);

/** What OAuth's own words for a refusal mean (RFC 6749, 6750, 9449; Okta's in https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/). */
const byOAuthCode = new Map<string, Reason>([
  ['invalid_client', 'app-refused'],
  ['invalid_token', 'app-refused'],
  ['invalid_dpop_proof', 'app-refused'],
  ['use_dpop_nonce', 'app-refused'],
  ['invalid_request', 'app-refused'],
  ['invalid_scope', 'app-not-permitted'],
  ['insufficient_scope', 'app-not-permitted'],
  ['unauthorized_client', 'app-not-permitted'],
  ['unsupported_grant_type', 'app-not-permitted'],
  ['access_denied', 'app-not-permitted'],
  ['consent_required', 'app-not-permitted'],
]);

const ofApps = new Map<Reason, Reason>([
  ['token-refused', 'app-refused'],
  ['token-not-permitted', 'app-not-permitted'],
]);

/**
 * What Okta's refusal of a request to `url` means: by its status; the body's code only tells apart what one status lumps
 * together (https://developer.okta.com/docs/reference/error-codes/). Of a call by an access token, or for one (`scheme`), it is
 * the app that is refused, and OAuth's code comes first: Okta has one status for several.
 */
export function refusalOf(
  response: PipelineResponse,
  body: Buffer,
  { url, scheme }: { url: string; scheme: Authorization['scheme'] },
): ConnectorError {
  const evidence = evidenceOf(response, body);
  const reason = reasonOf(response.status, { code: evidence.code ?? '', url, byApp: scheme !== 'SSWS' });
  if (reason !== 'domain-refused') return new ConnectorError(reason, evidence);
  return new ConnectorError(reason, { ...evidence, subject: hostOf(response.headers.get('location')) });
}

function reasonOf(status: number, { code, url, byApp }: { code: string; url: string; byApp: boolean }): Reason {
  if (status >= 300 && status < 400) return 'domain-refused';
  const reason = (status < 500 && byApp && byOAuthCode.get(code)) || ofStatus(status, { code, url });
  return (byApp && ofApps.get(reason)) || reason;
}

function ofStatus(status: number, { code, url }: { code: string; url: string }): Reason {
  if (code === 'E0000005') return 'token-refused';
  if (code === 'E0000015') return 'token-not-permitted';
  const { pathname, searchParams } = new URL(url);
  const onCursor = pathname === '/api/v1/logs' && (status === 410 || searchParams.has('after'));
  if (onCursor && (status === 400 || status === 404 || status === 410)) return 'cursor-refused';
  if (status === 400) return 'okta-request-refused';
  return byStatus.get(status) ?? 'okta-unreachable';
}

function hostOf(location: string | undefined): string {
  return location && URL.canParse(location) ? new URL(location).host : 'another address';
}

/** The status, and where the answer is Okta's, its code and sentence, in its own form or in OAuth's; HTML of some proxy says nothing. */
export function evidenceOf(response: PipelineResponse, body?: Buffer): Evidence {
  const requestId = response.headers.get('x-okta-request-id');
  const { code, text } = { ...challengeOf(response.headers.get('www-authenticate') ?? ''), ...saidIn(body) };
  return {
    status: response.status,
    ...(requestId ? { requestId } : {}),
    ...(code ? { code } : {}),
    ...(text ? { text: text.slice(0, 300) } : {}),
  };
}

type Said = { code?: string; text?: string };

function saidIn(body: Buffer | undefined): Said {
  try {
    const { errorCode, errorSummary, error, error_description } = JSON.parse(body?.toString() ?? '') as Record<
      string,
      unknown
    >;
    const [code, text] = [errorCode ?? error, errorSummary ?? error_description];
    return { ...(typeof code === 'string' && { code }), ...(typeof text === 'string' && { text }) };
  } catch {
    // Not Okta's JSON: the status alone is the evidence.
    return {};
  }
}

/** What an API of Okta's says in a header, with an empty body, to whoever comes with an access token (RFC 6750, section 3). */
function challengeOf(header: string): Said {
  const [, code] = /\berror="([^"]*)"/.exec(header) ?? [];
  const [, text] = /\berror_description="([^"]*)"/.exec(header) ?? [];
  return { ...(code && { code }), ...(text && { text }) };
}

/** What it means that no answer came from `domain`: unknown, not public, or out of reach. */
export function faultOf(error: unknown, domain: string): ConnectorError {
  return new ConnectorError(networkReason(error), { subject: domain, text: networkText(error) }, error);
}

function networkReason(error: unknown): Reason {
  const code = networkCode(error);
  if (code === 'ENOTFOUND') return 'domain-unknown';
  return code === 'ECLOSED' ? 'domain-refused' : 'okta-unreachable';
}

function networkCode(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return (cause?.code ?? code ?? '').toString();
}

function networkText(error: unknown): string {
  if ((error as Error).name === 'AbortError') return 'No answer in time.';
  // The SDK's message can hold the request's headers; the code says as much.
  const proxy = unreachableText(error);
  if (proxy) return proxy;
  return isRestError(error) ? `Connection failed (${networkCode(error) || 'no code'}).` : (error as Error).message;
}
