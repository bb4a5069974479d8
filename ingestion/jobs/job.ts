import type pg from 'pg';
import type { Logger } from 'pino';
import type { Connector } from '../connector/connector.ts';
import type { Described, HealthRecord } from '../connector/health-records.ts';
import type { Audience } from '../connector/incidents.ts';
import type { QuietEnds } from '../connector/statuses.ts';
import type { Batch } from '../runtime/batch.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Authorizations } from '../secrets/authorizations.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Leases } from '../store/leases.ts';
import type { Queryable } from '../store/queryable.ts';
import type { PollWorker } from '../sync/worker.ts';

/** What jobs work with. */
export type JobParts = {
  runtime: Runtime;
  pool: pg.Pool;
  /** What this process alone may do. */
  leases: Leases;
  secrets: Secrets;
  authorizations: Authorizations;
  log: Logger;
  pollWorker: PollWorker;
  /** Brings one card up to date in Teams. */
  deliver(outboxCardId: string): Promise<void>;
  /** The words of a health record. */
  describe(record: HealthRecord): Described;
  /** Who is told of a connector's incidents. */
  audience: Audience;
  /** Connectors as they are now, and ends of polls, of all that are under way together. */
  connectors: Batch<string, Connector | null>;
  quietEnds: QuietEnds;
  /** Aborts when the app is stopping. */
  closing: AbortSignal;
};

/** Takes a value into a statement; returns the placeholder by which it stands there. */
export type Bind = (value: unknown) => string;

/** More than this is found once some of it is done. */
const mostOfOneIndex = 1000;

/**
 * SQL for keys that are due for one of several reasons: each condition is met by few rows of `from`, or by those at the beginning
 * of `order`, for which there is an index. As one condition with `or` they would have the store look at every row each second.
 */
export function dueByAny(
  { key, from, where }: { key: string; from: string; where: string },
  ...any: { when: string; order: string }[]
): string {
  const parts = any.map(
    ({ when, order }) =>
      `(select ${key} as key from ${from} where ${where} and ${when} order by ${order} limit ${mostOfOneIndex})`,
  );
  return parts.join(' union ');
}

/** What all kinds of background work have. */
export type Kind = {
  /** Its name, in the log. */
  kind: string;
  /** How many pieces of it an instance does at a time. */
  concurrency: number;
  /** Has a piece that ended in a bug at `now` rest until `until`, so that it does not spin. */
  postpone(db: Queryable, key: string, rest: { now: number; until: number }): Promise<void>;
};

/**
 * A kind of background work. What is due is read off the state itself, so that whatever a crash cut short is due again, and
 * nothing has to be enqueued in step with a change; finding a piece of work twice is harmless.
 */
export type Job = Kind & {
  /** The name of the lease under which one process alone works on a piece; kinds that must not meet on a key share one. */
  lease(key: string): string;
  /** A query for the keys that are due at `now`, the longest due first, in one text column `key`; without a limit. */
  due(now: number, bind: Bind): string;
  /** Does a piece, if it is still due. What it throws is a bug, or `Fenced`. */
  run(parts: JobParts, key: string): Promise<void>;
};
