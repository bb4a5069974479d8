import { AuthorizationManagementClient, type Permission } from '@azure/arm-authorization';
import type { Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import { type Cache, openCache } from '../../runtime/cache.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { isGuid } from '../../store/guid.ts';
import { armOptions, azure, idParts } from '../arm/client.ts';
import { smallestRole } from './roles.ts';

/**
 * An action that is needed, and the smallest built-in role that has it; `data`: an action on data, which roles list apart;
 * `instead`: whoever may do this gives itself the role.
 */
export type Need = { action: string; role: string; data?: boolean; instead?: Need };

/** What somebody who connects, changes or deletes a connector must be able to do on its workspace. */
export const ownerNeeds: Need[] = [
  need('Microsoft.OperationalInsights/workspaces/tables/write'),
  need('Microsoft.SecurityInsights/dataConnectors/write'),
];

/** What answering incidents takes, in Azure's own words: acknowledging, snoozing, muting, and choosing where alerts go. */
export const responderNeeds: Need[] = [need('Microsoft.SecurityInsights/incidents/write')];

/** An action with the smallest role that holds it. Throws for one that no role of the table holds: a mistake in the code. */
export function need(action: string): Need {
  return { action, role: smallestRole(action) };
}

/**
 * The needs that no permission covers. An entry covers an action that its patterns name and its exceptions do not: roles add up,
 * and NotActions take away within their own role only (learn.microsoft.com/azure/role-based-access-control/role-definitions).
 */
export function missing(needs: Need[], permissions: Permission[]): Need[] {
  const isCovered = ({ action, data }: Need) => permissions.some((entry) => covers(entry, action, data === true));
  return needs.filter((need) => !isCovered(need) && !(need.instead && isCovered(need.instead)));
}

function covers(entry: Permission, action: string, data: boolean): boolean {
  const allowed = (data ? entry.dataActions : entry.actions) ?? [];
  const denied = (data ? entry.notDataActions : entry.notActions) ?? [];
  return allowed.some((pattern) => matches(pattern, action)) && !denied.some((pattern) => matches(pattern, action));
}

/**
 * Whether a pattern of a role names an action: `*` spans slashes, case does not matter. By search and not by a regular
 * expression, which a pattern of many stars would keep busy for ever.
 */
function matches(pattern: string, action: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const last = rest.pop();
  const text = action.toLowerCase();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** What roles allow, as it was read within the last minute; by subscription and role. */
export type RoleDefinitions = Cache<Promise<Permission[]>>;

/** A cache for what roles allow. */
export function openRoleDefinitions(runtime: Pick<Runtime, 'now'>): RoleDefinitions {
  return openCache(runtime, { most: 10_000, keptMs: 60_000 });
}

/** What the rights of people are read with. */
export type RightsParts = { runtime: Runtime; roleDefinitions: RoleDefinitions };

/** Shared by all who ask at the time, so not bound to the first one's deadline. */
const definitionMs = 6_000;

/**
 * What a person may do on a workspace: the role assignments at and above it, direct and through groups, read with the
 * bot's identity. An assignment with a condition counts as none. When the workspace is gone, its resource group is asked,
 * then its subscription. Throws ConnectorError, as `azure` does, when they can't be read by the deadline: then the answer is no.
 * Source: learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest (assignedTo).
 */
export async function permissionsOf(
  parts: RightsParts,
  { userId, workspace }: { userId: string; workspace: Pick<Workspace, 'id'> },
  deadline: AbortSignal,
): Promise<Permission[]> {
  // The id goes into a filter: anything but a GUID could change its meaning.
  if (!isGuid(userId)) return [];
  const { subscription } = idParts(workspace.id);
  const scopes = [workspace.id, groupOf(workspace.id), `/subscriptions/${subscription}`].map(asScope);
  for (const [index, scope] of scopes.entries()) {
    try {
      return await permissionsAt(parts, { userId, scope }, deadline);
    } catch (error) {
      const gone = error instanceof ConnectorError && error.evidence.status === 404;
      if (!gone || index === scopes.length - 1) throw error;
    }
  }
  return [];
}

async function permissionsAt(
  { runtime, roleDefinitions }: RightsParts,
  { userId, scope }: { userId: string; scope: string },
  deadline: AbortSignal,
): Promise<Permission[]> {
  const { subscription } = idParts(`/${scope}`);
  const client = new AuthorizationManagementClient(runtime.credential, subscription, armOptions(runtime, true));
  const filter = `atScope() and assignedTo('${userId}')`;
  const roles = new Set<string>();
  await azure(async () => {
    for await (const { roleDefinitionId, condition } of client.roleAssignments.listForScope(scope, {
      filter,
      abortSignal: deadline,
    })) {
      if (roleDefinitionId && !condition) roles.add(idParts(roleDefinitionId.toLowerCase()).name);
    }
  });
  const read = async (role: string) => {
    // Asked for where the person's rights are: at the subscription, the bot's identity may have no right to read.
    const abortSignal = runtime.deadline(definitionMs).signal;
    const { permissions = [] } = await azure(() => client.roleDefinitions.get(scope, role, { abortSignal }));
    return permissions;
  };
  const each = [...roles].map((role) => remembered(roleDefinitions, { role, subscription }, read));
  return (await Promise.all(each)).flat();
}

/**
 * What a role allows is the same for everybody, and seldom changes: it is read once a minute. In another tenant, the same id
 * may be another role, so each subscription has its own.
 */
function remembered(
  definitions: RoleDefinitions,
  { role, subscription }: { role: string; subscription: string },
  read: (role: string) => Promise<Permission[]>,
): Promise<Permission[]> {
  const key = `${subscription}/${role}`.toLowerCase();
  const known = definitions.get(key);
  if (known) return known;
  const permissions = read(role);
  definitions.set(key, permissions);
  permissions.catch(() => {
    if (definitions.peek(key) === permissions) definitions.delete(key);
  });
  return permissions;
}

/**
 * What the bot's own identity may do on a resource group, or on one resource in it: Azure answers this for the owner of the token
 * alone (learn.microsoft.com/rest/api/authorization/permissions). Throws ConnectorError, as `azure` does.
 */
export async function ownPermissions(runtime: Runtime, scopeId: string): Promise<Permission[]> {
  const client = authorization(runtime, scopeId);
  const { resourceGroup, name } = idParts(scopeId);
  const provider = /\/providers\/([^/]+)\/([^/]+)\/[^/]+$/.exec(scopeId);
  const pages = provider
    ? client.permissions.listForResource(resourceGroup, provider[1] ?? '', '', provider[2] ?? '', name)
    : client.permissions.listForResourceGroup(resourceGroup);
  return azure(async () => {
    const permissions: Permission[] = [];
    for await (const permission of pages) permissions.push(permission);
    return permissions;
  });
}

/** A client for role assignments and permissions in the subscription of an ARM id. Its calls go through `azure`. */
export function authorization(runtime: Runtime, id: string): AuthorizationManagementClient {
  return new AuthorizationManagementClient(runtime.credential, idParts(id).subscription, armOptions(runtime));
}

/** An id as the authorization client wants it: it puts a slash of its own before it. */
export function asScope(id: string): string {
  return id.replace(/^\//, '');
}

/** ARM id of the resource group that holds `id`. */
export function groupOf(id: string): string {
  return id.split('/').slice(0, 5).join('/');
}
