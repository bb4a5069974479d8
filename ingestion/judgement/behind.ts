import type { Connector, Lag, Problem } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';

const minute = 60_000;

/** Behind by more than a quarter of an hour is worth a warning, by more than an hour an error: as at the rate limit. */
const warningMs = 15 * minute;
const errorMs = 60 * minute;
/** A backlog that has not been smaller for so long, and still grows, is no burst. */
const growingMs = 30 * minute;

/**
 * The backlog after a poll: how large it was at the most, and at the least, and when. Null when there is none, or when something
 * failed, which explains it. Pure.
 */
export function lagAfter({ status }: Connector, { failure, caughtUp, behindMs }: PollResult, now: number): Lag | null {
  if (failure || caughtUp) return null;
  const before = status.lag ?? { mostMs: 0, leastMs: behindMs, leastAt: now };
  const mostMs = Math.max(before.mostMs, behindMs);
  return behindMs <= before.leastMs ? { mostMs, leastMs: behindMs, leastAt: now } : { ...before, mostMs };
}

/**
 * Both legs answer, and yet the backlog grows: it will not catch up. Once a backlog is told, also at the rate limit, it stays as
 * grave as it was until less than a quarter of an hour is left. Pure.
 */
export function fallingBehind(connector: Connector, poll: PollResult, now: number): Problem | null {
  const lag = lagAfter(connector, poll, now);
  const { behindMs } = poll;
  if (!lag || behindMs < warningMs) return null;
  const { problem } = connector.status;
  // At the rate limit, some polls end by their time and not at the limit: that is no recovery.
  const known = problem?.reason === 'falling-behind' || problem?.reason === 'rate-limited' ? problem : null;
  // A burst that is being worked off has been worse.
  const grows = behindMs >= lag.mostMs && now - lag.leastAt >= growingMs;
  if (!known && !grows) return null;
  const health = behindMs > errorMs || known?.health === 'error' ? 'error' : 'warning';
  const { reason, since, evidence } = known ?? { reason: 'falling-behind', since: lag.leastAt, evidence: {} };
  return { reason, health, since, evidence };
}
