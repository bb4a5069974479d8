import { readFileSync } from 'node:fs';
import { OperationalInsightsManagementClient, type SavedSearch } from '@azure/arm-operationalinsights';
import list from '../../../deploy/functions.json' with { type: 'json' };
import type { Connector, Workspace } from '../../connector/connector.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type Need, need } from '../access/rights.ts';
import { armOptions, azure, idParts } from '../arm/client.ts';
import type { Ensured, Resource } from './resource.ts';

/** A KQL function that is saved beside the table; `parameters` as a saved search has them. */
export type SavedFunction = (typeof list)[number] & { query: string };

/** The functions, those first that others call. */
export const savedFunctions: readonly SavedFunction[] = list.map((each) => ({
  ...each,
  query: readFileSync(new URL(`../../../deploy/functions/${each.alias}.kql`, import.meta.url), 'utf8').trim(),
}));

/** What saving them takes on the workspace. */
export const saveNeed: Need = need('Microsoft.OperationalInsights/workspaces/savedSearches/write');

/** The functions that Sentinel content reads. They stay when a connector goes: others may call them. */
export const functions = {
  step: 'functions',
  needs: { workspace: [saveNeed] },
  ensure: ensureForConnector,
  upgrade: ensureForConnector,
} satisfies Resource<'functions'>;

async function ensureForConnector({ runtime }: { runtime: Runtime }, { settings }: Connector): Promise<Ensured> {
  return { facts: { leftAlone: await ensureFunctions(runtime, settings.workspace) } };
}

/** A saved search's own `version` is that of the query language, so ours is kept in a tag. */
const versionTag = 'PatchbayVersion';

/**
 * Saves the functions in the workspace, and brings older ones of ours up to date; one of the same or a newer version stays
 * as it is. An alias that somebody else's saved search has is left alone. Returns those aliases. Throws ConnectorError.
 * Source: learn.microsoft.com/rest/api/loganalytics/saved-searches/create-or-update: without an etag nothing is overwritten.
 */
export async function ensureFunctions(runtime: Runtime, workspace: Workspace): Promise<string[]> {
  const { subscription, resourceGroup, name } = idParts(workspace.id);
  const client = new OperationalInsightsManagementClient(runtime.credential, subscription, armOptions(runtime));
  const { value } = await azure(() => client.savedSearches.listByWorkspace(resourceGroup, name));
  const existing = value ?? [];
  const leftAlone: string[] = [];
  for (const wanted of savedFunctions) {
    const holders = existing.filter((each) => same(each.functionAlias, wanted.alias) || isOurs(each, wanted.alias));
    if (holders.some((each) => !isOurs(each, wanted.alias))) leftAlone.push(wanted.alias);
    else if (!holders.some((each) => versionOf(each) >= wanted.version)) {
      await azure(() =>
        client.savedSearches.createOrUpdate(resourceGroup, name, searchId(wanted.alias), {
          // Whatever has this id is ours, so what is there may be overwritten.
          etag: '*',
          ...propertiesOf(wanted),
        }),
      );
    }
  }
  return leftAlone;
}

/** A function as Azure keeps it. */
export function propertiesOf({ alias, parameters, version, displayName, description, query }: SavedFunction) {
  return {
    category: 'Patchbay',
    displayName,
    query,
    functionAlias: alias,
    ...(parameters ? { functionParameters: parameters } : {}),
    version: 2,
    tags: [
      { name: versionTag, value: String(version) },
      { name: 'Description', value: description },
    ],
  };
}

/** The name of the saved search in which the function of that alias of ours is kept. */
export function searchId(alias: string): string {
  return `patchbay-${alias.toLowerCase()}`;
}

/** Whether a saved search is the one in which the function of that alias of ours is kept; its id says so. Never throws. */
export function isOurs({ id = '' }: SavedSearch, alias: string): boolean {
  return same(idParts(id).name, searchId(alias));
}

function versionOf({ tags = [] }: SavedSearch): number {
  return Number(tags.find(({ name }) => name === versionTag)?.value ?? 0);
}

function same(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
