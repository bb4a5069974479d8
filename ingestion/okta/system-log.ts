import {
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { BufferPool } from './buffer-pool.ts';
import { publicAddressesOnly } from './public-addresses.ts';
import { type Budget, budgetOf, limitWait, serverTimeOf } from './rate-headers.ts';
import { evidenceOf, faultOf, refusalOf } from './refusal.ts';

/** Events a page: Okta's maximum (https://developer.okta.com/docs/reference/system-log-query/); its default of 100 falls behind for good on a busy org. */
export const pageSize = 1000;
const maxPageBytes = 256 * 1024 * 1024;
/** Okta gives a query 30 s (https://developer.okta.com/docs/reference/system-log-query/); a client that hangs up earlier pays for it and gets nothing. */
const answerTimeoutMs = 45_000;

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
    if (response.status === 429) {
      return { kind: 'limited', waitMs: limitWait(response, runtime.now()), evidence: evidenceOf(response, body) };
    }
    if (response.status !== 200) throw refusalOf(response, body, ask.url);
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
    throw faultOf(error, ask.domain);
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
      if (size + piece.length > body.length) body = larger(memory, body, { used: size, needed: size + piece.length });
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

function larger(memory: BufferPool, body: Buffer, { used, needed }: { used: number; needed: number }): Buffer {
  if (needed > maxPageBytes)
    throw new ConnectorError('okta-answer-unusable', { text: `A page larger than ${maxPageBytes} bytes.` });
  const other = memory.take(Math.min(2 * needed, maxPageBytes));
  body.copy(other, 0, 0, used);
  memory.give(body);
  return other;
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
    serverTime: serverTimeOf(response),
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
