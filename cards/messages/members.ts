import type { Member } from '../../ingestion/connector/alert.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { joinSpans } from '../../ingestion/connector/missing-span.ts';

/** When it began for the first of them, in ms since the epoch. */
export function beginning(members: Member[]): number {
  return Math.min(...members.map(({ incident }) => incident.beganAt));
}

/** When it was over for the last of them, as far as it is over, in ms since the epoch. */
export function end(members: Member[]): number {
  return Math.max(...members.map(({ incident }) => incident.resolvedAt ?? incident.beganAt));
}

/** Where events of any of them may be missing. */
export function missingOf(members: Member[]): Incident['missing'] {
  return members.map(({ incident }) => incident.missing).reduce(joinSpans, null);
}
