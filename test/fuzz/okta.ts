import assert from 'node:assert/strict';
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../../ingestion/errors.ts';
import { requestAccessToken } from '../../ingestion/okta/access-token.ts';
import { makeKey } from '../../ingestion/okta/key-pair.ts';
import { PageError, scanPage } from '../../ingestion/okta/page-scanner.ts';
import { budgetOf, budgetWait, limitWait, serverTimeOf } from '../../ingestion/okta/rate-headers.ts';
import { fetchPage, firstUrl, nextLink } from '../../ingestion/okta/system-log.ts';
import { retryAfterMs } from '../../ingestion/retry.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { eventBytes } from '../sims/events.ts';
import type { Random } from '../sims/okta/random.ts';
import { randomPage } from '../sims/okta/random-page.ts';
import { agrees } from '../unit/page-oracle.ts';
import { damagedText, oddText } from './damage.ts';

const now = Date.parse('2026-03-02T09:00:00Z');

/** Scans one random page, and compares what is found with JSON.parse. */
export function scanOddPage(seed: number, index: number): void {
  agrees(randomPage(seed, index));
}

const links = ['<', '>', '<https://acme.okta.com/api/v1/logs?after=1>', '; rel="next"', '; rel=next', ', ', 'rel', '"'];
const numbers = ['0', '-1', '7', '1e400', 'NaN', 'Infinity', '9'.repeat(30), '0x10', ' 60 ', '60, 60', ''];
const dates = ['Mon, 02 Mar 2026 09:00:00 GMT', '2026-03-02', 'Feb 30', '-271821-04-21', '+999999-01-01', '0'];

/** Reads odd headers; what comes of them is finite, or nothing. */
export function readOddHeaders(random: Random): void {
  const link = oddText(random, { words: links });
  const found = nextLink(link);
  assert.ok(found === null || link.includes(`<${found}>`), link);
  const response = withHeaders(random);
  const waits = [limitWait(response, now), budgetWait(budgetOf(response)), serverTimeOf(response) ?? 0];
  const retry = retryAfterMs(response.headers.get('retry-after'), now) ?? 0;
  for (const each of [...waits, retry])
    assert.ok(Number.isFinite(each), `${each} of ${JSON.stringify(response.headers)}`);
  assert.ok((waits[0] ?? 0) <= 90_000 && (waits[1] ?? 0) <= 90_000);
}

function withHeaders(random: Random): PipelineResponse {
  const headers = createHttpHeaders();
  for (const name of ['limit', 'remaining', 'reset'])
    if (random.chance(0.8)) headers.set(`x-rate-limit-${name}`, random.pick(numbers));
  for (const name of ['date', 'retry-after'])
    if (random.chance(0.5)) headers.set(name, random.chance(0.5) ? random.pick(dates) : random.pick(numbers));
  return { headers, status: 429, request: {} as PipelineRequest };
}

const events = Array.from({ length: 3 }, (_, index) =>
  JSON.parse(String(eventBytes({ seed: 5, index, publishedAt: now + index }))),
);
const key = makeKey(now);
const refusal = { errorCode: 'E0000011', errorSummary: 'Invalid token provided', errorCauses: [] };

/** Fetches a page, or asks for an access token, from an Okta that answers oddly; throws whatever comes of it that is no page, no wait and no reason. */
export async function askOddOkta(random: Random): Promise<void> {
  const http = {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const status = random.chance(0.7) ? 200 : random.pick([204, 301, 302, 400, 401, 403, 404, 410, 429, 500, 503]);
      const { headers } = withHeaders(random);
      if (random.chance(0.9))
        headers.set(
          'link',
          random.chance(0.6)
            ? '<https://acme.okta.com/api/v1/logs?after=1>; rel="next"'
            : oddText(random, { words: links }),
        );
      if (random.chance(0.1)) headers.set('location', random.pick(['x', '/x', 'https://evil.example/', '']));
      const bodyAsText = damagedText(status === 200 ? events : refusal, random);
      if (random.chance(0.1))
        headers.set(
          'content-length',
          random.pick(['7', '-1', 'x', '9'.repeat(20), `${Buffer.byteLength(bodyAsText)}`]),
        );
      return { request, status, headers, bodyAsText };
    },
  };
  const runtime = { http, now: () => now, deadline: realDeadline };
  const url = random.chance(0.5) ? firstUrl('acme.okta.com', now) : 'https://acme.okta.com/api/v1/logs?after=1';
  try {
    if (random.chance(0.2)) {
      await requestAccessToken(runtime, { domain: 'acme.okta.com', clientId: '0oa1', key, timeoutMs: 10_000 });
      return;
    }
    const asked = { domain: 'acme.okta.com', authorization: { scheme: 'SSWS' as const, token: 'x' }, url };
    const answer = await fetchPage(runtime, asked);
    if (answer.kind === 'page') scanPage(answer.body);
  } catch (error) {
    if (!(error instanceof ConnectorError) && !(error instanceof PageError)) throw error;
  }
}
