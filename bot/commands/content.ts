import type { Card } from '../../cards/kit/template.ts';
import { contentCard, type Unread, unreadCard } from '../../cards/messages/content.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { contentNeeds, readContent } from '../../ingestion/azure/content/content.ts';
import { coverageOf } from '../../ingestion/azure/content/coverage.ts';
import type { Connector, Person, Workspace } from '../../ingestion/connector/connector.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { inTurn, refusalOn, turnDeadline } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { type Button, onConnector, pageIn } from './button.ts';
import { aboutConnector } from './command.ts';

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

/** A page of that content, for those who may read it in Azure themselves: it names what goes undetected. */
async function contentFor(
  { runtime }: Backend,
  connector: Connector,
  { person, page }: { person: Person; page: number },
): Promise<Card> {
  const deadline = turnDeadline();
  const { workspace } = connector.settings;
  const refusal = await refusalOn(runtime, { person, workspace, needs: contentNeeds }, deadline);
  if (refusal) return noticeCard({ title: `Not possible, ${person.name}`, text: refusal, tone: 'warning' });
  return contentOf(runtime, connector, { page, deadline });
}

/** Which content of the connector's workspace sees its data, read from Azure now; a page of it, or why it can't be read. */
export async function contentOf(
  runtime: Runtime,
  connector: Connector,
  { page = 1, deadline = turnDeadline() }: { page?: number; deadline?: AbortSignal } = {},
): Promise<Card> {
  const now = runtime.now();
  const { workspace } = connector.settings;
  try {
    const content = await inTurn(reading(runtime, workspace), deadline);
    // Whoever asks again may have mended something.
    readings.delete(workspace.id);
    return contentCard({ connector, coverage: coverageOf(content), page, now });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return unreadCard({ connector, why: unread(error, deadline), now });
  }
}

type Content = ReturnType<typeof readContent>;

const readingMs = 60_000;
const readings = new Map<string, { at: number; content: Content }>();

/** What takes longer to read than Teams waits is read on, and found by whoever asks again within a minute. */
function reading(runtime: Runtime, workspace: Workspace): Content {
  const now = runtime.now();
  for (const [id, { at }] of readings) if (Math.abs(now - at) >= readingMs) readings.delete(id);
  const known = readings.get(workspace.id);
  if (known) return known.content;
  const content = readContent(runtime, workspace, AbortSignal.timeout(readingMs));
  readings.set(workspace.id, { at: now, content });
  content.catch(() => {
    if (readings.get(workspace.id)?.content === content) readings.delete(workspace.id);
  });
  return content;
}

function unread({ reason, evidence }: ConnectorError, deadline: AbortSignal): Unread {
  if (evidence.status === 404) return { kind: 'gone' };
  // What was cut off by the deadline says nothing of its own.
  if (deadline.aborted && evidence.status === undefined) return { kind: 'late' };
  return { kind: 'refused', reason, evidence };
}
