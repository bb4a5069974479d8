import type pg from 'pg';
import { mendedBy } from '../reasons.ts';
import { transaction } from '../store/database.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Connector, Provisioning, TableSettings } from './connector.ts';
import { heldConnectors } from './connectors.ts';
import { recordHealthChange } from './health-changes.ts';
import { bumpProgress } from './outbox/telling.ts';
import { endRetry } from './retries.ts';
import { makeDue } from './statuses.ts';

/**
 * Writes how far building, or taking apart, has come, when its next step is due, and has the progress card follow. False, and
 * nothing written, when the owner's desired state is another one by now.
 */
export async function saveProvisioning(
  pool: pg.Pool,
  connector: Pick<Connector, 'id' | 'desired' | 'retried'>,
  { provisioning, dueAt, now }: { provisioning: Provisioning; dueAt: number; now: number },
): Promise<boolean> {
  const { id, desired } = connector;
  return transaction(pool, async (tx) => {
    const { rowCount } = await tx.query('update connectors set provisioning = $2 where id = $1 and desired = $3', [
      id,
      provisioning,
      desired,
    ]);
    if (rowCount !== 1) return false;
    await makeDue(tx, id, dueAt);
    await bumpProgress(tx, id);
    if (provisioning.problem) await endRetry(tx, connector);
    await recordHealthChange(tx, id, now);
    return true;
  });
}

/**
 * Writes what an upgrade has changed of a connector, beside its polls. Nothing when it is being built anew, or is to go.
 */
export async function saveUpgrade(db: Queryable, id: string, to: Partial<Provisioning>): Promise<void> {
  await db.query(
    `update connectors set provisioning = provisioning || $2
      where id = $1 and desired = 'run' and provisioning->'finishedAt' <> 'null'`,
    [id, to],
  );
}

/**
 * Says of all connectors of a workspace how the table that they share is by now, and when that was asked for: no older wish may
 * come after it.
 */
export async function saveTable(
  db: Queryable,
  workspaceId: string,
  { table, at }: { table: TableSettings; at: number },
): Promise<void> {
  await db.query(
    `with held as (${heldConnectors(`lower(settings->'workspace'->>'id') = $1 and provisioning->'table' <> 'null'`)})
     update connectors
        set provisioning = provisioning || jsonb_build_object('table', $2::jsonb, 'tableAt', greatest((provisioning->>'tableAt')::bigint, $3))
       from held where connectors.id = held.id`,
    [workspaceId.toLowerCase(), table, at],
  );
}

/** Another domain: what carries it is built again, from the rule on. */
export async function restartFromRule(tx: Queryable, { id, provisioning }: Connector): Promise<void> {
  const done = provisioning.done.filter((step) => step === 'rights' || step === 'table');
  await patchProvisioning(tx, id, { done, running: null, problem: null, attempts: 0, finishedAt: null });
}

/**
 * Somebody wants it tried again. Where the trouble may lie in what Azure has of the connector, all of that is checked again, and
 * made anew if need be, if it can be beside its polls.
 */
export async function retryProvisioning(tx: Queryable, { id, status, provisioning }: Connector): Promise<void> {
  const { failedUpgrade } = provisioning;
  const reason = status.problem?.reason;
  if (reason && mendedBy('rebuild').includes(reason))
    await patchProvisioning(tx, id, { done: [], attempts: 0, finishedAt: null });
  else if (reason && mendedBy('check').includes(reason))
    await patchProvisioning(tx, id, { version: 0, failedUpgrade: null });
  else if (failedUpgrade) await patchProvisioning(tx, id, { failedUpgrade: { ...failedUpgrade, dueAt: 0 } });
}

/** What stopped building does not stop taking apart. */
export async function forgetProvisioningProblem(tx: Queryable, id: string): Promise<void> {
  await patchProvisioning(tx, id, { problem: null, attempts: 0 });
}

async function patchProvisioning(tx: Queryable, id: string, to: Partial<Provisioning>): Promise<void> {
  await tx.query('update connectors set provisioning = provisioning || $2 where id = $1', [id, to]);
}
