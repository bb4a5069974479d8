import { createDefaultHttpClient, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import { counting } from '../../ingestion/runtime/calls.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import { openTimeAndNetwork as openReal } from '../../ingestion/runtime/network.ts';
import type { Proxies } from '../../ingestion/runtime/proxy.ts';
import type { RuntimeModule, TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import { wayOut } from '../scene/proxied/here.ts';
import { isAzure } from './azure/hosts.ts';
import { Clock, type SharedTime } from './clock.ts';
import { isOkta } from './okta/hosts.ts';
import type { Patience } from './patience.ts';
import { isTeams } from './teams/hosts.ts';

/** Where the simulators are. */
export type Urls = {
  azure: { url: string };
  okta: { url: string };
  teams?: { origin?: string; openIdMetadataUrl: string };
  /** Which process it is that calls, where the simulators are to know: its calls say so in a header. */
  from?: string | undefined;
};

/** The header in which a call says of which process it is. */
export const fromHeader = 'x-sims-from';

/**
 * Time and network of tests and of the sandbox: `https://host/path` reaches the simulator on loopback that plays the host, with
 * the host in the Host header. In proxied mode it is the product's own network, and the proxy knows who plays whom.
 */
export function simulatedNetwork(
  clock: Clock,
  { azure, okta, teams, from }: Urls,
  real: { deadlines?: boolean } = {},
): TimeAndNetwork & { forThreads: RuntimeModule } {
  const way = wayOut((host) => {
    if (host.startsWith(`${noVault}.`)) return null;
    if (isAzure(host)) return azure.url;
    if (isOkta(host)) return okta.url;
    return isTeams(host) ? (teams?.origin ?? null) : null;
  });
  const urls = { azure: { url: azure.url }, okta: { url: okta.url }, from };
  const data: Data = { time: clock.shared, real, ...(way ? { proxies: way.proxies } : urls) };
  return {
    ...open(clock, data),
    forThreads: { module: import.meta.resolve('./network.ts'), data },
  };
}

type Data = { time: SharedTime; real: { deadlines?: boolean } } & (Urls | { proxies: Proxies });

/** The name of a vault that nobody has, so that its address leads nowhere. */
export const noVault = 'no-such-vault';

/** The same in another thread. */
export function openTimeAndNetwork(data: Data): TimeAndNetwork {
  return open(new Clock({ shared: data.time }), data);
}

function open({ now, sleep, patience }: Clock, { time: _, real, ...way }: Data): TimeAndNetwork {
  const deadline = real.deadlines ? realDeadline : patience.deadline;
  if ('proxies' in way) {
    const { http, metrics } = openReal(way.proxies);
    return { now, sleep, deadline, http: counted(http, patience), metrics };
  }
  // Teams is where its own addresses say.
  const playedBy = (host: string) =>
    host.startsWith('127.0.0.1:') ? `http://${host}` : isAzure(host) ? way.azure.url : way.okta.url;
  const http = loopback((host) => (host.startsWith(`${noVault}.`) ? null : playedBy(host)), way.from);
  const metrics = openMetrics();
  return { now, sleep, deadline, http: counting(counted(http, patience), metrics), metrics };
}

/**
 * A call that is under way, until the last byte of its answer, keeps deadlines from counting, unless it is kept waiting on
 * purpose; one that has been given up is kept waiting no more.
 */
function counted(http: HttpClient, patience: Patience): HttpClient {
  return {
    async sendRequest(request) {
      const ends = [patience.begin()];
      const givesUp = () => ends.push(patience.begin());
      request.abortSignal?.addEventListener('abort', givesUp);
      const end = () => {
        request.abortSignal?.removeEventListener('abort', givesUp);
        for (const each of ends) each();
      };
      try {
        const answer = await http.sendRequest(request);
        if (answer.readableStreamBody) answer.readableStreamBody.once('close', end);
        else end();
        return answer;
      } catch (error) {
        end();
        throw error;
      }
    },
  };
}

/** Sends every request to the simulator that plays its host, as the process `from`; a host that nobody plays has no address. */
export function loopback(playedBy: (host: string) => string | null, from?: string): HttpClient {
  const client = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const { url, agent } = request;
      const { host, pathname, search } = new URL(url);
      const base = playedBy(host);
      if (!base) throw new RestError(`getaddrinfo ENOTFOUND ${host}`, { code: 'ENOTFOUND', request });
      request.headers.set('host', host);
      if (from) request.headers.set(fromHeader, from);
      request.allowInsecureConnection = true;
      delete request.agent;
      try {
        request.url = `${base}${pathname}${search}`;
        return await client.sendRequest(request);
      } finally {
        // A retry sends the same request again, and must find it as it was.
        request.url = url;
        if (agent) request.agent = agent;
      }
    },
  };
}
