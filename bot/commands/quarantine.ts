import { quarantineCard } from '../../cards/messages/quarantine.ts';
import { readQuarantine } from '../../ingestion/connector/quarantine.ts';
import { aboutConnector } from './command.ts';

const mostShown = 10;

/** What was put aside, by its outside: no event's own text. */
export const quarantine = aboutConnector(
  { word: 'quarantine', usage: 'quarantine <name>', what: 'Events that Azure did not take, and what to do' },
  async ({ pool, runtime }, connector) => {
    const held = await readQuarantine(pool, connector.id, mostShown);
    return quarantineCard({ connector, ...held, now: runtime.now() });
  },
);
