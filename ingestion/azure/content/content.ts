import { OperationalInsightsManagementClient, type SavedSearch } from '@azure/arm-operationalinsights';
import { createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import type { Workspace } from '../../connector/connector.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Need } from '../access/rights.ts';
import { armOptions, azure, idParts } from '../arm/client.ts';
import { isOurs } from '../resources/functions.ts';

/** A KQL text that the workspace keeps: a function that others call by its name, a hunting query, or an analytics rule. */
export type Content = { name: string; query: string } & (
  | { kind: 'rule'; enabled: boolean }
  | { kind: 'hunting' }
  | { kind: 'function'; parameters: string; ours: boolean }
);

/** What reading them takes on the workspace. */
export const contentNeeds: Need[] = [
  { action: 'Microsoft.OperationalInsights/workspaces/savedSearches/read', role: 'Log Analytics Reader' },
  { action: 'Microsoft.SecurityInsights/alertRules/read', role: 'Log Analytics Reader' },
];

/**
 * The functions, hunting queries and analytics rules of a workspace, as Azure has them now. Rules that have no query, such as
 * Fusion, are left out, and so are saved queries that nobody calls. Throws ConnectorError, as `azure` does: azure-unreachable
 * also when the deadline is over or a list can't be read. Source: savedSearches 2020-08-01 and alertRules 2025-09-01 in
 * github.com/Azure/azure-rest-api-specs.
 */
export async function readContent(runtime: Runtime, workspace: Workspace, deadline: AbortSignal): Promise<Content[]> {
  const { subscription, resourceGroup, name } = idParts(workspace.id);
  const client = new OperationalInsightsManagementClient(runtime.credential, subscription, armOptions(runtime, true));
  const [{ value }, rules] = await Promise.all([
    azure(() => client.savedSearches.listByWorkspace(resourceGroup, name, { abortSignal: deadline })),
    azure(() => listRules(runtime, { client, url: rulesOf(runtime, workspace), deadline })),
  ]);
  return [...(value ?? []).flatMap(saved), ...rules.flatMap(analytic)];
}

function rulesOf({ cloud }: Runtime, { id }: Workspace): string {
  return `${cloud.manager}${id}/providers/Microsoft.SecurityInsights/alertRules?api-version=2025-09-01`;
}

function saved(search: SavedSearch): Content[] {
  const { displayName: name, query, category, functionAlias: alias, functionParameters: parameters = '' } = search;
  if (alias) return [{ kind: 'function', name: alias, query, parameters, ours: isOurs(search, alias) }];
  return category === 'Hunting Queries' ? [{ kind: 'hunting', name, query }] : [];
}

type AlertRule = { name?: string; properties?: { displayName?: string; query?: unknown; enabled?: boolean } };

/** Of today's kinds Scheduled and NRT have a query. */
function analytic({ name = '', properties = {} }: AlertRule): Content[] {
  const { displayName = name, query, enabled = false } = properties;
  return typeof query === 'string' ? [{ kind: 'rule', name: displayName, query, enabled }] : [];
}

type List = { client: OperationalInsightsManagementClient; url: string; deadline: AbortSignal };

/** Through the pipeline of a client that is there: the whole client for Sentinel would serve this one list. */
async function listRules({ http }: Runtime, { client, url: first, deadline }: List): Promise<AlertRule[]> {
  const rules: AlertRule[] = [];
  for (let url: string | undefined = first; url; ) {
    const request = createPipelineRequest({ url, abortSignal: deadline });
    const response = await client.pipeline.sendRequest(http, request);
    const { status, bodyAsText } = response;
    if (status !== 200) throw new RestError('The rules were not listed.', { statusCode: status, request, response });
    // The client's policies have looked at it, the link too.
    const page = JSON.parse(bodyAsText ?? '') as { value: AlertRule[]; nextLink?: string | null };
    rules.push(...page.value);
    url = page.nextLink ?? undefined;
  }
  return rules;
}
