import type pg from 'pg';
import type { Ensured, Gone, Resource, Search } from '../azure/resources/resource.ts';
import {
  changeRetention,
  checkWorkspace,
  ensureTable,
  logTableShape,
  readTable,
  tableNeed,
} from '../azure/resources/table.ts';
import type { Connector } from '../connector/connector.ts';
import { recordTableGone, recordTableMade } from '../connector/observations.ts';
import { saveTable } from '../connector/provisioning-record.ts';
import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

type LogTableParts = { runtime: Runtime; pool: pg.Pool };

/** The table of the events, which all connectors of a workspace share; it stays with its rows when they go. */
export const logTable = {
  step: 'table',
  needs: { workspace: [tableNeed] },
  ensure: ensureLogTable,
  upgrade: upgradeLogTable,
  findGone: findGoneTable,
} satisfies Resource<'table', LogTableParts>;

/** A table that is not there was never made, or is gone: then nobody sends to it until it is there again. */
async function ensureLogTable({ runtime, pool }: LogTableParts, { settings }: Connector): Promise<Ensured> {
  const { workspace } = settings;
  const began = runtime.now();
  const existing = await readTable(runtime, workspace, { shape: logTableShape });
  if (!existing) await recordTableGone(pool, workspace, { began, now: runtime.now() });
  const table = await ensureTable(runtime, workspace, { shape: logTableShape, settings: settings.table, existing });
  if (!existing) await recordTableMade(pool, workspace, runtime.now());
  return { facts: { table } };
}

/** Besides, it gets the retention that was chosen since Azure was last told of one. */
async function upgradeLogTable({ runtime, pool }: LogTableParts, connector: Connector): Promise<Ensured> {
  const { workspace, table: settings, tableChangedAt = 0 } = connector.settings;
  const existing = await readTable(runtime, workspace, { shape: logTableShape });
  // A table that is gone is nothing to make anew in passing: that is told, and what was lost with it is sent again.
  if (!existing) throw new ConnectorError('table-missing', { text: 'The table is gone.' });
  const changed = tableChangedAt > connector.provisioning.tableAt;
  const wanted = { shape: logTableShape, settings, existing };
  const table = await (changed ? changeRetention : ensureTable)(runtime, workspace, wanted);
  await saveTable(pool, workspace.id, { table, at: changed ? tableChangedAt : 0 });
  return { facts: { tableAt: tableChangedAt } };
}

/** Gone for all connectors alike; that the workspace is there is made sure of first. */
async function findGoneTable({ runtime, workspace, connectors, signal }: Search): Promise<Map<string, Gone>> {
  if (await readTable(runtime, workspace, { shape: logTableShape, signal })) return new Map();
  await checkWorkspace(runtime, workspace, signal);
  return new Map(connectors.map(({ id }) => [id, 'table-missing']));
}
