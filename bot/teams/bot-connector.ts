import { AsyncLocalStorage } from 'node:async_hooks';
import type { TokenCredential } from '@azure/core-auth';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { ClientSecretCredential, ManagedIdentityCredential } from '@azure/identity';
import { type ConnectorClientOptions, ServiceClientCredentialsFactory } from 'botframework-connector';
import { retryAfterMs } from '../../ingestion/retry.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import type { BotIdentity } from '../config/config.ts';
import { answered, givenUp, misled, unanswered } from './send-failure.ts';

/** One try of one call to the Bot Connector; the SDK has no limit of its own. */
const answerTimeoutMs = 20_000;

type SdkClient = NonNullable<ConnectorClientOptions['httpClient']>;

/** A turn that has an end: `sent` once something has left in it. */
export type Turn = { deadline: Deadline; sent: boolean };

const turns = new AsyncLocalStorage<Turn>();

/** Runs a turn in which nothing is sent any more once its time is over: what was given up may not come after all. */
export function withinTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
  return turns.run(turn, work);
}

/**
 * Our client in the form of the SDK's older kind: an answer's headers are of the class of its request's. Whatever changes
 * something at Teams, and is not taken, throws a SendFailure, which the SDK does not try again; questions it may.
 */
export function clientFor({ http, deadline, now }: Pick<TimeAndNetwork, 'http' | 'deadline' | 'now'>): SdkClient {
  return {
    async sendRequest(resource) {
      const { url, method, body, abortSignal } = resource;
      const asks = method === 'GET';
      const turn = turns.getStore();
      if (!asks && turn?.deadline.leftMs() === 0) throw givenUp();
      const sent = createPipelineRequest({
        url,
        method,
        headers: createHttpHeaders(resource.headers.toJson({ preserveCase: true })),
        body,
        abortSignal: AbortSignal.any([
          deadline(resource.timeout || answerTimeoutMs).signal,
          ...(turn ? [turn.deadline.signal] : []),
          ...(abortSignal ? [abortSignal as AbortSignal] : []),
        ]),
      });
      if (turn && !asks) turn.sent = true;
      const answer = await http.sendRequest(sent).catch((error: unknown) => {
        throw asks ? error : unanswered(error);
      });
      const { status, headers: said, bodyAsText = '' } = answer;
      if (!asks && !isTaken(status))
        throw answered(status, bodyAsText ?? '', retryAfterMs(said.get('retry-after'), now()));
      const id = asks ? null : idIn(bodyAsText ?? '');
      if (!asks && id === null) throw misled(status);
      const headers = resource.headers.clone();
      for (const name of headers.headerNames()) headers.remove(name);
      for (const [name, value] of said) headers.set(name, value);
      return { request: resource, status, headers, bodyAsText: id ?? bodyAsText ?? null };
    },
  };
}

function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** All that we need of what Teams says to what it has taken, as JSON; null for what Teams would not say, such as the page of a proxy. */
function idIn(text: string): string | null {
  if (text === '') return '{}';
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null) return null;
    return JSON.stringify('id' in said && typeof said.id === 'string' ? { id: said.id } : {});
  } catch {
    return null;
  }
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
