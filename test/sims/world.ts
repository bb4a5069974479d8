import { createDefaultHttpClient, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import { ManagedIdentityCredential } from '@azure/identity';
import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import { ServiceClientCredentialsFactory } from 'botframework-connector';
import { channelTokensOnly } from '../../bot/adapter.ts';
import type { AppWorld } from '../../bot/app.ts';
import { singleFlight } from '../../ingestion/world.ts';
import type { Clock } from './clock.ts';

const azureHosts = /(^|\.)(management\.azure\.com|ingest\.monitor\.azure\.com|api\.loganalytics\.(io|azure\.com))$/;

/**
 * The world of tests and of the sandbox: `https://host/path` reaches the simulator on loopback that plays the host, with the
 * host in the Host header. The bot's identity is a real ManagedIdentityCredential that asks the Azure simulator.
 */
export function simulatedWorld(sims: {
  clock: Clock;
  azure: { url: string; environment: Record<string, string> };
  okta: { url: string };
  teams: { openIdMetadataUrl: string };
  appId: string;
}): AppWorld {
  Object.assign(process.env, sims.azure.environment);
  return {
    now: sims.clock.now,
    sleep: sims.clock.sleep,
    http: loopback((host) => (azureHosts.test(host) ? sims.azure.url : sims.okta.url)),
    credential: singleFlight(new ManagedIdentityCredential()),
    authentication: simulatedAuthentication(sims.teams.openIdMetadataUrl, sims.appId),
  };
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

/** Real validation of the simulator's tokens; outbound calls carry a token that only the simulator takes. */
function simulatedAuthentication(openIdMetadataUrl: string, appId: string): ConfigurationBotFrameworkAuthentication {
  return new ConfigurationBotFrameworkAuthentication(
    {
      MicrosoftAppId: appId,
      ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
      ToChannelFromBotOAuthScope: 'https://api.botframework.com/.default',
      ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
      OAuthUrl: 'https://api.botframework.com',
      ToBotFromChannelOpenIdMetadataUrl: openIdMetadataUrl,
      ToBotFromEmulatorOpenIdMetadataUrl: openIdMetadataUrl,
      CallerId: 'urn:botframework:azure',
    },
    new SimulatedCredentials(appId),
    channelTokensOnly,
  );
}

class SimulatedCredentials extends ServiceClientCredentialsFactory {
  readonly #appId: string;

  constructor(appId: string) {
    super();
    this.#appId = appId;
  }

  override async isValidAppId(appId = ''): Promise<boolean> {
    return appId === this.#appId;
  }

  override async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }

  override async createCredentials() {
    return {
      async signRequest<T extends { headers: { set(name: string, value: string): void } }>(request: T): Promise<T> {
        request.headers.set('authorization', 'Bearer simulated');
        return request;
      },
    };
  }
}
