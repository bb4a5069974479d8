import { getConnector } from '../connector/connectors.ts';
import { connectorLease } from '../connector/leases.ts';
import { makeDue } from '../connector/statuses.ts';
import { provision } from '../provisioning/provision.ts';
import type { Job } from './job.ts';
import { besideNoUpgrade } from './upgrade.ts';

/** Builds what a connector needs in Azure. Its key: the connector's id. */
export const provisionJob: Job = {
  kind: 'provision',
  // A call that Azure leaves unanswered holds one for half a minute.
  concurrency: 4,
  lease: connectorLease,
  due: (now, bind) =>
    `select id::text as key from connectors
      where due_at <= ${bind(new Date(now))} and desired = 'run' and provisioning->'finishedAt' = 'null' order by due_at`,
  async run(parts, id) {
    const connector = await getConnector(parts.pool, id);
    if (connector?.desired !== 'run' || connector.provisioning.finishedAt !== null) return;
    if (connector.dueAt <= parts.runtime.now()) await besideNoUpgrade(parts, id, () => provision(parts, connector));
  },
  postpone: (db, id, { until }) => makeDue(db, id, until),
};
