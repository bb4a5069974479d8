import type { Readable } from 'node:stream';
import {
  createDefaultHttpClient,
  type HttpClient,
  isRestError,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { ConnectorError } from '../errors.ts';
import { counting } from './calls.ts';
import { realDeadline } from './deadline.ts';
import { openMetrics } from './metrics.ts';
import { isProxied, openAgents, type Proxies, proxyCodes, trustExtra } from './proxy.ts';
import type { TimeAndNetwork } from './runtime.ts';

/** Time and network as they are. */
export function openTimeAndNetwork(proxies: Proxies): TimeAndNetwork {
  trustExtra(proxies);
  const metrics = openMetrics();
  return { now: Date.now, sleep, deadline: realDeadline, http: counting(openHttp(proxies), metrics), metrics };
}

/**
 * Whatever agent a client has chosen, ours are taken: the SDKs' own read the environment by other rules, and would send
 * what is asked of this machine's identity to the proxy.
 */
function openHttp(proxies: Proxies): HttpClient {
  const client = createDefaultHttpClient();
  const agents = openAgents(proxies);
  return {
    async sendRequest(request) {
      const { protocol, host } = new URL(request.url);
      request.agent = protocol === 'https:' ? agents.https : agents.http;
      const answer = await client.sendRequest(request).catch((error) => {
        throw onTheWay(error, host) ?? error;
      });
      if (isProxied(proxies, host) && isPage(answer))
        throw refused(answer.status, `shows a page, ${answer.status},`, host);
      return answer;
    },
  };
}

const untrusted =
  /^(UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|(DEPTH_ZERO_)?SELF_SIGNED_CERT(_IN_CHAIN)?|CERT_[A-Z_]+|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** Nobody whom we call forbids by a web page; a proxy that looks into the traffic does, in their name. */
function isPage({ status, headers, readableStreamBody }: PipelineResponse): boolean {
  const page = status === 403 && /^text\/html/i.test(headers.get('content-type') ?? '');
  if (page) (readableStreamBody as Readable | undefined)?.destroy();
  return page;
}

function refused(status: number, what: string, host: string): ConnectorError {
  return new ConnectorError('proxy-refused', { status, text: `the proxy ${what} for ${host}`, subject: host });
}

/** What is the fault of neither Okta nor Azure, but of the network in between; null for all else. */
function onTheWay(error: unknown, host: string): ConnectorError | null {
  if (!isRestError(error)) return null;
  const { code = '', message } = error;
  if (code === proxyCodes.refused) return refused(Number.parseInt(message, 10), `answers ${message}`, host);
  if (!untrusted.test(code)) return null;
  return new ConnectorError(
    'certificate-unknown',
    { text: `certificate not trusted, ${code}, for ${host}`, subject: host },
    error,
  );
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
