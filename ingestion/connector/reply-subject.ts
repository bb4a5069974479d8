import type { Reason } from '../reasons.ts';
import type { Closing } from './incident.ts';

/** What developed in an incident, as a reply beside its card tells it: times in ms since the epoch, `by` a person's name. */
export type ReplySubject =
  | { kind: 'acknowledged'; by: string }
  | { kind: 'snoozed'; by: string; until: number }
  | { kind: 'snooze-ended'; by: string }
  | { kind: 'reason-changed'; from: Reason; to: Reason }
  /** For the same reason it is an error now, and was a warning. */
  | { kind: 'grown-worse' }
  | { kind: 'recovered'; beganAt: number; resolvedAt: number }
  /** Somebody's deed ended it: nobody knows by then whether the trouble is over. */
  | { kind: 'closed'; closing: Closing }
  | { kind: 'reminder' };
