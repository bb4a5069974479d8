import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import type { Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { armOptions, azure } from '../arm/client.ts';
import { ownIdentity } from '../arm/identity.ts';

// A workspace with Sentinel carries the solution SecurityInsights(<workspace name>).
const query = `resources
| where type =~ 'microsoft.operationalinsights/workspaces'
| extend key = tolower(id)
| join kind=inner (
    resources
    | where type =~ 'microsoft.operationsmanagement/solutions' and name startswith 'SecurityInsights('
    | project key = tolower(tostring(properties.workspaceResourceId))
  ) on key
| project id, name, location, tenantId, customerId = tostring(properties.customerId)
| order by name asc`;

/** What was found, and what kept the rest from being read. */
export type Found = { workspaces: Workspace[]; fault: ConnectorError | null };

/**
 * The workspaces with Microsoft Sentinel that the bot's identity can read, by name, over all its subscriptions, those that
 * other tenants delegate to it included, by Resource Graph
 * (learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources). Throws ConnectorError, as `azure` does, when
 * nothing can be read; what cuts a list short is its `fault`.
 */
export async function listWorkspaces(runtime: Runtime, deadline: AbortSignal): Promise<Found> {
  const { rows, fault } = await readRows(runtime, deadline);
  // Told by a token that the calls above have asked for already, so nobody waits for it.
  const { tenantId } = await ownIdentity(runtime);
  return { workspaces: rows.map((row) => workspaceOf(row, tenantId)), fault };
}

type Row = Workspace & { tenantId: string };

async function readRows(
  runtime: Runtime,
  deadline: AbortSignal,
): Promise<{ rows: Row[]; fault: ConnectorError | null }> {
  const client = new ResourceGraphClient(runtime.credential, armOptions(runtime, true));
  const rows: Row[] = [];
  let skipToken: string | undefined;
  do {
    const options = { resultFormat: 'objectArray' as const, ...(skipToken ? { skipToken } : {}) };
    try {
      const page = await azure(() => client.resources({ query, options }, { abortSignal: deadline }));
      rows.push(...(page.data as Row[]));
      skipToken = page.skipToken;
    } catch (error) {
      if (!(error instanceof ConnectorError) || rows.length === 0) throw error;
      return { rows, fault: error };
    }
  } while (skipToken);
  return { rows, fault: null };
}

function workspaceOf({ id, name, location, customerId, tenantId }: Row, own: string): Workspace {
  const workspace = { id, name, location, customerId };
  return tenantId.toLowerCase() === own.toLowerCase() ? workspace : { ...workspace, delegated: true };
}
