import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { retryAfterMs } from '../retry.ts';

/**
 * Calls that Okta allows in the current window, those that are left, and how long it still runs, in milliseconds by Okta's
 * clock: X-Rate-Limit-Limit, -Remaining and -Reset (https://developer.okta.com/docs/reference/rl2-monitor/).
 */
export type Budget = { limit: number; remaining: number; resetMs: number };

/** What an answer says of the budget; null when it does not say. */
export function budgetOf(response: PipelineResponse): Budget | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(response.headers.get(`x-rate-limit-${name}`) ?? Number.NaN),
  ) as [number, number, number];
  if (!Number.isFinite(limit) || !Number.isFinite(remaining)) return null;
  return { limit, remaining, resetMs: clampReset(reset * 1000 - (serverTimeOf(response) ?? Number.NaN)) };
}

const shortestWaitMs = 1_000;
const longestWaitMs = 90_000;

/** A reset that is missing, far or odd means the longest wait; one in the past the shortest. */
function clampReset(ms: number): number {
  if (!Number.isFinite(ms) || ms > longestWaitMs || ms < -86_400_000) return longestWaitMs;
  return Math.max(ms, shortestWaitMs);
}

/** Okta's clock, in ms since the epoch; null when the answer does not show it. */
export function serverTimeOf(response: PipelineResponse): number | null {
  const time = Date.parse(response.headers.get('date') ?? '');
  return Number.isFinite(time) ? time : null;
}

/**
 * How many milliseconds to wait before the next call, so that the last tenth of a window, and two calls at least, are left to
 * others: all who read an org's log share one budget (https://developer.okta.com/docs/reference/rate-limits/). 0: go on.
 */
export function budgetWait(budget: Budget | null): number {
  if (!budget || budget.limit <= 0) return 0;
  return budget.remaining <= Math.max(2, budget.limit * 0.1) ? budget.resetMs : 0;
}

/**
 * How many milliseconds a 429 asks to wait. Okta answers it for a spent budget (Limit > 0) and for too many calls at once (Limit 0, and Reset a mere suggestion:
 * https://developer.okta.com/docs/reference/rl2-concurrency/). It documents no Retry-After; one that comes is heeded.
 */
export function limitWait(response: PipelineResponse, now: number): number {
  // A date is Okta's, so it is Okta's clock that it is read by.
  const asked = retryAfterMs(response.headers.get('retry-after'), serverTimeOf(response) ?? now);
  return asked === null ? (budgetOf(response)?.resetMs ?? longestWaitMs) : clampReset(asked);
}
