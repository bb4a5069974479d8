import type { TokenCredential } from '@azure/core-auth';
import { ManagedIdentityCredential } from '@azure/identity';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';
import { openTimeAndNetwork } from '../../ingestion/runtime/network.ts';
import { readProxies } from '../../ingestion/runtime/proxy.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';

/** The bot's identity: a real ManagedIdentityCredential that asks the Azure simulator. */
export function simulatedIdentity(
  azure: { environment: Record<string, string> },
  { deadline }: Pick<TimeAndNetwork, 'deadline'> = { deadline: realDeadline },
): TokenCredential {
  Object.assign(process.env, azure.environment);
  const { http } = openTimeAndNetwork(readProxies(process.env).proxies);
  return openIdentity({ http, deadline }, (httpClient) => new ManagedIdentityCredential({ httpClient }));
}
