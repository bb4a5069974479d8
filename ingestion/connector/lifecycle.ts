import { type Connector, type ConnectorStatus, firstSeen, seenSince, type UsualSilence } from './connector.ts';
import type { PollResult } from './poll-result.ts';
import type { Verdict } from './verdict.ts';

/** A connector as it is before its first step and poll. */
export function newborn(): Pick<
  Connector,
  'provisioning' | 'status' | 'observation' | 'desired' | 'pause' | 'retried' | 'muted'
> {
  return {
    desired: 'run',
    pause: null,
    retried: null,
    muted: null,
    provisioning: {
      done: [],
      running: null,
      rule: null,
      table: null,
      problem: null,
      attempts: 0,
      finishedAt: null,
      version: 0,
      tableAt: 0,
      failedUpgrade: null,
      removedAt: null,
    },
    observation: null,
    status: {
      state: 'pending',
      health: 'ok',
      problem: null,
      failing: null,
      lastFailedAt: null,
      caughtUpAt: null,
      firstSeenAt: null,
      unseenSince: null,
      lastPollAt: null,
      lastEventAt: null,
      lastRefusedAt: null,
      lastCutAt: null,
      lastReread: null,
      behindMs: 0,
      catchUpMs: null,
      usualSilence: { day: 0, longest: 0, longestBefore: 0, busyPolls: 0, lastAt: null, broken: false },
    },
  };
}

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
    behindMs: poll.behindMs,
    catchUpMs: poll.catchUpMs,
    usualSilence: observe(before.usualSilence, { poll, alerted: before.problem?.reason === 'source-quiet' }, now),
  };
}

/** The status of a connector that is given a rest: nothing is wrong with it, and nothing is waited for. Pure. */
export function rested(before: ConnectorStatus): ConnectorStatus {
  const state = before.firstSeenAt === null ? 'pending' : 'connected';
  return { ...before, state, health: 'ok', problem: null, failing: null, unseenSince: null };
}

/** The status with which it goes on after its rest: that it was silent says nothing of the source. Pure. */
export function resumed(before: ConnectorStatus, now: number): ConnectorStatus {
  const { usualSilence } = before;
  const lastAt = usualSilence.lastAt === null ? null : now;
  return { ...rested(before), usualSilence: { ...usualSilence, lastAt, broken: true } };
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
