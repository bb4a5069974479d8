import type { TokenCredential } from '@azure/core-auth';
import { ManagedIdentityCredential } from '@azure/identity';
import { singleFlight } from '../../ingestion/world.ts';

/** The bot's identity: a real ManagedIdentityCredential that asks the Azure simulator. */
export function simulatedIdentity(azure: { environment: Record<string, string> }): TokenCredential {
  Object.assign(process.env, azure.environment);
  return singleFlight(new ManagedIdentityCredential());
}
