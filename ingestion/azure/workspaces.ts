import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import type { Workspace } from '../connector.ts';
import type { World } from '../world.ts';
import { armOptions, azure } from './arm.ts';

// A workspace with Sentinel carries the solution SecurityInsights(<workspace name>).
const query = `resources
| where type =~ 'microsoft.operationalinsights/workspaces'
| extend key = tolower(id)
| join kind=inner (
    resources
    | where type =~ 'microsoft.operationsmanagement/solutions' and name startswith 'SecurityInsights('
    | project key = tolower(tostring(properties.workspaceResourceId))
  ) on key
| project id, name, location, customerId = tostring(properties.customerId)
| order by name asc`;

/** The workspaces with Microsoft Sentinel that the bot's identity can read, by name, over all its subscriptions. Throws ConnectorError. */
export async function listWorkspaces(world: World, deadline: AbortSignal): Promise<Workspace[]> {
  const client = new ResourceGraphClient(world.credential, armOptions(world, true));
  const workspaces: Workspace[] = [];
  let skipToken: string | undefined;
  do {
    const options = { resultFormat: 'objectArray' as const, ...(skipToken ? { skipToken } : {}) };
    const page = await azure(() => client.resources({ query, options }, { abortSignal: deadline }));
    workspaces.push(...(page.data as Workspace[]));
    skipToken = page.skipToken;
  } while (skipToken);
  return workspaces;
}
