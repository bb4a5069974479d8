import type { Audited } from '../../ingestion/connector/audit.ts';
import { shown } from '../kit/text.ts';
import { moment } from '../kit/times.ts';

/** Who did what to a connector and when, in one phrase: "Ada Byron changed name, 3/2/2026, 2:05 PM". */
export function auditedWords({
  at,
  actor,
  action,
  result,
}: Pick<Audited, 'at' | 'actor' | 'action' | 'result'>): string {
  return `${shown(actor.name, 60)}: ${shown(`${action}, ${result}`, 120)}, ${moment(at)}`;
}
