import { type Connector, type ConnectorStatus, firstSeen, seenSince, type Verdict } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { arrive } from './arrivals.ts';
import { lagAfter } from './behind.ts';
import { newFields } from './new-fields.ts';
import { isToldOfSilence } from './volume.ts';

/** The lifecycle: Pending → Connected when rows are visible, → Error by verdict, and back. Pure. */
export function next(
  connector: Connector,
  { poll, verdict }: { poll: PollResult; verdict: Verdict },
  now: number,
): ConnectorStatus {
  const before = connector.status;
  const firstSeenAt = before.firstSeenAt ?? firstSeen(connector, poll, now);
  return {
    ...before,
    state: verdict.health === 'error' ? 'error' : firstSeenAt === null ? 'pending' : 'connected',
    health: verdict.health,
    problem: verdict.problem,
    failing: verdict.failing,
    lastFailedAt: poll.failure && poll.failure.reason !== 'rate-limited' ? now : before.lastFailedAt,
    caughtUpAt: poll.caughtUp ? now : before.caughtUpAt,
    firstSeenAt,
    unseenSince: unseenSince(connector, poll),
    lastPollAt: now,
    lastEventAt: poll.newest ?? before.lastEventAt,
    lastRefusedAt: poll.refused > 0 ? now : before.lastRefusedAt,
    lastCutAt: poll.cut > 0 ? now : before.lastCutAt,
    lastReread: poll.rereadFrom === null ? before.lastReread : { at: now, from: poll.rereadFrom },
    ...(poll.toCome && { lastToCome: { at: now, ...poll.toCome } }),
    ...fieldsAfter(before, { poll, verdict }, now),
    behindMs: poll.behindMs,
    catchUpMs: poll.catchUpMs,
    lag: lagAfter(connector, poll, now),
    arrivals: arrive(before.arrivals, { poll, alerted: isToldOfSilence(connector) }, now),
  };
}

/** What the verdict has told of is told. */
function fieldsAfter(
  before: ConnectorStatus,
  { poll, verdict }: { poll: PollResult; verdict: Verdict },
  now: number,
): Pick<ConnectorStatus, 'newFields'> {
  const fields = newFields(before, poll);
  if (fields.length === 0) return {};
  const isTold = verdict.problem?.reason === 'new-field';
  return { newFields: isTold ? fields.map(({ name, toldAt }) => ({ name, toldAt: toldAt ?? now })) : fields };
}

function unseenSince({ status, observation }: Connector, poll: PollResult): number | null {
  const waiting = status.unseenSince;
  if (waiting !== null && !seenSince(observation, waiting)) return waiting;
  return poll.accepted > 0 ? poll.startedAt : null;
}
