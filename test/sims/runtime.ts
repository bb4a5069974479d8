import { ServiceClientCredentialsFactory } from 'botframework-connector';
import type { AppRuntime } from '../../bot/app.ts';
import type { BotIdentity } from '../../bot/config/config.ts';
import { ConnectorAuthentication, realAuthentication } from '../../bot/teams/adapter.ts';
import { ConnectorTokens } from '../../bot/teams/connector-tokens.ts';
import { type CloudName, clouds } from '../../ingestion/runtime/clouds.ts';
import type { EverySecond, TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import type { Clock } from './clock.ts';
import { simulatedIdentity } from './credential.ts';
import { simulatedNetwork } from './network.ts';

/** The world of tests and of the sandbox, Teams included. */
export function simulatedRuntime(sims: {
  clock: Clock;
  azure: { url: string; environment: Record<string, string> };
  okta: { url: string };
  teams: { openIdMetadataUrl: string; origin?: string };
  appId: string;
  from?: string | undefined;
  /** The bot's whole identity, where its authentication is to be the real one. */
  bot?: BotIdentity;
  cloud?: CloudName;
  /** Deadlines by the machine's clock: for simulators in another process, which can't say that they keep somebody waiting. */
  realDeadlines?: boolean;
}): AppRuntime {
  const runtime = simulatedNetwork(sims.clock, sims, { deadlines: sims.realDeadlines ?? false });
  const cloud = sims.cloud ?? 'public';
  return {
    ...runtime,
    credential: simulatedIdentity(sims.azure, runtime),
    cloud: clouds[cloud],
    everySecond: tickOften,
    authentication: sims.bot
      ? realAuthentication({ bot: sims.bot, cloud }, runtime)
      : simulatedAuthentication(sims.teams.openIdMetadataUrl, sims.appId, runtime),
  };
}

const tickMs = 100;

/** Ticks ten times a second and never rests, so that no test waits for the next second, and no page of the sandbox looks slow. */
const tickOften: EverySecond = ({ tick }) => {
  let under: Promise<void> | null = null;
  const timer = setInterval(() => {
    under ??= tick().finally(() => {
      under = null;
    });
  }, tickMs);
  return {
    wake() {},
    async stop() {
      clearInterval(timer);
      await under;
    },
  };
};

/** Real validation of the simulator's tokens; outbound calls carry a token that only the simulator takes. */
export function simulatedAuthentication(
  configurationUrl: string,
  appId: string,
  network: TimeAndNetwork,
): ConnectorAuthentication {
  const tokens = new ConnectorTokens(appId, { issuer: 'https://api.botframework.com', configurationUrl }, network);
  return new ConnectorAuthentication({ MicrosoftAppId: appId }, new SimulatedCredentials(appId), { tokens, network });
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
