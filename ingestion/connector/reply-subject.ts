import type { Reason } from '../reasons.ts';

/** What developed in an incident, as a reply beside its card tells it: times in ms since the epoch, `by` a person's name. */
export type ReplySubject =
  | { kind: 'acknowledged'; by: string }
  | { kind: 'unacknowledged'; by: string }
  | { kind: 'snoozed'; by: string; until: number }
  | { kind: 'reason-changed'; from: Reason; to: Reason }
  | { kind: 'recovered'; beganAt: number; resolvedAt: number }
  | { kind: 'reminder' }
  | { kind: 'closed' };
