import { createDefaultHttpClient, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import type { Elsewhere, Outside } from '../../ingestion/world.ts';
import { isAzure } from './azure/hosts.ts';
import { Clock, type SharedTime } from './clock.ts';

/** Where the simulators are. */
export type Urls = { azure: { url: string }; okta: { url: string } };

/**
 * Time and network of tests and of the sandbox: `https://host/path` reaches the simulator on loopback that plays the host, with
 * the host in the Host header.
 */
export function outside(clock: Clock, { azure, okta }: Urls): Outside & { elsewhere: Elsewhere } {
  const data: Data = { time: clock.shared, azure: { url: azure.url }, okta: { url: okta.url } };
  return {
    now: clock.now,
    sleep: clock.sleep,
    http: loopback((host) => (isAzure(host) ? azure.url : okta.url)),
    elsewhere: { module: import.meta.url, data },
  };
}

type Data = Urls & { time: SharedTime };

/** The same in another thread. */
export function openOutside({ time, ...urls }: Data): Outside {
  return outside(new Clock({ shared: time }), urls);
}

/** Sends every request to the simulator that plays its host; a host that nobody plays has no address. */
export function loopback(playedBy: (host: string) => string | null): HttpClient {
  const client = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const { url, agent } = request;
      const { host, pathname, search } = new URL(url);
      const base = playedBy(host);
      if (!base) throw new RestError(`getaddrinfo ENOTFOUND ${host}`, { code: 'ENOTFOUND', request });
      request.headers.set('host', host);
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
