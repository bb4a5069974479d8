import { listInWorkspace } from '../connector/connectors.ts';
import { postponeCheck } from '../connector/observations.ts';
import { checkVisibility } from '../monitoring/visibility.ts';
import { resources } from '../provisioning/resources.ts';
import { dueByAny, type Job } from './job.ts';

/** A workspace is checked at most this often, unless somebody asks for it. */
const everyMs = 5 * 60_000;

/** Before the first rows, so long after the first upload, and then each time after twice the time, up to that. */
const firstLookMs = 10_000;

const triedAt = `coalesce((observation->>'triedAt')::bigint, 0)`;

const kind = 'visibility-check';

/** Checks a workspace for its connectors' rows, table and rules. Its key: the workspace's ARM id in lower case. */
export const visibilityCheckJob: Job = {
  kind,
  concurrency: 2,
  lease: (workspaceId) => `${kind}:${workspaceId}`,
  due: (now, bind) =>
    dueByAny(
      {
        key: `lower(settings->'workspace'->>'id')`,
        from: 'connectors',
        where: `desired = 'run' and status->'lastPollAt' <> 'null'`,
      },
      { when: `${triedAt} <= ${bind(now - everyMs)}`, order: triedAt },
      { when: `(observation->>'requestedAt')::bigint >= (observation->>'triedAt')::bigint`, order: 'id' },
      {
        when: `status->'firstSeenAt' = 'null' and coalesce((observation->>'restsUntil')::bigint, 0) <= ${bind(now)}
               and (status->>'unseenSince')::bigint + greatest(${bind(firstLookMs)}::bigint,
                     2 * ((observation->>'triedAt')::bigint - (status->>'unseenSince')::bigint)) <= ${bind(now)}`,
        order: 'id',
      },
    ),
  run: async (parts, workspaceId) =>
    checkVisibility({ ...parts, resources }, await listInWorkspace(parts.pool, workspaceId)),
  postpone: (db, workspaceId, { until }) => postponeCheck(db, workspaceId, { triedAt: until - everyMs, until }),
};
