import type { Queryable } from '../store/queryable.ts';
import type { Connector } from './connector.ts';
import { bumpProgress } from './outbox/telling.ts';

/**
 * All that a connector's progress card shows of its polls, as a text that changes when the card does: which step they have come
 * to, what is borne and what has failed; while the first rows are awaited, what their time is counted from. Pure.
 */
export function progressOf({ status }: Connector): string {
  const { firstSeenAt, lastPollAt, lastEventAt, health, problem, failing, lastFailedAt, unseenSince } = status;
  if (firstSeenAt !== null) return 'connected';
  const failed = health === 'error' ? (problem?.reason ?? null) : null;
  const awaited = failing || failed ? null : [lastFailedAt, unseenSince, lastEventAt === null];
  return JSON.stringify([lastPollAt === null, failed, failing?.reason ?? null, awaited]);
}

/** Has the progress card follow where it shows another thing now: an edit that changes nothing moves the card for nobody. */
export async function followProgress(tx: Queryable, before: Connector, after: Connector): Promise<void> {
  if (progressOf(before) !== progressOf(after)) await bumpProgress(tx, after.id);
}
