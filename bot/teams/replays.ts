import type { Activity } from 'botbuilder';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { conversationIdOf } from './conversations.ts';

const replayMs = 10 * 60_000;

/** Whether this activity is new; Teams delivers some twice, and the token check takes a copy as well. */
export async function isNew(db: Queryable, activity: Activity, now: number): Promise<boolean> {
  if (!activity.id) return true;
  const { rowCount } = await db.query(
    'insert into seen_activities (conversation_id, activity_id, at) values ($1, $2, $3) on conflict do nothing',
    [conversationIdOf(activity), activity.id, new Date(now)],
  );
  // A few of the old ones go with each new one.
  await db.query(
    `delete from seen_activities where ctid in (select ctid from seen_activities where at < $1 limit 20)`,
    [new Date(now - replayMs)],
  );
  return rowCount === 1;
}
