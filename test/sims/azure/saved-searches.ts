import { randomUUID } from 'node:crypto';
import type { SavedFunction } from '../kql/schema.ts';
import { type ArmCall, authorize } from './arm.ts';
import type { Workspace } from './estate.ts';
import { isObject, Refusal, type Reply, readObject } from './exchange.ts';
import { findWorkspace } from './onboarding.ts';
import { invalid } from './table-body.ts';

/** A saved search of a workspace; one with an alias is a function that queries may call. */
export type SavedSearch = {
  name: string;
  etag: string;
  category: string;
  displayName: string;
  query: string;
  functionAlias: string | undefined;
  functionParameters: string | undefined;
  version: number;
  tags: { name: string; value: string }[];
};

/** What a test says of a saved search; one with an alias is a function. */
export type SearchRequest = Pick<SavedSearch, 'displayName' | 'query'> &
  Partial<Pick<SavedSearch, 'name' | 'category' | 'functionAlias' | 'functionParameters'>>;

/** A saved search as somebody at the workspace made it. */
export function newSearch(request: SearchRequest): SavedSearch {
  const none = { functionAlias: undefined, functionParameters: undefined, tags: [] };
  return { ...none, name: randomUUID(), category: 'SOC', etag: randomUUID(), version: 2, ...request };
}

/** GET of all saved searches of a workspace. */
export function listSearches(arm: ArmCall): Reply {
  const { workspace } = target(arm, 'read');
  return { status: 200, body: { value: [...workspace.savedSearches.values()].map((each) => shown(workspace, each)) } };
}

/** GET of one. */
export function getSearch(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'read');
  const found = workspace.savedSearches.get(name.toLowerCase());
  if (!found) throw new Refusal(404, 'ResourceNotFound', `Saved search '${name}' was not found.`);
  return { status: 200, body: shown(workspace, found) };
}

/** PUT: made, or overwritten by whoever names its etag or `*`. */
export function putSearch(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'write');
  const { etag, properties } = readObject(arm.call);
  const wanted = read(name, properties);
  const existing = workspace.savedSearches.get(name.toLowerCase());
  if (existing && etag !== '*' && etag !== existing.etag) {
    throw new Refusal(409, 'Conflict', `Saved search '${name}' exists already. Name its etag, or *, to override it.`);
  }
  workspace.savedSearches.set(name.toLowerCase(), wanted);
  return { status: 200, body: shown(workspace, wanted) };
}

/** DELETE of one that is there. */
export function deleteSearch(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'delete');
  if (workspace.savedSearches.delete(name.toLowerCase())) return { status: 200 };
  throw new Refusal(404, 'ResourceNotFound', `Saved search '${name}' was not found.`);
}

/** The functions that a query on this workspace may call. */
export function functionsOf(workspace: Workspace): SavedFunction[] {
  return [...workspace.savedSearches.values()].flatMap(({ functionAlias, functionParameters, query }) =>
    functionAlias ? [{ alias: functionAlias, parameters: functionParameters ?? '', query }] : [],
  );
}

function target(arm: ArmCall, verb: 'read' | 'write' | 'delete'): { workspace: Workspace; name: string } {
  const [id = '', name = ''] = arm.parts;
  const scope = name ? `${id}/savedSearches/${name}` : id;
  authorize(arm, `Microsoft.OperationalInsights/workspaces/savedSearches/${verb}`, scope);
  return { workspace: findWorkspace(arm, id), name };
}

function read(name: string, properties: unknown): SavedSearch {
  if (!isObject(properties)) throw invalid('The properties of the saved search are required.');
  const required = (key: string) => {
    const value = properties[key];
    return typeof value === 'string' && value !== '' ? value : fail(`The property '${key}' is required.`);
  };
  const optional = (key: string) => (properties[key] === undefined ? undefined : required(key));
  const { version = 2, tags = [] } = properties;
  // The version is that of the query language, and there are two.
  if (version !== 1 && version !== 2) throw invalid(`The version '${version}' is not supported.`);
  if (!Array.isArray(tags) || !tags.every((tag) => isObject(tag) && typeof tag.value === 'string' && tag.name))
    throw invalid('Each tag needs a name and a value.');
  const functionAlias = optional('functionAlias');
  if (functionAlias !== undefined && !/^[A-Za-z_]\w*$/.test(functionAlias))
    throw invalid(`'${functionAlias}' is no name for a function.`);
  return {
    name,
    etag: randomUUID(),
    category: required('category'),
    displayName: required('displayName'),
    query: required('query'),
    functionAlias,
    functionParameters: optional('functionParameters'),
    version,
    tags,
  };
}

function fail(message: string): never {
  throw invalid(message);
}

function shown(workspace: Workspace, { name, etag, ...properties }: SavedSearch): Record<string, unknown> {
  const type = 'Microsoft.OperationalInsights/savedSearches';
  return { id: `${workspace.id}/savedSearches/${name}`, name, type, etag, properties };
}
