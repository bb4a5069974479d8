import { MonitorClient } from '@azure/arm-monitor';
import type { Connector, Workspace } from '../connector.ts';
import type { World } from '../world.ts';
import { armOptions, azure, idParts } from './arm.ts';
import { logRule } from './rule.ts';
import { logTable, readTable } from './table.ts';

export type Gone = 'table-missing' | 'rule-missing';

/**
 * What is not where it was built, by connector id: the table that connectors of a workspace share, or the rule of one. Two
 * questions for all of them. Throws ConnectorError when Azure does not say.
 */
export async function findGone(
  world: World,
  workspace: Workspace,
  connectors: Connector[],
  abortSignal: AbortSignal,
): Promise<Map<string, Gone>> {
  if (!(await readTable(world, workspace, logTable, abortSignal))) {
    return new Map(connectors.map(({ id }) => [id, 'table-missing']));
  }
  const { subscription, resourceGroup } = idParts(workspace.id);
  const client = new MonitorClient(world.credential, subscription, armOptions(world));
  const there = new Set<string>();
  await azure(async () => {
    for await (const { name } of client.dataCollectionRules.listByResourceGroup(resourceGroup, { abortSignal }))
      there.add((name ?? '').toLowerCase());
  });
  const gone = connectors.filter((connector) => !there.has(logRule(connector).name.toLowerCase()));
  return new Map(gone.map(({ id }) => [id, 'rule-missing']));
}
