import { postponeOlderFeeds } from '../connector/older-feeds.ts';
import { lookForOlderFeeds } from '../monitoring/older-feeds.ts';
import type { Job } from './job.ts';

const kind = 'older-feeds';

/** Looks once a day whether older connectors bring the same events to a workspace. Its key: the workspace's ARM id in lower case. */
export const olderFeedsJob: Job = {
  kind,
  concurrency: 1,
  lease: (workspaceId) => `${kind}:${workspaceId}`,
  due: (now, bind) =>
    `select workspace_id as key from older_feeds where due_at <= ${bind(new Date(now))} order by due_at`,
  run: lookForOlderFeeds,
  postpone: (db, workspaceId, { until }) => postponeOlderFeeds(db, workspaceId, until),
};
