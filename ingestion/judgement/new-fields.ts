import type { ConnectorStatus, NewField } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';

/** So many are remembered: Okta adds one or two a year. */
const mostFields = 100;

/** The fields of Okta's that our stream does not declare, with those that this poll has met for the first time. Pure. */
export function newFields({ newFields: known = [] }: ConnectorStatus, poll: PollResult): NewField[] {
  const names = new Set(known.map(({ name }) => name));
  const met = poll.newFields.filter((name) => !names.has(name));
  return [...known, ...met.map((name) => ({ name, toldAt: null }))].slice(0, mostFields);
}
