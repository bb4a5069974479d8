import type pg from 'pg';
import deployed from '../../deploy/version.json' with { type: 'json' };
import { ensureRule, logRule } from '../azure/resources/data-collection-rule.ts';
import { ensureFunctions } from '../azure/resources/functions.ts';
import { ensureGrant } from '../azure/resources/role-assignment.ts';
import { ensureTable, keepTable, logTable, readTable } from '../azure/resources/table.ts';
import type { Build, Connector } from '../connector/connector.ts';
import { saveTable, saveUpdate } from '../connector/connectors.ts';
import { ConnectorError } from '../errors.ts';
import { makeHealthRule } from '../monitoring/health-rule.ts';
import type { World } from '../runtime/world.ts';

/** An hour at most: whatever is wrong, the connector runs on as it was. */
const longestWaitMs = 60 * 60_000;

/**
 * Brings a connector that runs up to date in Azure: table, functions and rule to the version of `deploy/` that came with this
 * app, and the table to the retention that its owner has chosen since. Its beats go on meanwhile, and when it fails: then a
 * warning says why, and it is tried again.
 */
export async function bringUpToDate(
  { world, pool }: { world: World; pool: pg.Pool },
  connector: Connector,
): Promise<void> {
  const { id, settings, build } = connector;
  try {
    await saveUpdate(pool, id, { ...(await update(world, pool, connector)), late: null });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const attempts = (build.late?.attempts ?? 0) + 1;
    const since = build.late?.since ?? world.now();
    const dueAt = world.now() + Math.min(60_000 * 2 ** (attempts - 1), longestWaitMs);
    const evidence = { ...error.evidence, subject: settings.workspace.name };
    await saveUpdate(pool, id, { late: { since, attempts, dueAt, evidence } });
  }
}

async function update(world: World, pool: pg.Pool, connector: Connector): Promise<Partial<Build>> {
  const { workspace, table: wanted, tableChangedAt = 0 } = connector.settings;
  const existing = await readTable(world, workspace, logTable);
  // A table that is gone is nothing to make anew in passing: that is told, and what was lost with it is sent again.
  if (!existing) throw new ConnectorError('table-missing', { text: 'The table is gone.' });
  const wished = tableChangedAt > connector.build.tableAt;
  const asked = { table: logTable, settings: wanted, existing };
  const table = await (wished ? keepTable : ensureTable)(world, workspace, asked);
  await saveTable(pool, workspace.id, { table, at: wished ? tableChangedAt : 0 });
  const leftAlone = await ensureFunctions(world, workspace);
  const rule = await ensureRule(world, logRule(connector));
  const granted = await ensureGrant(world, rule);
  await makeHealthRule({ world, pool }, workspace);
  // Another rule, or a new permission, takes its time to be known everywhere.
  const anew = granted || rule.immutableId !== connector.build.rule?.immutableId;
  const since = anew ? { finishedAt: world.now() } : {};
  return { leftAlone, rule, version: deployed.version, tableAt: tableChangedAt, ...since };
}
