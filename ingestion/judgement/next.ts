import {
  type Connector,
  type ConnectorStatus,
  firstSeen,
  seenSince,
  type UsualSilence,
  type Verdict,
} from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { lagAfter } from './behind.ts';
import { newFields } from './new-fields.ts';

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
    usualSilence: observe(before.usualSilence, { poll, alerted: before.problem?.reason === 'source-quiet' }, now),
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

const dayMs = 86_400_000;

function observe(
  before: UsualSilence,
  { poll, alerted }: { poll: PollResult; alerted: boolean },
  now: number,
): UsualSilence {
  const day = Math.floor(now / dayMs);
  const usualSilence =
    day === before.day ? { ...before } : { ...before, day, longest: 0, longestBefore: before.longest };
  // Silence that an outage explains does not count; silence that has been told of goes on.
  if (poll.failure)
    return {
      ...usualSilence,
      lastAt: usualSilence.lastAt === null || alerted ? usualSilence.lastAt : now,
      broken: true,
    };
  if (poll.served === 0) return usualSilence;
  const silence = usualSilence.lastAt === null ? 0 : now - usualSilence.lastAt;
  // A silence that raised an alert, or that a failure cut, is not what is usual.
  const longest = usualSilence.broken || alerted ? usualSilence.longest : Math.max(usualSilence.longest, silence);
  return { ...usualSilence, longest, busyPolls: usualSilence.busyPolls + 1, lastAt: now, broken: false };
}
