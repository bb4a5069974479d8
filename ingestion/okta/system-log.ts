import {
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  type HttpClient,
  isRestError,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { retryAfterMs } from '../retry.ts';
import { unreachableText } from '../runtime/proxy.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { BufferPool } from './buffer-pool.ts';
import { publicAddressesOnly } from './public-addresses.ts';

/** Events a page: Okta's maximum (https://developer.okta.com/docs/reference/system-log-query/); its default of 100 falls behind for good on a busy org. */
export const pageSize = 1000;
const maxPageBytes = 256 * 1024 * 1024;
/** Okta gives a query 30 s (https://developer.okta.com/docs/reference/system-log-query/); a client that hangs up earlier pays for it and gets nothing. */
const answerTimeoutMs = 45_000;

/**
 * Calls that Okta allows in the current window, those that are left, and how long it still runs, in milliseconds by Okta's
 * clock: X-Rate-Limit-Limit, -Remaining and -Reset (https://developer.okta.com/docs/reference/rl2-monitor/).
 */
export type Budget = { limit: number; remaining: number; resetMs: number };

/**
 * A page: its bytes, the link to the next one, Okta's budget and clock (ms since the epoch), null where the answer lacks them.
 * Or a 429, with the milliseconds to wait.
 */
export type OktaAnswer =
  | { kind: 'page'; body: Buffer; nextUrl: string; budget: Budget | null; serverTime: number | null }
  | { kind: 'limited'; waitMs: number; evidence: Evidence };

const pipeline = createEmptyPipeline();
pipeline.addPolicy(publicAddressesOnly);
pipeline.addPolicy(decompressResponsePolicy());

/**
 * The first request of a connector, from `since` (ms since the epoch): a polling query, without `until`, in the order in which
 * Okta stored the events. Every later one is the `next` link of the page before, byte for byte: paging by time "may lead to
 * skipped or duplicated events" (https://developer.okta.com/docs/reference/system-log-query/).
 */
export function firstUrl(domain: string, since: number, limit = pageSize): string {
  return `https://${domain}/api/v1/logs?since=${new Date(since).toISOString()}&limit=${limit}&sortOrder=ASCENDING`;
}

/**
 * Fetches one page of the System Log (GET /api/v1/logs), within 45 s or `timeoutMs`. The body is Okta's bytes, not yet looked
 * at, lent by `memory`. The token goes to `domain` only, whatever a link says. Throws ConnectorError: domain-unknown,
 * domain-refused, okta-unreachable, okta-answer-unusable, okta-request-refused, token-refused, token-not-permitted,
 * cursor-refused, and what stands between (proxy-refused, certificate-unknown); else the reason of `signal`. Which refusal is
 * which: https://developer.okta.com/docs/reference/error-codes/.
 */
export async function fetchPage(
  runtime: Pick<Runtime, 'http' | 'now' | 'deadline'>,
  ask: { domain: string; token: string; url: string; timeoutMs?: number; signal?: AbortSignal; memory?: BufferPool },
): Promise<OktaAnswer> {
  pinned(ask.url, ask.domain);
  const request = createPipelineRequest({
    url: ask.url,
    method: 'GET',
    headers: createHttpHeaders({
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `SSWS ${ask.token}`,
      'user-agent': 'patchbay/0.1 (Okta System Log connector)',
    }),
    // A signal, because the client's own timeout ends with the headers and would wait for a dripping body for ever.
    abortSignal: AbortSignal.any([
      runtime.deadline(ask.timeoutMs ?? answerTimeoutMs).signal,
      ...(ask.signal ? [ask.signal] : []),
    ]),
    streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
  });
  const { memory = new BufferPool() } = ask;
  const { response, body } = await send(runtime.http, request, { ...ask, memory });
  let page: OktaAnswer | null = null;
  try {
    if (response.status === 429) return limited(response, body, runtime.now());
    if (response.status !== 200) throw refusal(response, body, ask.url);
    page = readPage(response, body, ask);
    return page;
  } finally {
    if (!page) memory.give(body);
  }
}

/**
 * Throws ConnectorError (domain-refused) for a link that leads anywhere but to the System Log of `domain`: parsed parts are
 * compared, never text, or acme.okta.com.evil.example would pass.
 */
export function pinned(link: string, domain: string): void {
  const url = URL.canParse(link) ? new URL(link) : null;
  const mine =
    url?.protocol === 'https:' &&
    url.host === domain &&
    url.pathname === '/api/v1/logs' &&
    !url.username &&
    !url.password;
  if (!mine) throw new ConnectorError('domain-refused', { subject: url?.host ?? 'a link that is no address' });
}

type Sending = { domain: string; signal?: AbortSignal; memory: BufferPool };

async function send(http: HttpClient, request: PipelineRequest, ask: Sending) {
  try {
    const response = await pipeline.sendRequest(http, request);
    return { response, body: await readBody(response, ask.memory) };
  } catch (error) {
    ask.signal?.throwIfAborted();
    if (error instanceof ConnectorError) throw error;
    throw new ConnectorError(networkReason(error), { subject: ask.domain, text: networkText(error) }, error);
  }
}

/** The whole body, straight into its place where its length is announced. */
async function readBody(response: PipelineResponse, memory: BufferPool): Promise<Buffer> {
  const pieces = (response.readableStreamBody ?? [Buffer.from(response.bodyAsText ?? '')]) as AsyncIterable<Buffer>;
  const announced = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  let body = memory.take(Math.min(Number(announced) || 0, maxPageBytes));
  let size = 0;
  try {
    for await (const piece of pieces) {
      if (size + piece.length > body.length) body = larger(body, size, size + piece.length, memory);
      piece.copy(body, size);
      size += piece.length;
    }
    if (announced && Number(announced) !== size)
      throw new Error(`The answer was cut off after ${size} of ${announced} bytes.`);
    return body.subarray(0, size);
  } catch (error) {
    memory.give(body);
    throw error;
  }
}

function larger(body: Buffer, used: number, needed: number, memory: BufferPool): Buffer {
  if (needed > maxPageBytes)
    throw new ConnectorError('okta-answer-unusable', { text: `A page larger than ${maxPageBytes} bytes.` });
  const other = memory.take(Math.min(2 * needed, maxPageBytes));
  body.copy(other, 0, 0, used);
  memory.give(body);
  return other;
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

function readPage(response: PipelineResponse, body: Buffer, ask: { domain: string; url: string }): OktaAnswer {
  const nextUrl = nextLink(response.headers.get('link') ?? '');
  // An empty page without `next` should not exist; if it does, asking the same again is right and loses nothing.
  if (!nextUrl && !/^\s*\[\s*\]\s*$/.test(body.subarray(0, 64).toString())) {
    throw new ConnectorError('okta-answer-unusable', {
      ...evidenceOf(response),
      text: 'The page has no link to the next one.',
    });
  }
  if (nextUrl) pinned(nextUrl, ask.domain);
  return {
    kind: 'page',
    body,
    nextUrl: nextUrl ?? ask.url,
    budget: budgetOf(response),
    serverTime: Number.isFinite(serverTime(response)) ? serverTime(response) : null,
  };
}

/**
 * The target of rel="next" in a Link header (RFC 8288), byte for byte, whatever stands before, between or after: a URL may
 * hold commas and semicolons, and Okta sends the links apart or in one
 * (https://developer.okta.com/docs/reference/core-okta-api/). Null when there is none.
 */
export function nextLink(header: string): string | null {
  // A `<` inside of a target ends the try: with it allowed, each one of thousands would be read on to the end.
  for (const [, url, parameters] of header.matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (url && /(?:^|;)\s*rel\s*=\s*(?:"next"|next)\s*(?:;|,|$)/i.test(parameters ?? '')) return url;
  }
  return null;
}

function budgetOf(response: PipelineResponse): Budget | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(response.headers.get(`x-rate-limit-${name}`) ?? Number.NaN),
  ) as [number, number, number];
  if (!Number.isFinite(limit) || !Number.isFinite(remaining)) return null;
  return { limit, remaining, resetMs: clampReset(reset * 1000 - serverTime(response)) };
}

