import type { TokenCredential } from '@azure/core-auth';
import { ManagedIdentityCredential } from '@azure/identity';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { singleFlight } from '../../ingestion/runtime/identity.ts';
import { openTimeAndNetwork } from '../../ingestion/runtime/network.ts';
import { readProxies } from '../../ingestion/runtime/proxy.ts';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';

/** The bot's identity: a real ManagedIdentityCredential that asks the Azure simulator. */
export function simulatedIdentity(
  azure: { environment: Record<string, string> },
  { deadline }: Pick<TimeAndNetwork, 'deadline'> = { deadline: realDeadline },
): TokenCredential {
  Object.assign(process.env, azure.environment);
  const httpClient = openTimeAndNetwork(readProxies(process.env).proxies).http;
  return singleFlight(new ManagedIdentityCredential({ httpClient }), deadline);
}
