import { AsyncLocalStorage } from 'node:async_hooks';
import type { TokenCredential } from '@azure/core-auth';
import { type HttpClient, isRestError } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../errors.ts';
import { raced } from './deadline.ts';
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

/**
 * Fifty first calls at once ask the identity endpoint once; the SDK alone would ask fifty times. And one that never answers
 * is given up: the SDK's managed identity ignores every signal, and would hold its caller for ever.
 */
function singleFlight(credential: TokenCredential, deadline: TimeAndNetwork['deadline']): TokenCredential {
  const flying = new Map<string, ReturnType<TokenCredential['getToken']>>();
  return {
    getToken(scopes, options = {}) {
      const { tenantId, claims } = options;
      const key = JSON.stringify([scopes, tenantId, claims]);
      const known = flying.get(key);
      if (known) return known;
      const { abortSignal: _, ...shared } = options;
      const flight = raced(credential.getToken(scopes, shared), deadline(tokenMs), () => noToken(scopes));
      void flight.catch(() => undefined).finally(() => flying.delete(key));
      flying.set(key, flight);
      return flight;
    },
  };
}

function noToken(scopes: string | string[]): ConnectorError {
  const [scope = ''] = [scopes].flat();
  const host = URL.canParse(scope) ? new URL(scope).host : scope;
  const text = `The identity endpoint gave no token in time for ${host}`;
  return new ConnectorError('azure-unreachable', { text, subject: host });
}
