import type { Closing } from '../../ingestion/connector/incident.ts';
import { shown } from '../kit/text.ts';

type Words = { title: string; since: string; deed: string };

const closings: Record<Closing['cause'], (who: string) => Words> = {
  deleted: (who) => ({
    title: 'Closed: the connector was deleted',
    since: 'no longer reads Okta',
    deed: `deleted by ${who}`,
  }),
  paused: (who) => ({
    title: `Closed: paused by ${who}`,
    since: 'reads Okta again when it is resumed',
    deed: `paused by ${who}`,
  }),
  resumed: (who) => ({
    title: `Closed: resumed by ${who}`,
    since: 'goes on where it stopped',
    deed: `resumed by ${who}`,
  }),
  token: (who) => ({
    title: `Closed: ${who} had a token tried at Okta`,
    since: 'is paused, and its token was used',
    deed: `${who} had a token tried at Okta`,
  }),
};

/** How an incident was closed by somebody's deed: as a title, what is so of the connector since, and the deed alone. */
export function closingWords({ cause, by }: Closing): Words {
  return closings[cause](shown(by.name, 60));
}
