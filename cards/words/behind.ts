import type { Connector } from '../../ingestion/connector/connector.ts';
import { syncStateOf } from '../../ingestion/connector/sync-state.ts';
import { clock, duration } from '../kit/times.ts';

/** How far behind Okta’s log a connector is, and when it will have caught up; null where that means nothing. */
export function behindWords(connector: Connector, now: number): string | null {
  const { dueAt, status } = connector;
  const { behindMs, catchUpMs } = status;
  switch (syncStateOf(connector, now)) {
    case null:
      return null;
    case 'caught-up':
      return 'no, caught up';
    case 'late':
      return `not known: the check that was due at ${clock(dueAt)} has not ended yet`;
    case 'failing':
      return `${duration(behindMs)} at most; how far is not known while checks fail`;
    case 'behind':
      return catchUpMs === null
        ? `${duration(behindMs)}, and not catching up at the pace of the last check`
        : `${duration(behindMs)}, caught up in about ${duration(catchUpMs)}`;
  }
}
