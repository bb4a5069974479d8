import { missing } from '../../ingestion/azure/access/rights.ts';
import { fewestRoles } from '../../ingestion/azure/access/roles.ts';
import { vaultRole } from '../../ingestion/azure/key-vault.ts';
import { type Level, needsOn } from '../../ingestion/azure/resources/resource.ts';
import { resources as connectorResources } from '../../ingestion/provisioning/resources.ts';
import { type Role, roleNamed, roles } from '../sims/azure/roles.ts';
import { type Deployment, list, members } from './template.ts';

/** A role that the template gives to the identity; the scope is an ARM id. */
export type Grant = { role: Role; scope: string; description: string };

/** The roles that the template gives to the identity, and where; a role that nobody knows has no actions. */
export function grantsOf(deployment: Deployment): Grant[] {
  const own = ownRoles(deployment);
  return deployment.resources
    .filter(({ type, deployed }) => type === 'Microsoft.Authorization/roleAssignments' && deployed)
    .map(({ id, body }) => {
      const properties = members(body.properties);
      const scope = id.slice(0, id.indexOf('/providers/Microsoft.Authorization/'));
      const guid = lastOf(String(properties.roleDefinitionId));
      const role = own.get(guid) ?? roles.get(guid) ?? { ...nothing, guid, name: guid };
      return { role, scope, description: String(properties.description ?? '') };
    });
}

const nothing = { actions: [], notActions: [], dataActions: [], notDataActions: [] };

const lastOf = (id: string) => id.split('/').at(-1) ?? '';

/** A role that the template makes, what it is for, and where it may be given. */
type OwnRole = Role & { description: string; scopes: string[] };

/** The roles that the template makes, by their GUID. */
export function ownRoles({ resources }: Deployment): Map<string, OwnRole> {
  const made = resources.filter(({ type, deployed }) => type === 'Microsoft.Authorization/roleDefinitions' && deployed);
  return new Map(
    made.map(({ id, body }) => {
      const { roleName, description, permissions, assignableScopes } = members(body.properties);
      const [permission] = list(permissions).map(members);
      const texts = (name: string) => list(permission?.[name]).map(String);
      const guid = lastOf(id);
      const role = {
        guid,
        name: String(roleName),
        description: String(description ?? ''),
        scopes: list(assignableScopes).map(String),
        actions: texts('actions'),
        notActions: texts('notActions'),
        dataActions: texts('dataActions'),
        notDataActions: texts('notDataActions'),
      };
      return [guid, role];
    }),
  );
}

/** What the platform needs of the identity, which no code of ours asks for. */
const platformRoles = new Map([['Microsoft.ContainerRegistry/registries', '7f951dda-4ed3-4680-a7ca-43fe172d538d']]);

/**
 * On each workspace and its group the roles that the template makes for them, or the smallest that the code itself names, on the
 * vault the one that it asks for, and on the registry that for reading.
 */
function neededGrants(deployment: Deployment, workspaces: string[]): Set<string> {
  const { resources } = deployment;
  const own = [...ownRoles(deployment).values()];
  const rolesOn = (level: Level, group: string) => {
    // Data is sent to what lies beside the workspace.
    const made = own.filter(
      (role) => role.scopes.includes(group) && role.dataActions.length > 0 === (level === 'group'),
    );
    const needs = needsOn(connectorResources, level);
    return own.length > 0 ? made : smallest(fewestRoles(needs).map(({ role }) => roleNamed(role)));
  };
  const groupOf = (id: string) => id.split('/').slice(0, 5).join('/');
  return new Set([
    ...workspaces.flatMap((id) => rolesOn('workspace', groupOf(id)).map(({ guid }) => `${guid} on ${id}`)),
    ...workspaces.flatMap((id) => rolesOn('group', groupOf(id)).map(({ guid }) => `${guid} on ${groupOf(id)}`)),
    ...resources.flatMap(({ type, id }) =>
      type === 'Microsoft.KeyVault/vaults' ? [`${roleNamed(vaultRole).guid} on ${id}`] : [],
    ),
    ...resources.flatMap(({ type, id }) => (platformRoles.has(type) ? [`${platformRoles.get(type)} on ${id}`] : [])),
  ]);
}

/** Without the roles whose rights another one of them has. */
function smallest(given: Role[]): Role[] {
  const covered = (role: Role, by: Role) =>
    [...role.actions].every((action) => missing([{ action, role: '' }], [asPermission(by)]).length === 0) &&
    [...role.dataActions].every(
      (action) => missing([{ action, role: '', data: true }], [asPermission(by)]).length === 0,
    );
  return [...new Set(given)].filter((role, _, all) => !all.some((other) => other !== role && covered(role, other)));
}

/** A role as Azure tells it of somebody who has it. */
export function asPermission({ actions, notActions, dataActions, notDataActions }: Role) {
  return {
    actions: [...actions],
    notActions: [...notActions],
    dataActions: [...dataActions],
    notDataActions: [...notDataActions],
  };
}

/** Roles that the code needs and the template lacks, that nothing needs, without a reason, or for somebody else. */
export function rightsFaults(deployment: Deployment, principalId: string): string[] {
  const grants = grantsOf(deployment);
  const workspaces = deployment.resources
    .filter(({ id, type }) => type === 'Microsoft.Resources/deployments' && id.includes('-rights-'))
    .map(({ id, body }) => {
      const { workspaceName } = members(members(body.properties).parameters);
      return `${id.split('/').slice(0, 5).join('/')}/providers/Microsoft.OperationalInsights/workspaces/${members(workspaceName).value}`;
    });
  const wanted = neededGrants(deployment, workspaces);
  const own = ownRoles(deployment);
  const given = new Set(grants.map(({ role, scope }) => `${role.guid} on ${scope}`));
  const name = (grant: string) => grant.replace(/^\S+/, (guid) => (own.get(guid) ?? roles.get(guid))?.name ?? guid);
  return [
    ...[...wanted].filter((grant) => !given.has(grant)).map((grant) => `the code needs ${name(grant)}`),
    ...[...given].filter((grant) => !wanted.has(grant)).map((grant) => `nothing needs ${name(grant)}`),
    ...grants
      .filter(({ description }) => description.length < 40)
      .map(({ role }) => `no reason is given for ${role.guid}`),
    ...[...own.values()].flatMap(roleFaults),
    ...deployment.resources
      .filter(({ type, body }) => /roleAssignments$/.test(type) && members(body.properties).principalId !== principalId)
      .map(({ path }) => `${path} gives a role to somebody else`),
  ];
}

/** All tables are one right. */
const everyTable = 'Microsoft.OperationalInsights/workspaces/query/*/read';

/** A role of ours that allows whatever comes, that says not what it is for, or that may be given elsewhere. */
function roleFaults({ name, description, scopes, actions, dataActions }: OwnRole): string[] {
  return [
    ...[...actions, ...dataActions]
      .filter((action) => action.includes('*') && action !== everyTable)
      .map((action) => `${name} allows ${action}`),
    ...(description.length < 40 ? [`${name} does not say what it is for`] : []),
    ...scopes
      .filter((scope) => !/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/.test(scope))
      .map((scope) => `${name} may be given on ${scope}`),
  ];
}
