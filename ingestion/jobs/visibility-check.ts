import { listInWorkspace } from '../connector/connectors.ts';
import { postponeCheck } from '../connector/observations.ts';
import { checkVisibility } from '../monitoring/visibility.ts';
import { resources } from '../provisioning/resources.ts';
import type { Job } from './job.ts';

/** A workspace is checked at most this often, unless somebody asks for it. */
const everyMs = 5 * 60_000;

const queue = 'visibility-check';

/** Checks a workspace for its connectors' rows, table and rules. Its key: the workspace's ARM id in lower case. */
export const visibilityCheckJob: Job = {
  queue,
  concurrency: 2,
  lockName: (workspaceId) => `${queue}:${workspaceId}`,
  due: (now, bind) =>
    `select distinct lower(settings->'workspace'->>'id') as key from connectors
      where desired = 'run' and status->'lastPollAt' <> 'null'
        and (coalesce((observation->>'triedAt')::bigint, 0) <= ${bind(now - everyMs)}
             or (observation->>'requestedAt')::bigint >= (observation->>'triedAt')::bigint)`,
  run: async (parts, workspaceId) =>
    checkVisibility({ ...parts, resources }, await listInWorkspace(parts.pool, workspaceId)),
  postpone: (db, workspaceId, { until }) => postponeCheck(db, workspaceId, until - everyMs),
};
