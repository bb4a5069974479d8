import type pg from 'pg';
import type { Logger } from 'pino';
import type { RoleDefinitions } from '../../ingestion/azure/access/rights.ts';
import type { Content } from '../../ingestion/azure/content/content.ts';
import type { Verification } from '../../ingestion/connector/verification.ts';
import type { Cache } from '../../ingestion/runtime/cache.ts';
import type { Readings } from '../../ingestion/runtime/readings.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { Secrets } from '../../ingestion/secrets/secrets.ts';
import type { Leases } from '../../ingestion/store/leases.ts';

/** What all that the bot does is done with: time and network, the store, where tokens are kept, the log. */
export type Backend = {
  runtime: Runtime;
  pool: pg.Pool;
  leases: Leases;
  secrets: Secrets;
  log: Logger;
  /** When this process began, in ms since the epoch. */
  startedAt: number;
  /** After how many days another Okta token is asked for; 0: never. */
  tokenAgeDays: number;
  /** From which addresses this bot calls, as far as whoever runs it has said. */
  outboundAddresses: string[];
  roleDefinitions: RoleDefinitions;
  /** What people may do anywhere, as Azure said lately, by their object ids: for help alone. */
  rightsSummaries: Cache<{ change: boolean; answer: boolean }>;
  /** Readings of workspaces' content, by the workspace's id, and of what connectors have in theirs, by the connector's. */
  readings: Readings<Content[]>;
  verifications: Readings<Verification>;
  /** Whose clients ask for the state of a conversation's cards: ids, as Teams knows people, by the conversation's. */
  viewers: Cache<{ ids: string[] }>;
};
