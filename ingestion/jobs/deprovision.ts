import { getConnector } from '../connector/connectors.ts';
import { connectorLease } from '../connector/leases.ts';
import { makeDue } from '../connector/statuses.ts';
import { deprovision } from '../provisioning/deprovision.ts';
import type { Job } from './job.ts';
import { besideNoUpgrade } from './upgrade.ts';

/** Takes a connector apart that its owner has deleted. Its key: the connector's id. */
export const deprovisionJob: Job = {
  kind: 'deprovision',
  concurrency: 2,
  lease: connectorLease,
  due: (now, bind) =>
    `select id::text as key from connectors
      where due_at <= ${bind(new Date(now))} and desired = 'delete' order by due_at`,
  async run(parts, id) {
    const connector = await getConnector(parts.pool, id);
    if (connector?.desired !== 'delete' || connector.dueAt > parts.runtime.now()) return;
    await besideNoUpgrade(parts, id, () => deprovision(parts, connector));
  },
  postpone: (db, id, { until }) => makeDue(db, id, until),
};
