import deployed from '../../deploy/version.json' with { type: 'json' };
import { isRunning } from '../connector/connector.ts';
import { getConnector } from '../connector/connectors.ts';
import { saveUpgrade } from '../connector/provisioning-record.ts';
import { makeDue } from '../connector/statuses.ts';
import { bringUpToDate } from '../provisioning/upgrade.ts';
import type { Job, JobParts } from './job.ts';

const upgradeLease = (id: string) => `upgrade:${id}`;

/** Brings a connector that runs up to date in Azure, beside its polls. Its key: the connector's id. */
export const upgradeJob: Job = {
  kind: 'upgrade',
  concurrency: 1,
  lease: upgradeLease,
  due: (now, bind) =>
    `select id::text as key from connectors
      where desired = 'run' and provisioning->'finishedAt' <> 'null'
        and ((provisioning->>'version')::int < ${bind(deployed.version)}
             or (settings->>'tableChangedAt')::bigint > (provisioning->>'tableAt')::bigint
             or (provisioning->'errorLog'->>'dueAt')::bigint <= ${bind(now)})
        and coalesce((provisioning->'failedUpgrade'->>'dueAt')::bigint, 0) <= ${bind(now)}`,
  async run(parts, id) {
    const connector = await getConnector(parts.pool, id);
    if (connector && isRunning(connector)) await bringUpToDate(parts, connector);
  },
  postpone: (db, id, { now, until }) =>
    saveUpgrade(db, id, { failedUpgrade: { since: now, attempts: 1, dueAt: until, evidence: {} } }),
};

const againMs = 2_000;

/** Not beside an upgrade, which would make anew what is taken apart, or as it was before: then a little later. */
export async function besideNoUpgrade(
  { leases, pool, runtime }: Pick<JobParts, 'leases' | 'pool' | 'runtime'>,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  const done = await leases.whileHeld(upgradeLease(id), () => work().then(() => true));
  if (!done) await makeDue(pool, id, runtime.now() + againMs);
}
