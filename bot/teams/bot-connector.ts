import type { TokenCredential } from '@azure/core-auth';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { ClientSecretCredential, ManagedIdentityCredential } from '@azure/identity';
import { type ConnectorClientOptions, ServiceClientCredentialsFactory } from 'botframework-connector';
import { openIdentity } from '../../ingestion/runtime/identity.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import type { BotIdentity } from '../config/config.ts';

/** One try of one call to the Bot Connector; the SDK has no limit of its own. */
const answerTimeoutMs = 20_000;

type SdkClient = NonNullable<ConnectorClientOptions['httpClient']>;

/** Our client in the form of the SDK's older kind: an answer's headers are of the class of its request's. */
export function clientFor({ http, deadline }: Pick<TimeAndNetwork, 'http' | 'deadline'>): SdkClient {
  return {
    async sendRequest(resource) {
      const { url, method, body, abortSignal } = resource;
      const sent = createPipelineRequest({
        url,
        method,
        headers: createHttpHeaders(resource.headers.toJson({ preserveCase: true })),
        body,
        abortSignal: AbortSignal.any([
          deadline(resource.timeout || answerTimeoutMs).signal,
          ...(abortSignal ? [abortSignal as AbortSignal] : []),
        ]),
      });
      const answer = await http.sendRequest(sent);
      const headers = resource.headers.clone();
      for (const name of headers.headerNames()) headers.remove(name);
      for (const [name, value] of answer.headers) headers.set(name, value);
      return { request: resource, status: answer.status, headers, bodyAsText: answer.bodyAsText ?? null };
    },
  };
}

/** The bot's own tokens: the SDK's way to them has a network of its own, which knows neither proxy nor timeout. */
export class BotCredentials extends ServiceClientCredentialsFactory {
  readonly #bot: BotIdentity;
  readonly #network: Pick<TimeAndNetwork, 'http' | 'deadline'>;
  readonly #known = new Map<string, TokenCredential>();

  constructor(bot: BotIdentity, network: Pick<TimeAndNetwork, 'http' | 'deadline'>) {
    super();
    this.#bot = bot;
    this.#network = network;
  }

  override async isValidAppId(appId = ''): Promise<boolean> {
    return appId === this.#bot.appId;
  }

  override async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }

  override async createCredentials(_appId: string, audience: string, loginEndpoint: string) {
    const scope = `${audience.replace(/\/\.default$/, '')}/.default`;
    const credential = this.#credential(new URL(loginEndpoint).origin);
    return {
      async signRequest<T extends { headers: { set(name: string, value: string): void } }>(request: T): Promise<T> {
        const token = await credential.getToken(scope);
        if (token) request.headers.set('authorization', `Bearer ${token.token}`);
        return request;
      },
    };
  }

  #credential(authorityHost: string): TokenCredential {
    const known = this.#known.get(authorityHost);
    if (known) return known;
    const { appId, tenantId, ...bot } = this.#bot;
    const credential = openIdentity(this.#network, (httpClient) =>
      bot.type === 'SingleTenant'
        ? new ClientSecretCredential(tenantId, appId, bot.password, { authorityHost, httpClient })
        : new ManagedIdentityCredential({ clientId: appId, httpClient }),
    );
    this.#known.set(authorityHost, credential);
    return credential;
  }
}
