import { aboutCard } from '../../cards/messages/about.ts';
import { countConnectors, lastPolled } from '../../ingestion/connector/directory.ts';
import type { Command } from './command.ts';

/** What this is, which version, and how it is itself. */
export const about: Command = {
  word: 'about',
  usage: 'about',
  what: 'Which version this is, how it is, and what it may do',
  async run({ pool, runtime, startedAt }, { tenantId }) {
    const counts = await countConnectors(pool, { tenantId, filter: '' });
    return aboutCard({ counts, startedAt, polledAt: await lastPolled(pool, tenantId), now: runtime.now() });
  },
};
