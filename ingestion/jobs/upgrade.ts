import deployed from '../../deploy/version.json' with { type: 'json' };
import { isRunning } from '../connector/connector.ts';
import { getConnector } from '../connector/connectors.ts';
import { saveUpgrade } from '../connector/provisioning-record.ts';
import { makeDue } from '../connector/statuses.ts';
import { bringUpToDate } from '../provisioning/upgrade.ts';
import { dueByAny, type Job, type JobParts } from './job.ts';

const version = `(provisioning->>'version')::int`;
const errorLogDueAt = `(provisioning->'errorLog'->>'dueAt')::bigint`;

const upgradeLease = (id: string) => `upgrade:${id}`;

/** Brings a connector that runs up to date in Azure, beside its polls. Its key: the connector's id. */
export const upgradeJob: Job = {
  kind: 'upgrade',
  concurrency: 1,
  lease: upgradeLease,
  due: (now, bind) =>
    dueByAny(
      {
        key: 'id::text',
        from: 'connectors',
        where: `desired = 'run' and provisioning->'finishedAt' <> 'null'
                and coalesce((provisioning->'failedUpgrade'->>'dueAt')::bigint, 0) <= ${bind(now)}`,
      },
      { when: `${version} < ${bind(deployed.version)}`, order: version },
      { when: `(settings->>'tableChangedAt')::bigint > (provisioning->>'tableAt')::bigint`, order: 'id' },
      { when: `${errorLogDueAt} <= ${bind(now)}`, order: errorLogDueAt },
    ),
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
