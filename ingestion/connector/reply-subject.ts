import type { Reason } from '../reasons.ts';
import type { Closing } from './incident.ts';

/** What developed in an alert, as a reply beside its card tells it: times in ms since the epoch, `by` a person's name. */
export type ReplySubject =
  | { kind: 'acknowledged'; by: string }
  | { kind: 'snoozed'; by: string; until: number }
  | { kind: 'snooze-ended'; by: string }
  | { kind: 'reason-changed'; from: Reason; to: Reason }
  /** For the same reason it is an error now, and was a warning. */
  | { kind: 'grown-worse' }
  /** Another alert, that of what is wrong now, tells of it from now on. */
  | { kind: 'goes-on'; from: Reason; to: Reason }
  | { kind: 'recovered' }
  /** One more fails for the same cause, as far as is known, and in another way than all others. */
  | { kind: 'also'; reason: Reason }
  /** Something that the card tells of fails again, after all of that had recovered. */
  | { kind: 'again' }
  /** Somebody's deed ended the last of it: nobody knows by then whether the trouble is over. */
  | { kind: 'closed'; closing: Closing }
  | { kind: 'reminder' };
