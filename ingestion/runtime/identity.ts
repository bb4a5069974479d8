import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { type HttpClient, isRestError } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../errors.ts';
import { type Deadline, raced } from './deadline.ts';
import { unreachableText } from './proxy.ts';
import type { TimeAndNetwork } from './runtime.ts';

/**
 * An identity that reaches out through `http`. Rejects with ConnectorError: identity-failed when it gets no token; and, as the
 * SDK swallows why its network failed, what stood in between. Each call ends within 20 seconds.
 */
export function openIdentity(
  { http, deadline }: Pick<TimeAndNetwork, 'http' | 'deadline'>,
  open: (http: HttpClient) => TokenCredential,
): TokenCredential {
  // Tokens for several audiences are asked for side by side: each call has its own.
  const between = new AsyncLocalStorage<{ fault: ConnectorError | null }>();
  const credential = open({
    sendRequest: (request) =>
      http.sendRequest(request).catch((error) => {
        const call = between.getStore();
        if (call) call.fault = networkFault(error, new URL(request.url)) ?? call.fault;
        throw error;
      }),
  });
  const asking: TokenCredential = {
    getToken(scopes, options) {
      const call: { fault: ConnectorError | null } = { fault: null };
      return between
        .run(call, () => credential.getToken(scopes, options))
        .catch((error) => {
          throw call.fault ?? identityFault(error) ?? error;
        });
    },
  };
  return singleFlight(asking, deadline);
}

/** The names of the SDK's errors (`@azure/identity`, errors.ts); nobody else looks at them. */
const names = new Set([
  'AuthenticationError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
]);

function identityFault(error: Error): ConnectorError | null {
  return names.has(error.name)
    ? new ConnectorError('identity-failed', { text: error.message.slice(0, 300) }, error)
    : null;
}

/** The machine's own endpoint, by plain http, is only one of many places to ask; Entra that can't be reached is a fault. */
function networkFault(error: unknown, { protocol, host }: URL): ConnectorError | null {
  if (error instanceof ConnectorError) return error;
  if (protocol !== 'https:' || !isRestError(error) || error.statusCode !== undefined) return null;
  const text = `${unreachableText(error) ?? `No connection (${error.code}).`} Asked for ${host}`;
  return new ConnectorError('azure-unreachable', { text, subject: host }, error);
}

const tokenMs = 20_000;
/** A call that has had no answer for so long is joined by nobody more: it may hang where a new one would not. */
const joinedMs = 3_000;

/** A call that is under way, and what those get who wait for it. */
type Flight = { got: PromiseWithResolvers<AccessToken | null>; until: Deadline };

/**
 * Fifty first calls at once ask the identity endpoint once; the SDK alone would ask fifty times. And one that never answers
 * is given up: the SDK's managed identity ignores every signal, and would hold its caller for ever. Whoever waits for an earlier
 * call gets what a later one got first.
 */
function singleFlight(credential: TokenCredential, deadline: TimeAndNetwork['deadline']): TokenCredential {
  /** What has no answer yet, the latest last. */
  const flying = new Map<string, Flight[]>();
  return {
    getToken(scopes, options = {}) {
      const { tenantId, claims } = options;
      const key = JSON.stringify([scopes, tenantId, claims]);
      const all = flying.get(key) ?? [];
      const latest = all.at(-1);
      if (latest && tokenMs - latest.until.leftMs() < joinedMs) return latest.got.promise;
      const flight: Flight = { got: Promise.withResolvers(), until: deadline(tokenMs) };
      flying.set(key, [...all, flight]);
      const { abortSignal: _, ...shared } = options;
      raced((async () => credential.getToken(scopes, shared))(), flight.until, () => noToken(scopes))
        .then((token) => {
          for (const { got } of flying.get(key) ?? []) got.resolve(token);
        }, flight.got.reject)
        .finally(() => {
          const left = (flying.get(key) ?? []).filter((each) => each !== flight);
          if (left.length > 0) flying.set(key, left);
          else flying.delete(key);
        });
      return flight.got.promise;
    },
  };
}

function noToken(scopes: string | string[]): ConnectorError {
  const [scope = ''] = [scopes].flat();
  const host = URL.canParse(scope) ? new URL(scope).host : scope;
  const text = `The identity endpoint gave no token in time for ${host}`;
  return new ConnectorError('azure-unreachable', { text, subject: host });
}
