import type { Connector } from '../connector/connector.ts';

/** So long at most between polls while something fails, or the first rows are awaited. */
const tensePaceMs = 60_000;

/**
 * The time from a settled poll that read all there was, or failed, to the next: its owner's interval. Whoever waits for
 * the first rows or the end of a failure waits no longer than a minute for the next attempt, whatever the interval.
 */
export function paceMs({ settings, status }: Connector): number {
  const tense = status.failing !== null || status.state === 'pending';
  return tense ? Math.min(intervalMs(settings), tensePaceMs) : intervalMs(settings);
}

/**
 * When a connector whose poll failed is polled again, in ms since the epoch: at its pace from the beginning of the failure on,
 * so that each fault takes the same time, whether its polls end at once or wait for an answer; at once where that has passed.
 */
export function nextTryAt(connector: Connector, { begunAt, now }: { begunAt: number; now: number }): number {
  const pace = paceMs(connector);
  const since = connector.status.failing?.since ?? begunAt;
  const tries = Math.floor(Math.max(0, begunAt - since) / pace);
  return Math.max(now, since + (tries + 1) * pace);
}

/** The time between polls that its owner chose. */
export function intervalMs({ intervalSeconds }: Connector['settings']): number {
  return intervalSeconds * 1000;
}
