import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Cloud } from './clouds.ts';

/** Time and network: what each thread has for itself. */
export type TimeAndNetwork = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Every outbound call, to Okta, Azure, Entra and Teams, goes through this client. */
  http: HttpClient;
};

/** All that lies outside the process. Tests and the sandbox pass another one; nothing else is replaced. */
export type Runtime = TimeAndNetwork & {
  /** The bot's own identity in Azure. */
  credential: TokenCredential;
  /** Where Azure is. */
  cloud: Cloud;
};

/** How another thread comes to the same outside: `openOutside(data)` of the module at this URL. `data` must be able to cross. */
export type RuntimeModule = { module: string; data: unknown };
