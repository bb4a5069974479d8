import { type Activity, CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';
import {
  type AuthenticateRequestResult,
  AuthenticationError,
  type BotFrameworkAuthentication,
  ClaimsIdentity,
  type ServiceClientCredentialsFactory,
} from 'botframework-connector';
import type { CloudName } from '../../ingestion/runtime/clouds.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import type { Config } from '../config/config.ts';
import { BotCredentials, clientFor } from './bot-connector.ts';
import { ConnectorTokens, type Signer } from './connector-tokens.ts';

/** How the Bot Connector of each cloud is reached, and who signs its tokens, as documented. */
const connectors: Record<CloudName, { signer: Signer; settings(tenantId: string): Record<string, string> }> = {
  public: {
    signer: {
      issuer: 'https://api.botframework.com',
      configurationUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
    },
    settings: () => ({}),
  },
  usgovernment: {
    signer: {
      issuer: 'https://api.botframework.us',
      configurationUrl: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
    },
    settings: () => ({ ChannelService: 'https://botframework.azure.us' }),
  },
  china: {
    signer: {
      issuer: 'https://api.botframework.azure.cn',
      configurationUrl: 'https://login.botframework.azure.cn/v1/.well-known/openidconfiguration',
    },
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

/** The SDK's authentication, outward as it is; what comes in is let in by `ConnectorTokens`. */
export class ConnectorAuthentication extends ConfigurationBotFrameworkAuthentication {
  readonly #tokens: ConnectorTokens;

  constructor(
    settings: Record<string, string>,
    credentials: ServiceClientCredentialsFactory,
    { tokens, network }: { tokens: ConnectorTokens; network: Pick<TimeAndNetwork, 'http' | 'deadline' | 'now'> },
  ) {
    super(settings, credentials, undefined, undefined, { httpClient: clientFor(network) });
    this.#tokens = tokens;
  }

  /** Throws AuthenticationError for a token that is not right, and an Error while the keys can't be read. */
  override async authenticateRequest(activity: Activity, authorization: string): Promise<AuthenticateRequestResult> {
    const claims = Object.entries(await this.#tokens.check(authorization, activity));
    const claimsIdentity = new ClaimsIdentity(
      claims.map(([type, value]) => ({ type, value })),
      true,
    );
    return {
      audience: this.#tokens.issuer,
      claimsIdentity,
      connectorFactory: this.createConnectorFactory(claimsIdentity),
    };
  }
}

/**
 * Real authentication, in and out. Picked settings, never the environment: one stray name in it would undo the rest. All that
 * is asked and sent, tokens included, goes through `network`.
 */
export function realAuthentication(
  { bot, cloud }: Pick<Config, 'bot' | 'cloud'>,
  network: Pick<TimeAndNetwork, 'http' | 'deadline' | 'now'>,
): BotFrameworkAuthentication {
  const { signer, settings } = connectors[cloud];
  const tokens = new ConnectorTokens(bot.appId, signer, network);
  return new ConnectorAuthentication(settings(bot.tenantId), new BotCredentials(bot, network), { tokens, network });
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
  return error instanceof AuthenticationError ? 401 : 503;
}
