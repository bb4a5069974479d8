import { type Activity, CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';
import {
  AuthenticationConfiguration,
  AuthenticationError,
  type BotFrameworkAuthentication,
  type Claim,
} from 'botframework-connector';
import type { CloudName } from '../../ingestion/runtime/clouds.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import type { Config } from '../config/config.ts';
import { BotCredentials, clientFor } from './bot-connector.ts';

/** How the Bot Connector of each cloud is reached, and who signs its tokens, as documented. */
const connectors: Record<CloudName, { issuer: string; settings(tenantId: string): Record<string, string> }> = {
  public: { issuer: 'https://api.botframework.com', settings: () => ({}) },
  usgovernment: {
    issuer: 'https://api.botframework.us',
    settings: () => ({ ChannelService: 'https://botframework.azure.us' }),
  },
  china: {
    issuer: 'https://api.botframework.azure.cn',
    settings: (tenantId) => ({
      OAuthUrl: 'https://token.botframework.azure.cn/',
      ToChannelFromBotLoginUrl: `https://login.partner.microsoftonline.cn/${tenantId}`,
      ToChannelFromBotOAuthScope: 'https://api.botframework.azure.cn',
      ToBotFromChannelTokenIssuer: 'https://api.botframework.azure.cn',
      ToBotFromChannelOpenIdMetadataUrl: 'https://login.botframework.azure.cn/v1/.well-known/openidconfiguration',
      ToBotFromEmulatorOpenIdMetadataUrl:
        'https://login.partner.microsoftonline.cn/a55a4d5b-9241-49b1-b4ff-befa8db00269/v2.0/.well-known/openid-configuration',
      ValidateAuthority: 'true',
      CallerId: 'urn:botframework:azurecn',
    }),
  },
};

/**
 * Takes tokens of the cloud's Bot Connector only: the SDK alone would also take "emulator" tokens, which bind no serviceUrl,
 * and which whoever holds the app's secret can obtain.
 */
export function channelTokensOnly(cloud: CloudName): AuthenticationConfiguration {
  const { issuer } = connectors[cloud];
  return new AuthenticationConfiguration([], async (claims: Claim[]) => {
    if (claims.find(({ type }) => type === 'iss')?.value !== issuer) {
      throw new AuthenticationError('Only tokens of the Bot Connector are taken.', 401);
    }
  });
}

/**
 * Real authentication, in and out. Picked settings, never the environment: one stray name in it would undo the rest. What the
 * bot sends, tokens included, goes through `network`; the keys of incoming tokens are read through Node's global agent.
 */
export function realAuthentication(
  { bot, cloud }: Pick<Config, 'bot' | 'cloud'>,
  network: Pick<TimeAndNetwork, 'http' | 'deadline' | 'now'>,
): BotFrameworkAuthentication {
  const settings = connectors[cloud].settings(bot.tenantId);
  const client = { httpClient: clientFor(network) };
  return new ConfigurationBotFrameworkAuthentication(
    settings,
    new BotCredentials(bot, network),
    channelTokensOnly(cloud),
    undefined,
    client,
  );
}

/** What a caller of the bot is answered over HTTP. */
export type Answer = { status: number; body?: unknown };

/** The SDK's adapter with an entrance of our own: its `process` prints every refusal and tells callers the reason. */
export class TeamsAdapter extends CloudAdapter {
  /** Authenticates one activity and runs its turn. Callers learn a status and nothing else; `reason` is for the log. */
  async receive(
    authorization: string,
    activity: Activity,
    logic: (context: TurnContext) => Promise<void>,
  ): Promise<{ answer: Answer; reason?: Error }> {
    let authenticated = false;
    try {
      const response = await this.processActivity(authorization, activity, (context) => {
        authenticated = true;
        return logic(context);
      });
      return { answer: response ? { status: response.status, body: response.body } : { status: 200 } };
    } catch (error) {
      return { answer: { status: authenticated ? 500 : refusalOf(error as Error) }, reason: error as Error };
    }
  }
}

/** A token that is wrong is refused; when the keys to check it can't be read, the caller may come again. */
function refusalOf(error: Error): number {
  return error instanceof AuthenticationError || /^(JsonWebToken|TokenExpired|NotBefore)Error$/.test(error.name)
    ? 401
    : 503;
}
