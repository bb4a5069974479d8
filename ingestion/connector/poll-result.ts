import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';

/** What one poll of one connector came to. Times are milliseconds since the epoch. */
export type PollResult = {
  startedAt: number;
  /** Events that Okta served, and that Azure took. */
  served: number;
  accepted: number;
  /** Events put aside, and events of which Azure cuts a value off. */
  refused: number;
  cut: number;
  /** The newest `published` that was delivered, ever. */
  newest: number | null;
  /** Okta has no more, and all of it is delivered. */
  caughtUp: boolean;
  /** How old the newest delivered event is while more is waiting; 0 when caught up. */
  behindMs: number;
  /** When it will have caught up at the pace of this poll; null when it is not catching up. */
  catchUpMs: number | null;
  /** How long Okta's budget asks to wait before the next poll. */
  waitMs: number | null;
  /** Where reading began again because Okta refused the stored link. */
  rereadFrom: number | null;
  /** What stopped it. `since`: from when on there was no good answer, which is when the first try in vain began. */
  failure: { reason: Reason; evidence: Evidence; since: number } | null;
  /** Fields of events that our stream does not declare, so that they are not in the workspace. */
  newFields: string[];
  /** Events that say of themselves that they are of a time to come: how many, and the id of one. */
  toCome: { events: number; uuid: string } | null;
};
