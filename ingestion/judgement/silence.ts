import type { Connector, Problem } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { intervalMs } from './pace.ts';

const minute = 60_000;

/** Silence is a problem after this time, and after this many times the longest usual silence, or the poll interval. */
const quietMs = 10 * minute;
const quietFactor = 3;
/** Polls with events that make a source one whose silence means something: of so many minutes at least. */
const busyPollsToJudge = 30;

/** No events although they are usual: first a warning, an error after twice the time. */
export function silence(connector: Connector, poll: PollResult, now: number): Problem | null {
  const { usualSilence } = connector.status;
  const interval = intervalMs(connector.settings);
  const enough = busyPollsToJudge * Math.max(1, minute / interval);
  if (poll.served > 0 || usualSilence.lastAt === null || usualSilence.busyPolls < enough) return null;
  const usual = Math.max(interval, usualSilence.longest, usualSilence.longestBefore);
  const limit = Math.max(quietMs, quietFactor * usual);
  const silentMs = now - usualSilence.lastAt;
  if (silentMs < limit) return null;
  return {
    reason: 'source-quiet',
    health: silentMs < 2 * limit ? 'warning' : 'error',
    since: usualSilence.lastAt,
    evidence: {},
  };
}
