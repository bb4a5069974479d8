import { contentCard, type Unread, unreadCard } from '../cards/content.ts';
import type { Card } from '../cards/template.ts';
import { readContent } from '../ingestion/azure/content.ts';
import { coverageOf } from '../ingestion/azure/coverage.ts';
import type { Connector } from '../ingestion/connector.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import type { World } from '../ingestion/world.ts';
import { turnDeadline } from './people.ts';

/** Which content of the connector's workspace sees its data, read from Azure now; a page of it, or why it can't be read. */
export async function contentOf(
  world: World,
  connector: Connector,
  { page = 1, deadline = turnDeadline() }: { page?: number; deadline?: AbortSignal } = {},
): Promise<Card> {
  const now = world.now();
  try {
    const read = readContent(world, connector.settings.workspace, deadline);
    const content = await Promise.race([read, over(deadline)]);
    return contentCard({ connector, coverage: coverageOf(content), page, now });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return unreadCard({ connector, why: unread(error, deadline), now });
  }
}

/** Fails at the deadline, which the request of a token does not know of. */
function over(deadline: AbortSignal): Promise<never> {
  const late = () => new ConnectorError('azure-unreachable', { text: 'No answer in time.' });
  if (deadline.aborted) return Promise.reject(late());
  return new Promise((_, fail) => {
    deadline.addEventListener('abort', () => fail(late()), { once: true });
  });
}

function unread({ reason, evidence }: ConnectorError, deadline: AbortSignal): Unread {
  if (evidence.status === 404) return { kind: 'gone' };
  // What was cut off by the deadline says nothing of its own.
  if (deadline.aborted && evidence.status === undefined) return { kind: 'late' };
  return { kind: 'refused', reason, evidence };
}
