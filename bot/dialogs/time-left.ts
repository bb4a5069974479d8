import type { Deadline } from '../../ingestion/runtime/deadline.ts';

/** What is left of a turn, in milliseconds: at least a second, so that what is asked last has a chance at all. */
export function timeLeft(deadline: Deadline): number {
  return Math.max(1_000, Math.round(deadline.leftMs()));
}
