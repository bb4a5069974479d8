import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Logger } from 'pino';
import type { Cloud } from './clouds.ts';
import type { Deadline } from './deadline.ts';
import type { Metrics } from './metrics.ts';

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
  /** What this thread counts. */
  metrics: Metrics;
};

/** `wake` ends a rest, as of the next second, and keeps a tick that is under way from beginning one. */
export type Ticker = { wake(): void; stop(): Promise<void> };

/** What is done each second, and for how many ms from then on it need not be done. */
export type Ticking = { tick(): Promise<void>; restMs(): Promise<number> };

/**
 * Calls `tick` every second, and never beside itself; after it, where that can be used, `restMs`, and then rests for so long unless
 * somebody wakes it. A simulated runtime may tick more often. What they throw goes to `log`.
 */
export type EverySecond = (ticking: Ticking, log: Logger) => Ticker;

/** All that lies outside the process. Tests and the sandbox pass another one; nothing else is replaced. */
export type Runtime = TimeAndNetwork & {
  /** The bot's own identity in Azure. */
  credential: TokenCredential;
  /** Where Azure is. */
  cloud: Cloud;
  /** What data collection rules are tagged with there, besides our own tags. */
  tags?: Record<string, string>;
};

/** How another thread comes to the same time and network: `openTimeAndNetwork(data)` of the module at this URL. `data` must be able to cross. */
export type RuntimeModule = { module: string; data: unknown };

/** What the process has besides what its threads have: how they come to theirs, and the ticker. */
export type ProcessRuntime = Runtime & { forThreads: RuntimeModule; everySecond: EverySecond };
