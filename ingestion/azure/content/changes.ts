import { createHash } from 'node:crypto';
import { OperationalInsightsManagementClient, type SavedSearch } from '@azure/arm-operationalinsights';
import type { Workspace } from '../../connector/connector.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Need } from '../access/rights.ts';
import { armOptions, azure, idParts } from '../arm/client.ts';
import { isOurs } from '../resources/functions.ts';
import { callOf, lineFor, parametersOfOurs, withFilters, without } from './coverage.ts';
import { namesIn } from './kql-names.ts';

/**
 * What may be done to a function by which content comes to its data, so that it gives our rows too, or does no more. `save` makes
 * it, `extend` adds a line at its end; `remove` and `shorten` take that back. Texts are null where there is none.
 */
export type Change = {
  kind: 'save' | 'extend' | 'remove' | 'shorten';
  alias: string;
  parameters: string;
  before: string | null;
  after: string | null;
  /** Stands for the text before: what was changed since it was shown is not done. */
  of: string;
};

/** What doing them takes on the workspace. */
export const changeNeeds: Need[] = ['write', 'delete'].map((verb) => ({
  action: `Microsoft.OperationalInsights/workspaces/savedSearches/${verb}`,
  role: 'Log Analytics Contributor',
}));

/** The functions that others' content calls, the function of ours that each is to give rows of, and its parameters where it is made. */
const joined = [
  { alias: 'OktaSSO', ours: 'PatchbayOktaSSO', parameters: '' },
  { alias: withFilters.custom, ours: withFilters.ours, parameters: parametersOfOurs(withFilters.ours) },
  { alias: without.custom, ours: without.ours, parameters: '' },
];

/** What may be done to the functions among these saved searches. Pure; nothing that calls a function of ours that is not there. */
export function changesOf(searches: readonly SavedSearch[]): Change[] {
  return joined.flatMap((each) => changeOf(searches, each) ?? []);
}

function changeOf(
  searches: readonly SavedSearch[],
  { alias, ours, parameters }: (typeof joined)[number],
): Change | null {
  if (!searches.some((each) => isOurs(each, ours))) return null;
  const there = holderOf(searches, alias);
  if (!there) {
    const call = callOf(ours, parameters);
    const after = alias === 'OktaSSO' ? call : `union isfuzzy=true (${call})`;
    return { kind: 'save', alias, parameters, before: null, after, of: digestOf('') };
  }
  const { query: before, functionParameters = '' } = there;
  const about = { alias, parameters: functionParameters, before, of: digestOf(before) };
  if (isAdded(there, alias)) return { kind: 'remove', ...about, after: null };
  const line = lineFor(ours, functionParameters);
  const text = before.trimEnd();
  if (text.endsWith(`\n${line}`)) return { kind: 'shorten', ...about, after: text.slice(0, -line.length - 1) };
  // Somebody has seen to it in another way.
  if (namesIn(before, functionParameters).has(ours)) return null;
  return { kind: 'extend', ...about, after: `${text}\n${line}` };
}

/** The changes that may be made in the workspace now. Throws ConnectorError, as `azure` does. */
export async function readChanges(runtime: Runtime, workspace: Workspace, deadline: AbortSignal): Promise<Change[]> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  const { value } = await azure(() =>
    client.savedSearches.listByWorkspace(resourceGroup, name, { abortSignal: deadline }),
  );
  return changesOf(value ?? []);
}

/**
 * Makes a change, if the text is still that of which it was shown; null when it is not. What somebody else writes in the same moment
 * is never written over: the search is named with the etag that was read; only a deletion can name none. Throws ConnectorError.
 * Source: learn.microsoft.com/rest/api/loganalytics/saved-searches/create-or-update.
 */
export async function makeChange(
  runtime: Runtime,
  workspace: Workspace,
  { alias, of, deadline }: Pick<Change, 'alias' | 'of'> & { deadline: AbortSignal },
): Promise<Change | null> {
  const { client, resourceGroup, name } = insights(runtime, workspace);
  const options = { abortSignal: deadline };
  const { value } = await azure(() => client.savedSearches.listByWorkspace(resourceGroup, name, options));
  const searches = value ?? [];
  const change = changesOf(searches).find((each) => each.alias === alias && each.of === of);
  if (!change) return null;
  const there = holderOf(searches, alias);
  const id = there ? idParts(there.id ?? '').name : addedId(alias);
  await azure(async () => {
    if (change.after === null) await client.savedSearches.delete(resourceGroup, name, id, options);
    else await client.savedSearches.createOrUpdate(resourceGroup, name, id, bodyOf(change, there), options);
  });
  return change;
}

function bodyOf({ alias, parameters, after }: Change, there: SavedSearch | undefined): SavedSearch {
  const query = after ?? '';
  if (there) return { ...there, query };
  const functionParameters = parameters ? { functionParameters: parameters } : {};
  return { category: 'Patchbay', displayName: alias, query, functionAlias: alias, ...functionParameters, version: 2 };
}

function holderOf(searches: readonly SavedSearch[], alias: string): SavedSearch | undefined {
  return searches.find(({ functionAlias }) => functionAlias?.toLowerCase() === alias.toLowerCase());
}

/** The search in which a function is kept that we have made under another's name; what is in it is ours to take back. */
function addedId(alias: string): string {
  return `patchbay-added-${alias.toLowerCase()}`;
}

function isAdded({ id = '' }: SavedSearch, alias: string): boolean {
  return idParts(id).name.toLowerCase() === addedId(alias);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function insights(runtime: Runtime, { id }: Workspace) {
  const { subscription, resourceGroup, name } = idParts(id);
  const client = new OperationalInsightsManagementClient(runtime.credential, subscription, armOptions(runtime, true));
  return { client, resourceGroup, name };
}
