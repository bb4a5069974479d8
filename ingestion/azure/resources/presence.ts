import { MonitorClient } from '@azure/arm-monitor';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import type { Connector, Workspace } from '../../connector/connector.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { logRule } from './data-collection-rule.ts';
import { logTable, readTable } from './table.ts';

export type Gone = 'table-missing' | 'rule-missing';

/**
 * What is not where it was built, by connector id: the table that connectors of a workspace share, or the rule of one. Two
 * questions for all of them, and more only where something is missing. Throws ConnectorError when Azure does not say, or when
 * the workspace itself is not there.
 */
export async function findGone(
  runtime: Runtime,
  workspace: Workspace,
  connectors: Connector[],
  abortSignal: AbortSignal,
): Promise<Map<string, Gone>> {
  const { subscription, resourceGroup, name } = idParts(workspace.id);
  if (!(await readTable(runtime, workspace, logTable, abortSignal))) {
    const { workspaces } = new OperationalInsightsManagementClient(
      runtime.credential,
      subscription,
      armOptions(runtime),
    );
    await azure(() => workspaces.get(resourceGroup, name, { abortSignal }));
    return new Map(connectors.map(({ id }) => [id, 'table-missing']));
  }
  const { dataCollectionRules } = new MonitorClient(runtime.credential, subscription, armOptions(runtime));
  const gone = new Map<string, Gone>();
  await azure(async () => {
    const there = new Set<string>();
    for await (const rule of dataCollectionRules.listByResourceGroup(resourceGroup, { abortSignal }))
      there.add((rule.name ?? '').toLowerCase());
    for (const connector of connectors) {
      const rule = logRule(connector).name;
      if (there.has(rule.toLowerCase())) continue;
      // A list may lag behind what was made a moment ago.
      const found = await dataCollectionRules.get(resourceGroup, rule, { abortSignal }).catch(nullWhenMissing);
      if (!found) gone.set(connector.id, 'rule-missing');
    }
  });
  return gone;
}
