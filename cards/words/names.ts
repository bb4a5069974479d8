import type { Member } from '../../ingestion/connector/alert.ts';
import { shown } from '../kit/text.ts';
import { count } from './numbers.ts';

/** So many are named; the others are counted. */
const named = 2;

/** "Acme", "Acme and Labs" or "Acme, Labs and 28 more": the first ones of those that an alert tells of, ready to be shown. */
export function namesOf(members: Pick<Member, 'connector'>[]): string {
  const names = members.slice(0, named).map(({ connector }) => shown(connector.name, 60));
  const left = members.length - named;
  return left > 0 ? `${names.join(', ')} and ${count(left)} more` : names.join(' and ');
}
