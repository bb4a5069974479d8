import { missing } from '../../ingestion/azure/access/rights.ts';
import { fewestRoles } from '../../ingestion/azure/access/roles.ts';
import { vaultRole } from '../../ingestion/azure/key-vault.ts';
import { type Level, needsOn } from '../../ingestion/azure/resources/resource.ts';
import { resources as connectorResources } from '../../ingestion/provisioning/resources.ts';
import { type Role, roleNamed, roles } from '../sims/azure/roles.ts';
import { type Deployment, members } from './template.ts';

/** A role that the template gives to the identity; the scope is an ARM id. */
export type Grant = { role: string; scope: string; description: string };

/** The roles that the template gives to the identity, and where. */
export function grantsOf({ resources }: Deployment): Grant[] {
  return resources
    .filter(({ type, deployed }) => type === 'Microsoft.Authorization/roleAssignments' && deployed)
    .map(({ id, body }) => {
      const properties = members(body.properties);
      const scope = id.slice(0, id.indexOf('/providers/Microsoft.Authorization/'));
      const description = String(properties.description ?? '');
      return { role: String(properties.roleDefinitionId).split('/').at(-1) ?? '', scope, description };
    });
}

/** What the platform needs of the identity, which no code of ours asks for. */
const platformRoles = new Map([['Microsoft.ContainerRegistry/registries', '7f951dda-4ed3-4680-a7ca-43fe172d538d']]);

/** On each workspace and its group the smallest roles that the code itself names, on the vault the one that it asks for, and on the registry that for reading. */
function neededGrants({ resources }: Deployment, workspaces: string[]): Set<string> {
  const rolesOn = (level: Level) => fewestRoles(needsOn(connectorResources, level)).map(({ role }) => roleNamed(role));
  const [onWorkspace, onGroup] = [smallest(rolesOn('workspace')), smallest(rolesOn('group'))];
  return new Set([
    ...workspaces.flatMap((id) => onWorkspace.map(({ guid }) => `${guid} on ${id}`)),
    ...workspaces.flatMap((id) => onGroup.map(({ guid }) => `${guid} on ${id.split('/').slice(0, 5).join('/')}`)),
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
  const given = new Set(grants.map(({ role, scope }) => `${role} on ${scope}`));
  const name = (grant: string) => grant.replace(/^\S+/, (guid) => roles.get(guid)?.name ?? guid);
  return [
    ...[...wanted].filter((grant) => !given.has(grant)).map((grant) => `the code needs ${name(grant)}`),
    ...[...given].filter((grant) => !wanted.has(grant)).map((grant) => `nothing needs ${name(grant)}`),
    ...grants.filter(({ description }) => description.length < 40).map(({ role }) => `no reason is given for ${role}`),
    ...deployment.resources
      .filter(({ type, body }) => /roleAssignments$/.test(type) && members(body.properties).principalId !== principalId)
      .map(({ path }) => `${path} gives a role to somebody else`),
  ];
}
