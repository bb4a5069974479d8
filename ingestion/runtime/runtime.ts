import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Cloud } from './clouds.ts';
import type { Deadline } from './deadline.ts';

/** Time and network: what each thread has for itself. */
export type TimeAndNetwork = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * A deadline `ms` from now. How long a computer takes does not count in a simulated runtime: only how long somebody is kept
   * waiting there on purpose.
   */
  deadline(ms: number): Deadline;
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

/** How another thread comes to the same time and network: `openTimeAndNetwork(data)` of the module at this URL. `data` must be able to cross. */
export type RuntimeModule = { module: string; data: unknown };
