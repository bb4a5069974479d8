import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type TurnContext,
} from 'botbuilder';
import {
  AuthenticationConfiguration,
  AuthenticationError,
  type BotFrameworkAuthentication,
  type Claim,
} from 'botframework-connector';
import type { BotIdentity } from './config.ts';

const channelIssuer = 'https://api.botframework.com';

/**
 * Takes tokens of the Bot Connector only: the SDK alone would also take "emulator" tokens, which bind no serviceUrl, and
 * which whoever holds the app's secret can obtain.
 */
export const channelTokensOnly = new AuthenticationConfiguration([], async (claims: Claim[]) => {
  if (claims.find(({ type }) => type === 'iss')?.value !== channelIssuer) {
    throw new AuthenticationError('Only tokens of the Bot Connector are taken.', 401);
  }
});

/** Real authentication, in and out. A picked object, never the environment: one stray name in it would undo the rest. */
export function realAuthentication(identity: BotIdentity): BotFrameworkAuthentication {
  const factory = new ConfigurationServiceClientCredentialFactory({
    MicrosoftAppId: identity.appId,
    MicrosoftAppTenantId: identity.tenantId,
    MicrosoftAppType: identity.type,
    ...(identity.type === 'SingleTenant' ? { MicrosoftAppPassword: identity.password } : {}),
  });
  return new ConfigurationBotFrameworkAuthentication({}, factory, channelTokensOnly);
}

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
