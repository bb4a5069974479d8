import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import { ServiceClientCredentialsFactory } from 'botframework-connector';
import type { AppRuntime } from '../../bot/app.ts';
import type { BotIdentity } from '../../bot/config.ts';
import { channelTokensOnly, realAuthentication } from '../../bot/teams/adapter.ts';
import { type CloudName, clouds } from '../../ingestion/runtime/clouds.ts';
import type { Clock } from './clock.ts';
import { simulatedIdentity } from './credential.ts';
import { outside } from './outside.ts';

/** The world of tests and of the sandbox, Teams included. */
export function simulatedRuntime(sims: {
  clock: Clock;
  azure: { url: string; environment: Record<string, string> };
  okta: { url: string };
  teams: { openIdMetadataUrl: string; origin?: string };
  appId: string;
  /** The bot's whole identity, where its authentication is to be the real one. */
  bot?: BotIdentity;
  cloud?: CloudName;
}): AppRuntime {
  const runtime = outside(sims.clock, sims);
  const cloud = sims.cloud ?? 'public';
  return {
    ...runtime,
    credential: simulatedIdentity(sims.azure),
    cloud: clouds[cloud],
    authentication: sims.bot
      ? realAuthentication({ bot: sims.bot, cloud }, runtime.http)
      : simulatedAuthentication(sims.teams.openIdMetadataUrl, sims.appId),
  };
}

/** Real validation of the simulator's tokens; outbound calls carry a token that only the simulator takes. */
export function simulatedAuthentication(
  openIdMetadataUrl: string,
  appId: string,
): ConfigurationBotFrameworkAuthentication {
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
    channelTokensOnly('public'),
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
