import { type Connector, goneOf, isLake } from '../connector/connector.ts';
import { roleDelayMs, ruleDelayMs } from '../connector/limits.ts';
import type { Reason } from '../reasons.ts';

/** What Azure says of a new rule before it is known, and for how long after the rule was made it may be only that. */
const delays = new Map<Reason, number>([
  ['role-missing', roleDelayMs],
  ['rule-missing', ruleDelayMs],
]);

/**
 * Whether an upload is refused only because what was made for it is not known to the ingestion endpoint yet, so that it is waited
 * for: the permission (403) up to 30 minutes, the rule and its stream (404, InvalidStream) up to 15 minutes after building ended.
 * What has brought a row since then has been in effect, and a rule that a check of the workspace misses is gone. Pure.
 */
export function isOnItsWay(connector: Connector, reason: Reason, now: number): boolean {
  const builtAt = connector.provisioning.finishedAt ?? now;
  const delayMs = delays.get(reason) ?? 0;
  return now - builtAt < delayMs && !hasBrought(connector, builtAt) && goneOf(connector) === null;
}

/** A row that came through what was built at `builtAt` has been seen; in the lake it was accepted. */
function hasBrought(connector: Connector, builtAt: number): boolean {
  const { status, observation } = connector;
  if (status.firstSeenAt === null) return false;
  return status.firstSeenAt >= builtAt || (!isLake(connector) && (observation?.seen?.newestArrival ?? 0) > builtAt);
}
