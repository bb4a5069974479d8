import { type HttpClient, isRestError } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../errors.ts';
import { type Cloud, clouds } from './clouds.ts';
import type { Metrics } from './metrics.ts';
import type { Traces } from './traces.ts';

/** The same client, each of whose calls is counted with its time, until the head of its answer is there or it has failed. */
export function counting(http: HttpClient, { outboundCalls }: Pick<Metrics, 'outboundCalls'>): HttpClient {
  return {
    async sendRequest(request) {
      const to = kindOf(new URL(request.url).hostname);
      const begun = performance.now();
      const ended = (outcome: string) => outboundCalls.observe({ to, outcome }, (performance.now() - begun) / 1_000);
      try {
        const answer = await http.sendRequest(request);
        ended(answer.status === 429 ? '429' : `${Math.floor(answer.status / 100)}xx`);
        return answer;
      } catch (error) {
        ended(outcomeOf(error));
        throw error;
      }
    },
  };
}

/** The same client, each of whose calls is a span. Of the address only the host is told. */
export function tracing(http: HttpClient, traces: Traces): HttpClient {
  return {
    sendRequest(request) {
      const { method, url } = request;
      const { hostname } = new URL(url);
      const attributes = { 'http.request.method': method, 'server.address': hostname };
      return traces.span(`${method} ${kindOf(hostname)}`, { kind: 'asks', attributes }, async (tell) => {
        const answer = await http.sendRequest(request);
        tell({ 'http.response.status_code': answer.status });
        return answer;
      });
    },
  };
}

const all: Cloud[] = Object.values(clouds);
const hostsOf = (address: (cloud: Cloud) => string) => all.map((cloud) => new URL(address(cloud)).hostname);
const kinds: [kind: string, is: (host: string) => boolean][] = [
  ['manager', (host) => hostsOf(({ manager }) => manager).includes(host)],
  ['query', (host) => hostsOf(({ logs }) => logs).includes(host)],
  ['upload', (host) => /\.ingest\.monitor\.azure\.(com|us|cn)$/.test(host)],
  ['vault', (host) => all.some(({ vaults }) => host.endsWith(`.${vaults}`))],
  [
    'identity',
    (host) => hostsOf(({ authority }) => authority).includes(host) || /^(127|169\.254)\.|^localhost$/.test(host),
  ],
  ['telemetry', (host) => /\.applicationinsights\.azure\.(com|us|cn)$/.test(host)],
  [
    'teams',
    (host) =>
      /(^|\.)(trafficmanager\.net|botframework\.(com|azure\.us|azure\.cn)|teams\.microsoft\.(com|us))$/.test(host),
  ],
];

/** What a host is to us; an Okta org may have any name. */
export function kindOf(host: string): string {
  return kinds.find(([, is]) => is(host))?.[0] ?? 'okta';
}

function outcomeOf(error: unknown): string {
  if (error instanceof ConnectorError) return error.reason;
  if ((error as Error).name === 'AbortError') return 'given up';
  return isRestError(error) && error.code === 'ETIMEDOUT' ? 'timeout' : 'no connection';
}
