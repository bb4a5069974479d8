import { type ArmCall, authorize } from './arm.ts';
import { Refusal, type Reply } from './exchange.ts';
import { checkThere } from './role-assignments.ts';
import { type Role, roles } from './roles.ts';

/** GET permissions: what the caller may do on the scope, one entry per role in effect. */
export function listPermissions(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/permissions/read', scope);
  checkThere(arm, scope);
  const value = arm.cloud.directory.rolesOn(arm.caller.oid, scope).map(permissionsOf);
  return { status: 200, body: { value } };
}

/** GET of a role definition by its GUID. */
export function getRoleDefinition(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/roleDefinitions/read', scope);
  const role = arm.cloud.directory.role(arm.parts[1] ?? '');
  if (role) return { status: 200, body: definitionBody(role, scope) };
  throw new Refusal(
    404,
    'RoleDefinitionDoesNotExist',
    `The specified role definition with ID '${arm.parts[1]}' does not exist.`,
  );
}

/** GET of the role definitions, all or by `roleName eq 'name'`. */
export function listRoleDefinitions(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/roleDefinitions/read', scope);
  const filter = arm.call.query.get('$filter');
  const name = /^roleName eq '([^']+)'$/i.exec(filter ?? '')?.[1];
  if (filter && !name) throw new Refusal(400, 'BadRequestFormat', `The filter '${filter}' is not supported.`);
  const value = [...roles.values()]
    .filter((role) => !name || role.name === name)
    .map((role) => definitionBody(role, scope));
  return { status: 200, body: { value } };
}

function scopeOf({ parts }: ArmCall): string {
  return parts[0] || '/';
}

function permissionsOf({ actions, notActions, dataActions, notDataActions }: Role): Record<string, unknown> {
  return { actions, notActions, dataActions, notDataActions };
}

function definitionBody(role: Role, scope: string): Record<string, unknown> {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return {
    id: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.guid}`,
    type: 'Microsoft.Authorization/roleDefinitions',
    name: role.guid,
    properties: {
      roleName: role.name,
      type: 'BuiltInRole',
      description: '',
      assignableScopes: ['/'],
      permissions: [permissionsOf(role)],
    },
  };
}
