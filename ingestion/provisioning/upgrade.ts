import type pg from 'pg';
import deployed from '../../deploy/version.json' with { type: 'json' };
import { ensureRule, logRule } from '../azure/resources/data-collection-rule.ts';
import { ensureFunctions } from '../azure/resources/functions.ts';
import { ensureGrant } from '../azure/resources/role-assignment.ts';
import { changeRetention, ensureTable, logTable, readTable } from '../azure/resources/table.ts';
import type { Connector, Provisioning } from '../connector/connector.ts';
import { saveTable, saveUpgrade } from '../connector/provisioning-record.ts';
import { ConnectorError } from '../errors.ts';
import { makeHealthRule } from '../monitoring/health-rule.ts';
import { retryPolicies, waitMs } from '../retry.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * Brings a connector that runs up to date in Azure: table, functions and rule to the version of `deploy/` that came with this
 * app, and the table to the retention that its owner has chosen since. Its polls go on meanwhile, and when it fails: then a
 * warning says why, and it is tried again.
 */
export async function bringUpToDate(
  { runtime, pool }: { runtime: Runtime; pool: pg.Pool },
  connector: Connector,
): Promise<void> {
  const { id, settings, provisioning } = connector;
  try {
    await saveUpgrade(pool, id, { ...(await update(runtime, pool, connector)), failedUpgrade: null });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const attempts = (provisioning.failedUpgrade?.attempts ?? 0) + 1;
    const since = provisioning.failedUpgrade?.since ?? runtime.now();
    const dueAt = runtime.now() + waitMs(retryPolicies.upgrade, attempts);
    const evidence = { ...error.evidence, subject: settings.workspace.name };
    await saveUpgrade(pool, id, { failedUpgrade: { since, attempts, dueAt, evidence } });
  }
}

async function update(runtime: Runtime, pool: pg.Pool, connector: Connector): Promise<Partial<Provisioning>> {
  const { workspace, table: wanted, tableChangedAt = 0 } = connector.settings;
  const existing = await readTable(runtime, workspace, logTable);
  // A table that is gone is nothing to make anew in passing: that is told, and what was lost with it is sent again.
  if (!existing) throw new ConnectorError('table-missing', { text: 'The table is gone.' });
  const changed = tableChangedAt > connector.provisioning.tableAt;
  const asked = { table: logTable, settings: wanted, existing };
  const table = await (changed ? changeRetention : ensureTable)(runtime, workspace, asked);
  await saveTable(pool, workspace.id, { table, at: changed ? tableChangedAt : 0 });
  const leftAlone = await ensureFunctions(runtime, workspace);
  const rule = await ensureRule(runtime, logRule(connector));
  const granted = await ensureGrant(runtime, rule);
  await makeHealthRule({ runtime, pool }, workspace);
  // Another rule, or a new permission, takes its time to be known everywhere.
  const anew = granted || rule.immutableId !== connector.provisioning.rule?.immutableId;
  const since = anew ? { finishedAt: runtime.now() } : {};
  return { leftAlone, rule, version: deployed.version, tableAt: tableChangedAt, ...since };
}
