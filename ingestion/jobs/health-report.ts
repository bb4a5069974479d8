import { recordEveryMs } from '../connector/health-records.ts';
import { makeReportDue } from '../connector/health-rules.ts';
import { report } from '../monitoring/health-report.ts';
import type { Job } from './job.ts';

const kind = 'health-report';

/** Sends the health records that wait for a workspace, hourly ones too. Its key: the workspace's ARM id in lower case. */
export const healthReportJob: Job = {
  kind,
  concurrency: 2,
  lease: (workspaceId) => `${kind}:${workspaceId}`,
  due: (now, bind) =>
    `select id as key from health_rules
      where due_at <= ${bind(new Date(now))}
        and (rule is not null and exists (select from health_records where workspace_id = health_rules.id)
             or rule is not null and exists (select from connectors where reported_at <= ${bind(new Date(now - recordEveryMs))}
                                                and lower(settings->'workspace'->>'id') = health_rules.id)
             or not exists (select from connectors where lower(settings->'workspace'->>'id') = health_rules.id))
      order by due_at`,
  run: report,
  postpone: (db, workspaceId, { until }) => makeReportDue(db, workspaceId, until),
};
