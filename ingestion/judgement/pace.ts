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

/** The time between polls that its owner chose. */
export function intervalMs({ intervalSeconds }: Connector['settings']): number {
  return intervalSeconds * 1000;
}
