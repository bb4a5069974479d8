import type { Card } from '../../cards/kit/template.ts';
import { contentCard, type Unread, unreadCard } from '../../cards/messages/content.ts';
import { contentNeeds, readContent } from '../../ingestion/azure/content/content.ts';
import { coverageOf } from '../../ingestion/azure/content/coverage.ts';
import type { Connector, Person } from '../../ingestion/connector/connector.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { readShared } from '../../ingestion/runtime/readings.ts';
import { inTurn, refusalOn, turnDeadline } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type Button, onConnector, type Pressed, pageIn } from './button.ts';
import { aboutConnector } from './command.ts';

/** What of the workspace's content sees the connector's data, for those who may read it in Azure themselves. */
export const content = aboutConnector(
  { word: 'content', usage: 'content <name>', what: 'Which rules and functions see its data' },
  (backend, connector, { person }) => contentFor(backend, connector, { person, page: 1 }),
);

/** Previous and Next. */
export const turnContent: Button = {
  verb: 'content',
  press: onConnector((backend, connector, { person, data }) =>
    contentFor(backend, connector, { person, page: pageIn(data) }),
  ),
};

/** A page of that content, for those who may read it in Azure themselves: it names what goes undetected. Else why not. */
async function contentFor(
  backend: Backend,
  connector: Connector,
  { person, page }: { person: Person; page: number },
): Promise<Pressed> {
  const { runtime } = backend;
  const deadline = turnDeadline(runtime);
  const { workspace } = connector.settings;
  const refusal = await refusalOn(backend, { person, workspace, needs: contentNeeds }, deadline);
  return refusal ?? contentOf(backend, connector, { page, deadline });
}

/** Which content of the connector's workspace sees its data, read from Azure now; a page of it, or why it can't be read. */
export async function contentOf(
  { runtime, readings }: Pick<Backend, 'runtime' | 'readings'>,
  connector: Connector,
  { page = 1, deadline = turnDeadline(runtime) }: { page?: number; deadline?: Pick<Deadline, 'signal'> } = {},
): Promise<Card> {
  const now = runtime.now();
  const { workspace } = connector.settings;
  try {
    const read = (signal: AbortSignal) => readContent(runtime, workspace, signal);
    const content = await inTurn(readShared({ runtime, readings }, workspace.id, read), deadline);
    // Whoever asks again may have mended something.
    readings.delete(workspace.id);
    return contentCard({ connector, coverage: coverageOf(content), page, now });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return unreadCard({ connector, why: unread(error, deadline), now });
  }
}

function unread({ reason, evidence }: ConnectorError, { signal }: Pick<Deadline, 'signal'>): Unread {
  if (evidence.status === 404) return { kind: 'gone' };
  // What was cut off by the deadline says nothing of its own.
  if (signal.aborted && evidence.status === undefined) return { kind: 'late' };
  return { kind: 'refused', reason, evidence };
}