const shortestWaitMs = 1_000;
const longestWaitMs = 90_000;

/** A reset that is missing, far or odd means the longest wait; one in the past the shortest. */
function clampReset(ms: number): number {
  if (!Number.isFinite(ms) || ms > longestWaitMs || ms < -86_400_000) return longestWaitMs;
  return Math.max(ms, shortestWaitMs);
}

function serverTime(response: PipelineResponse): number {
  return Date.parse(response.headers.get('date') ?? '');
}

/**
 * How many milliseconds to wait before the next call, so that the last tenth of a window, and two calls at least, are left to
 * others: all who read an org's log share one budget (https://developer.okta.com/docs/reference/rate-limits/). 0: go on.
 */
export function budgetWait(budget: Budget | null): number {
  if (!budget || budget.limit <= 0) return 0;
  return budget.remaining <= Math.max(2, budget.limit * 0.1) ? budget.resetMs : 0;
}

/**
 * Okta answers 429 for a spent budget (Limit > 0) and for too many calls at once (Limit 0, and Reset a mere suggestion:
 * https://developer.okta.com/docs/reference/rl2-concurrency/). It documents no Retry-After; one that comes is heeded.
 */
function limited(response: PipelineResponse, body: Buffer, now: number): OktaAnswer {
  // A date is Okta's, so it is Okta's clock that it is read by.
  const asked = retryAfterMs(
    response.headers.get('retry-after'),
    Number.isFinite(serverTime(response)) ? serverTime(response) : now,
  );
  const waitMs = asked !== null ? clampReset(asked) : (budgetOf(response)?.resetMs ?? longestWaitMs);
  return { kind: 'limited', waitMs, evidence: evidenceOf(response, body) };
}

const byStatus = new Map<number, Reason>([
  [401, 'token-refused'],
  [403, 'token-not-permitted'],
  [404, 'domain-unknown'],
  [410, 'cursor-refused'],
]);

/** Classified by status; the body's code only tells apart what one status lumps together. */
function refusal(response: PipelineResponse, body: Buffer, url: string): ConnectorError {
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
function evidenceOf(response: PipelineResponse, body?: Buffer): Evidence {
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
