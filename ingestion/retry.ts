import type { ConnectorError } from './errors.ts';
import { factsOf } from './reasons.ts';

const longestPauseMs = 60 * 60_000;

/**
 * The time to the next try: what Azure asked for, up to an hour. Else what passes is tried again after 15 seconds, then 30
 * …, at most 5 minutes; anything else after a minute, then two …, at most a quarter of an hour.
 */
export function pauseMs({ reason, evidence }: ConnectorError, attempts: number): number {
  if (evidence.retryAfterMs !== undefined) return Math.min(Math.max(evidence.retryAfterMs, 1_000), longestPauseMs);
  const [firstMs, mostMs] = factsOf(reason).passes ? [15_000, 5 * 60_000] : [60_000, 15 * 60_000];
  return Math.min(firstMs * 2 ** (attempts - 1), mostMs);
}
