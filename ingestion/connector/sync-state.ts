import type { Connector } from './connector.ts';

/** A poll that was due so long ago and has not ended is kept waiting by somebody, or has much to bring. */
const lateMs = 15_000;

/**
 * How a connector that is polled stands towards Okta's log at a moment: everything delivered; behind; its last poll failed, so
 * that nobody knows; or a poll that was due has not ended, and nobody knows yet. What is not known is never called caught up.
 */
export type SyncState = 'caught-up' | 'behind' | 'failing' | 'late';

/** The state at `now` (ms since the epoch); null when the connector is not to be polled, or never was. Pure. */
export function syncStateOf({ desired, dueAt, status }: Connector, now: number): SyncState | null {
  const { failing, lastPollAt, behindMs } = status;
  if (desired !== 'run' || lastPollAt === null) return null;
  if (failing) return failing.reason === 'rate-limited' ? 'behind' : 'failing';
  if (behindMs > 0) return 'behind';
  return now - dueAt > lateMs ? 'late' : 'caught-up';
}
