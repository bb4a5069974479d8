import { isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { unreachableText } from '../runtime/proxy.ts';

const byStatus = new Map<number, Reason>([
  [401, 'token-refused'],
  [403, 'token-not-permitted'],
  [404, 'domain-unknown'],
  [410, 'cursor-refused'],
]);

/**
 * What Okta's refusal of a request to `url` means: by its status; the body's code only tells apart what one status lumps
 * together (https://developer.okta.com/docs/reference/error-codes/).
 */
export function refusalOf(response: PipelineResponse, body: Buffer, url: string): ConnectorError {
  const evidence = evidenceOf(response, body);
  const { status } = response;
  const onCursor = new URL(url).searchParams.has('after');
  if (status >= 300 && status < 400) {
    return new ConnectorError('domain-refused', { ...evidence, subject: hostOf(response.headers.get('location')) });
  }
  if (evidence.code === 'E0000005') return new ConnectorError('token-refused', evidence);
  if (evidence.code === 'E0000015') return new ConnectorError('token-not-permitted', evidence);
  if (onCursor && (status === 400 || status === 404)) return new ConnectorError('cursor-refused', evidence);
  if (status === 400) return new ConnectorError('okta-request-refused', evidence);
  return new ConnectorError(byStatus.get(status) ?? 'okta-unreachable', evidence);
}

function hostOf(location: string | undefined): string {
  return location && URL.canParse(location) ? new URL(location).host : 'another address';
}

/** The status, and where the body is Okta's, its code and sentence; HTML of some proxy says nothing. */
export function evidenceOf(response: PipelineResponse, body?: Buffer): Evidence {
  const requestId = response.headers.get('x-okta-request-id');
  const evidence: Evidence = { status: response.status, ...(requestId ? { requestId } : {}) };
  try {
    const said = JSON.parse(body?.toString() ?? '') as { errorCode?: unknown; errorSummary?: unknown };
    if (typeof said.errorCode === 'string') evidence.code = said.errorCode;
    if (typeof said.errorSummary === 'string') evidence.text = said.errorSummary.slice(0, 300);
  } catch {
    // Not Okta's JSON: the status alone is the evidence.
  }
  return evidence;
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
