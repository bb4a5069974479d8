import { type Connector, firstSeen, isLake, type Problem, resumedAt, seenSince } from '../connector/connector.ts';
import { firstDataMs, visibleWithinMs } from '../connector/limits.ts';
import type { PollResult } from '../connector/poll-result.ts';

/** Accepted but not visible; and nothing at all in the time a new connector has. The lake tier can't be looked into. */
export function missingRows(connector: Connector, poll: PollResult, now: number): Problem | null {
  const { status, observation } = connector;
  if (status.firstSeenAt === null && firstSeen(connector, poll, now) === null) {
    const since = waitingSince(connector, poll);
    const known = knownReason(connector);
    if (known) return known;
    if (now - since < firstDataMs) return null;
    if (poll.newest === null) return { reason: 'no-first-events', health: 'error', since, evidence: {} };
    if (observation?.problem)
      return { reason: 'look-failed', health: 'error', since, evidence: observation.problem.evidence };
    return { reason: 'no-first-data', health: 'error', since, evidence: observation?.lost?.evidence ?? {} };
  }
  if (isLake(connector)) return null;
  if (status.unseenSince === null || !observation?.seen || seenSince(observation, status.unseenSince))
    return someMissing(connector);
  const known = knownReason(connector);
  if (known) return known;
  if (observation.seen.at - status.unseenSince < visibleWithinMs) return null;
  const evidence = observation.lost?.evidence ?? {};
  return { reason: 'not-visible', health: 'error', since: status.unseenSince, evidence };
}

/** Rows come in, but fewer than were sent, and Azure says why. */
function someMissing({ observation }: Connector): Problem | null {
  const lost = observation?.lost;
  if (lost?.someSince === undefined) return null;
  return { reason: lost.reason, health: 'warning', since: lost.someSince, evidence: lost.evidence };
}

/** One event on which a transform fails is noted too, while the others are on their way: mostly for seconds, in a new table longer. */
const transformMs = 5 * 60_000;

/** Where Azure itself says why rows are missing, there is little to wait for. */
function knownReason({ status: { unseenSince, firstSeenAt }, observation }: Connector): Problem | null {
  const lost = observation?.lost;
  if (!lost || lost.reason === 'not-visible' || unseenSince === null) return null;
  const borneMs = firstSeenAt === null ? visibleWithinMs : transformMs;
  if (lost.reason === 'transform-failed' && observation.triedAt - unseenSince < borneMs) return null;
  return { reason: lost.reason, health: 'error', since: unseenSince, evidence: lost.evidence };
}

/** Since when the first rows could be there: since the first that Azure took, or, where nothing was sent, since it was built. */
function waitingSince(connector: Connector, poll: PollResult): number {
  const { createdAt, provisioning, status } = connector;
  const sentAt = status.unseenSince ?? (poll.accepted > 0 ? poll.startedAt : 0);
  return Math.max(createdAt, provisioning.finishedAt ?? 0, status.lastFailedAt ?? 0, sentAt, resumedAt(connector));
}
