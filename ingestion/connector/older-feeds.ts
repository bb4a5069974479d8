import { isGuid } from '../store/guid.ts';
import type { Queryable } from '../store/queryable.ts';

/** Rows of the last day in the table of an older connector that are events of one of ours. */
export type OlderFeed = { table: string; connectorId: string; rows: number };

/** Has a workspace looked into at `dueAt`, or before that if it is due earlier already. */
export async function watchOlderFeeds(tx: Queryable, workspaceId: string, dueAt: number): Promise<void> {
  await tx.query(
    `insert into older_feeds (workspace_id, due_at) values ($1, $2)
     on conflict (workspace_id) do update set due_at = least(older_feeds.due_at, excluded.due_at)`,
    [workspaceId.toLowerCase(), new Date(dueAt)],
  );
}

/** Writes what a look into the workspace (its ARM id in lower case) has found, and when the next is due. */
export async function saveOlderFeeds(
  db: Queryable,
  workspaceId: string,
  { found, now, dueAt }: { found: OlderFeed[]; now: number; dueAt: number },
): Promise<void> {
  await db.query('update older_feeds set found = $2, looked_at = $3, due_at = $4 where workspace_id = $1', [
    workspaceId,
    JSON.stringify(found),
    new Date(now),
    new Date(dueAt),
  ]);
}

/** Lets the next look be due at `dueAt`; what the last one has found stays. */
export async function postponeOlderFeeds(db: Queryable, workspaceId: string, dueAt: number): Promise<void> {
  await db.query('update older_feeds set due_at = $2 where workspace_id = $1', [workspaceId, new Date(dueAt)]);
}

/** No connector writes to the workspace any more. */
export async function forgetOlderFeeds(db: Queryable, workspaceId: string): Promise<void> {
  await db.query('delete from older_feeds where workspace_id = $1', [workspaceId]);
}

/** When a workspace is due; null when it is not watched. */
export async function readOlderFeedsDue(db: Queryable, workspaceId: string): Promise<number | null> {
  const { rows } = await db.query<{ due_at: number }>('select due_at from older_feeds where workspace_id = $1', [
    workspaceId,
  ]);
  return rows[0]?.due_at ?? null;
}

/** What older connectors have brought of this connector's events by the last look since `since`, the most first. */
export async function listOlderFeeds(
  db: Queryable,
  connectorId: string,
  { workspaceId, since }: { workspaceId: string; since: number },
): Promise<OlderFeed[]> {
  if (!isGuid(connectorId)) return [];
  const { rows } = await db.query<{ found: OlderFeed[] }>(
    'select found from older_feeds where workspace_id = $1 and looked_at >= $2',
    [workspaceId.toLowerCase(), new Date(since)],
  );
  return (rows[0]?.found ?? []).filter((feed) => feed.connectorId === connectorId).sort((a, b) => b.rows - a.rows);
}
