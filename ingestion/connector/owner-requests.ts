import type { Queryable } from '../store/queryable.ts';
import { restartCheckpoint } from './checkpoints.ts';
import { type Connector, type Pause, type Person, pauseOf, type Settings, type TableSettings } from './connector.ts';
import { getConnector, holdConnector, holdConnectors } from './connectors.ts';
import { recordHealthChange } from './health-changes.ts';
import { makeReportDue } from './health-rules.ts';
import { closeIncident } from './incidents.ts';
import { rested, resumed } from './lifecycle.ts';
import { requestCheck } from './observations.ts';
import { bumpProgress } from './outbox/telling.ts';
import { forgetProvisioningProblem, restartFromRule, retryProvisioning } from './provisioning-record.ts';
import { endRetry, noteRetry } from './retries.ts';
import { makeDue, saveStatus } from './statuses.ts';

/** Whose deed it is, and when. */
type By = { by: Person; now: number };

/** What people may change of a connector that runs. */
export type Chosen = { name: string; domain: string } & Pick<
  Settings,
  'keyId' | 'clientId' | 'intervalSeconds' | 'conversationId' | 'tellsSurges'
> & { /** Another retention of the table that all connectors of the workspace share. */ table: TableSettings | null };

/**
 * Changes what was chosen of a connector that is held. A new token or interval is used at once, and the checkpoint stays as
 * it is. Another domain goes through provisioning again, as the rule carries it, and its log is read anew; another retention
 * is told to Azure by an upgrade of its own. Throws the store's error when the name is taken.
 */
export async function changeConnector(tx: Queryable, held: Connector, { by, now, ...to }: Chosen & By): Promise<void> {
  const { name, domain, table, ...others } = to;
  const chosen = table ? { ...others, table, tableChangedAt: now } : others;
  const moves = domain !== held.domain;
  const triesToken = moves || others.keyId !== held.settings.keyId;
  const urgent = triesToken || others.intervalSeconds !== held.settings.intervalSeconds;
  await tx.query('update connectors set name = $2, domain = $3, settings = settings || $4 where id = $1', [
    held.id,
    name,
    domain,
    chosen,
  ]);
  if (urgent) await makeDue(tx, held.id, now);
  if (moves) await restartFromRule(tx, held);
  if (moves) await restartCheckpoint(tx, held.id);
  if (triesToken) await noteTokenUse(tx, held, { by, now });
  await tellChange(tx, held.id, now);
}

/** A token that was used while its connector rests does not lie idle since before. */
async function noteTokenUse(tx: Queryable, held: Connector, { by, now }: By): Promise<void> {
  const pause = pauseOf(held);
  if (!pause) return;
  await savePause(tx, held.id, { ...pause, idleSince: now });
  await saveStatus(tx, held.id, rested(held.status));
  await closeIncident(tx, held.id, { closing: { cause: 'token', by }, now });
}

/**
 * Gives a connector that is held a rest, from whatever state: it is not polled, nothing is raised of it, and its checkpoint stays.
 * False, and nothing changed, when it rests already.
 */
export async function pauseConnector(tx: Queryable, held: Connector, { by, now }: By): Promise<boolean> {
  if (held.desired !== 'run') return false;
  await tx.query(`update connectors set desired = 'pause' where id = $1`, [held.id]);
  await savePause(tx, held.id, { at: now, by, idleSince: now, resumed: null });
  await saveStatus(tx, held.id, rested(held.status));
  await endRetry(tx, held);
  await closeIncident(tx, held.id, { closing: { cause: 'paused', by }, now });
  await tellChange(tx, held.id, now);
  return true;
}

/** Ends the rest of a connector that is held: it goes on at once, where it stopped. False when it has none. */
export async function resumeConnector(tx: Queryable, held: Connector, { by, now }: By): Promise<boolean> {
  const pause = pauseOf(held);
  if (!pause) return false;
  await tx.query(`update connectors set desired = 'run' where id = $1`, [held.id]);
  await savePause(tx, held.id, { ...pause, resumed: { at: now, by } });
  await saveStatus(tx, held.id, resumed(held.status, now));
  await closeIncident(tx, held.id, { closing: { cause: 'resumed', by }, now });
  await makeDue(tx, held.id, now);
  await tellChange(tx, held.id, now);
  return true;
}

async function savePause(tx: Queryable, id: string, pause: Pause): Promise<void> {
  await tx.query('update connectors set pause = $2 where id = $1', [id, pause]);
}

async function tellChange(tx: Queryable, id: string, now: number): Promise<void> {
  await bumpProgress(tx, id);
  await recordHealthChange(tx, id, now);
}

/** The owner's desired state to remove it: it is due at once, is never polled again, and its cards say so. */
export async function markForDeletion(tx: Queryable, id: string, { by, now }: By): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update connectors set desired = 'delete' where id = $1 and desired <> 'delete'`,
    [id],
  );
  if (rowCount === 1) await makeDue(tx, id, now);
  if (rowCount === 1) await forgetProvisioningProblem(tx, id);
  await closeIncident(tx, id, { closing: { cause: 'deleted', by }, now });
  await tellChange(tx, id, now);
  return rowCount === 1;
}

/**
 * Everything about the connector is tried again at once: its next step or poll, the check of its workspace, and the sending of
 * health records. What may be wrong in Azure is checked and mended; the checkpoint stays. Its cards say who asked for it.
 */
export async function retryNow(tx: Queryable, id: string, { by, now }: { by: Person; now: number }): Promise<void> {
  const held = await holdConnector(tx, id);
  // There is nothing to try while it rests.
  if (held?.desired === 'pause') return;
  if (held) await retryProvisioning(tx, held);
  const connector = held ?? (await getConnector(tx, id));
  if (!connector) return;
  await makeDue(tx, id, now);
  await requestCheck(tx, id, now);
  await makeReportDue(tx, connector.settings.workspace.id, now);
  await noteRetry(tx, id, { by, now });
}

/** The same of several connectors. */
export async function retryAllNow(tx: Queryable, ids: string[], { by, now }: By): Promise<void> {
  // All are held before what they share is: whoever ends a poll of one of them holds that first.
  await holdConnectors(tx, ids);
  for (const id of ids) await retryNow(tx, id, { by, now });
}
