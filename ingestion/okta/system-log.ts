import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Authorization, authorizationHeaders, takesNonce } from './authorization.ts';
import { BufferPool } from './buffer-pool.ts';
import { callOrg } from './org-call.ts';
import { type Budget, budgetOf, limitWait, serverTimeOf } from './rate-headers.ts';
import { evidenceOf, refusalOf } from './refusal.ts';

/** Events a page: Okta's maximum (https://developer.okta.com/docs/reference/system-log-query/); its default of 100 falls behind for good on a busy org. */
export const pageSize = 1000;
const mostPageBytes = 256 * 1024 * 1024;
/** Okta gives a query 30 s (https://developer.okta.com/docs/reference/system-log-query/); a client that hangs up earlier pays for it and gets nothing. */
const answerTimeoutMs = 45_000;

/**
 * A page: its bytes, the link to the next one, Okta's budget and clock (ms since the epoch), null where the answer lacks them.
 * Or a 429, with the milliseconds to wait.
 */
export type OktaAnswer =
  | { kind: 'page'; body: Buffer; nextUrl: string; budget: Budget | null; serverTime: number | null }
  | { kind: 'limited'; waitMs: number; evidence: Evidence };

/** A page that is asked for, by what that is allowed; its time, and where its bytes go. */
export type PageAsk = {
  domain: string;
  authorization: Authorization;
  url: string;
  timeoutMs?: number;
  signal?: AbortSignal;
  memory?: BufferPool;
};

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
 * at, lent by `memory`. What it is allowed by goes to `domain` only, whatever a link says. Throws ConnectorError: domain-unknown,
 * domain-refused, okta-unreachable, okta-answer-unusable, okta-request-refused, token-refused, token-not-permitted (app-refused,
 * app-not-permitted for an access token), cursor-refused, and what stands between (proxy-refused, certificate-unknown); else the
 * reason of `signal`. Which refusal is which: https://developer.okta.com/docs/reference/error-codes/.
 */
export async function fetchPage(
  runtime: Pick<Runtime, 'http' | 'now' | 'deadline'>,
  ask: PageAsk,
): Promise<OktaAnswer> {
  pinned(ask.url, ask.domain);
  const { memory = new BufferPool(), authorization, url } = ask;
  let { response, body } = await call(runtime, { ...ask, memory });
  const nonce = response.status === 200 ? undefined : response.headers.get('dpop-nonce');
  if (nonce && takesNonce(authorization, evidenceOf(response, body).code, nonce)) {
    memory.give(body);
    ({ response, body } = await call(runtime, { ...ask, memory }));
  }
  let page: OktaAnswer | null = null;
  try {
    if (response.status === 429) {
      return { kind: 'limited', waitMs: limitWait(response, runtime.now()), evidence: evidenceOf(response, body) };
    }
    if (response.status !== 200) throw refusalOf(response, body, { url, scheme: authorization.scheme });
    page = readPage(response, body, ask);
    return page;
  } finally {
    if (!page) memory.give(body);
  }
}

function call(
  runtime: Pick<Runtime, 'http' | 'now' | 'deadline'>,
  { authorization, timeoutMs = answerTimeoutMs, ...ask }: PageAsk,
) {
  const proven = authorizationHeaders(authorization, { method: 'GET', url: ask.url }, runtime.now());
  const headers = { 'content-type': 'application/json', ...proven };
  return callOrg(runtime, { ...ask, method: 'GET', headers, timeoutMs, mostBytes: mostPageBytes });
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
