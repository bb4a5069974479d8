import { type ArmCall, authorize, unauthorized } from './arm.ts';
import { type Assignment, contains, type Principal } from './directory.ts';
import { isObject, Refusal, type Reply, readObject } from './exchange.ts';
import { pageOf } from './paging.ts';
import type { Role } from './roles.ts';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** GET roleAssignments with the filters `atScope()`, `assignedTo('id')` and `principalId eq 'id'`, joined by `and`. */
export function listAssignments(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/roleAssignments/read', scope);
  checkThere(arm, scope);
  const tests = (arm.call.query.get('$filter') ?? '')
    .split(/\s+and\s+/i)
    .filter((part) => part.trim() !== '')
    .map((part) => readFilter(arm, part.trim(), scope));
  const { directory } = arm.cloud;
  const found = [...directory.assignments.values()]
    .filter((each) => !each.delegated && (directory.contains(each.scope, scope) || contains(scope, each.scope)))
    .filter((each) => tests.every((test) => test(each)));
  const { items, nextLink } = pageOf(arm.call, found, arm.cloud.settings.pageSize);
  return { status: 200, body: { value: items.map(assignmentBody), ...(nextLink && { nextLink }) } };
}

/** GET of one role assignment. */
export function getAssignment(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/roleAssignments/read', scope);
  const assignment = find(arm, scope);
  if (assignment) return { status: 200, body: assignmentBody(assignment) };
  throw new Refusal(404, 'RoleAssignmentNotFound', `The role assignment '${arm.parts[1]}' is not found.`);
}

/** DELETE of one role assignment: 200 with what it was, 204 when it was already gone. */
export function deleteAssignment(arm: ArmCall): Reply {
  const scope = scopeOf(arm);
  authorize(arm, 'Microsoft.Authorization/roleAssignments/delete', scope);
  const assignment = find(arm, scope);
  if (!assignment) return { status: 204 };
  arm.cloud.directory.assignments.delete(assignment.name.toLowerCase());
  return { status: 200, body: assignmentBody(assignment) };
}

/** PUT of a role assignment, by the rules on names, repetition and principals. */
export function putAssignment(arm: ArmCall): Reply {
  const { cloud, parts } = arm;
  const scope = scopeOf(arm);
  const name = parts[1] ?? '';
  authorize(arm, 'Microsoft.Authorization/roleAssignments/write', scope);
  if (!guid.test(name)) {
    throw new Refusal(
      400,
      'InvalidRoleAssignmentId',
      `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`,
    );
  }
  checkThere(arm, scope);
  const { role, principalId } = readAssignment(arm);
  if (!cloud.directory.mayAssign(arm.caller.oid, role, scope)) {
    throw unauthorized(arm, 'Microsoft.Authorization/roleAssignments/write', scope);
  }
  const existing = cloud.directory.assignments.get(name.toLowerCase());
  if (existing) return repeat(arm, existing, { scope, role, principalId });
  const twin = [...cloud.directory.assignments.values()].find((each) => same(each, { scope, role, principalId }));
  if (twin) throw exists(twin);
  checkLimit(arm, scope);
  const effectiveAfterMs = cloud.settings.rolePropagationMs;
  const made = cloud.directory.assign(name, { scope, role, principalId, effectiveAfterMs });
  return { status: 201, body: assignmentBody(made) };
}

/** What is asked about a scope that is not there is answered 404, whatever right the caller has above it. */
export function checkThere({ cloud }: ArmCall, scope: string): void {
  if (cloud.estate.exists(scope)) return;
  const [group = '', name = ''] = /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(scope) ?? [];
  if (group && !cloud.estate.exists(group)) {
    throw new Refusal(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  }
  throw new Refusal(404, 'ResourceNotFound', `The resource '${scope}' was not found.`);
}

type Wanted = { scope: string; role: Role; principalId: string };

function scopeOf({ parts }: ArmCall): string {
  return parts[0] || '/';
}

function find({ cloud, parts }: ArmCall, scope: string): Assignment | undefined {
  const found = cloud.directory.assignments.get((parts[1] ?? '').toLowerCase());
  return found && found.scope.toLowerCase() === scope.toLowerCase() ? found : undefined;
}

function same(each: Assignment, { scope, role, principalId }: Wanted): boolean {
  return each.scope.toLowerCase() === scope.toLowerCase() && each.role === role && each.principalId === principalId;
}

function checkLimit({ cloud }: ArmCall, scope: string): void {
  const [within = '', subscription = ''] = /^\/subscriptions\/([^/]+)/i.exec(scope) ?? [];
  const count = [...cloud.directory.assignments.values()].filter((each) => contains(within, each.scope)).length;
  if (count < (cloud.governance.roleAssignmentLimits.get(subscription) ?? 4000)) return;
  throw new Refusal(
    400,
    'RoleAssignmentLimitExceeded',
    'The role assignment limit for the subscription has been reached. No more role assignments can be created.',
  );
}

function exists(twin: Assignment): Refusal {
  const id = twin.name.replaceAll('-', '');
  return new Refusal(
    409,
    'RoleAssignmentExists',
    `The role assignment already exists. The ID of the existing role assignment is ${id}.`,
  );
}

function repeat({ cloud }: ArmCall, existing: Assignment, wanted: Wanted): Reply {
  if (!same(existing, wanted)) {
    throw new Refusal(
      400,
      'RoleAssignmentUpdateNotPermitted',
      'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    );
  }
  if (cloud.settings.repeatedAssignment === 'conflict') throw exists(existing);
  return { status: 200, body: assignmentBody(existing) };
}

function readAssignment({ cloud, call }: ArmCall): { role: Role; principalId: string } {
  const { properties } = readObject(call);
  const { roleDefinitionId, principalId, principalType } = isObject(properties) ? properties : {};
  if (typeof roleDefinitionId !== 'string' || typeof principalId !== 'string') {
    throw new Refusal(400, 'BadRequestFormat', 'The request was incorrectly formatted.');
  }
  const role = cloud.directory.role(roleDefinitionId.split('/').at(-1) ?? '');
  if (!role || !/\/providers\/Microsoft\.Authorization\/roleDefinitions\//i.test(roleDefinitionId)) {
    throw new Refusal(
      404,
      'RoleDefinitionDoesNotExist',
      `The specified role definition with ID '${roleDefinitionId}' does not exist.`,
    );
  }
  checkPrincipal(cloud.directory.principals.get(principalId), principalId, principalType, cloud.identity.tenantId);
  return { role, principalId };
}

function checkPrincipal(principal: Principal | undefined, id: string, type: unknown, tenantId: string): void {
  if (!principal || (!principal.replicated && type === undefined)) {
    throw new Refusal(
      400,
      'PrincipalNotFound',
      `Principal ${id.replaceAll('-', '')} does not exist in the directory ${tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
    );
  }
  if (type !== undefined && type !== principal.type) {
    throw new Refusal(
      400,
      'UnmatchedPrincipalType',
      `The PrincipalId '${id.replaceAll('-', '')}' has type '${principal.type}', which is different from specified PrincipalType '${type}'.`,
    );
  }
}

function readFilter({ cloud }: ArmCall, text: string, scope: string): (assignment: Assignment) => boolean {
  if (/^atScope\(\)$/i.test(text)) return (each) => cloud.directory.contains(each.scope, scope);
  const holder = /^assignedTo\('([^']+)'\)$/i.exec(text)?.[1];
  if (holder) {
    // Documented: the filter takes a user or a service principal, and only those follow their groups.
    if (cloud.directory.principals.get(holder)?.type === 'Group') throw badFilter(text);
    const identities = cloud.directory.identities(holder);
    return (each) => identities.has(each.principalId);
  }
  const principal = /^principalId eq '?([^']+?)'?$/i.exec(text)?.[1];
  if (principal) return (each) => each.principalId === principal;
  throw badFilter(text);
}

function badFilter(text: string): Refusal {
  return new Refusal(400, 'BadRequestFormat', `The filter '${text}' is not supported.`);
}

function assignmentBody(assignment: Assignment): Record<string, unknown> {
  const { name, scope, role, principalId, principalType, onlyRoles } = assignment;
  const condition = onlyRoles ? `ForAnyOfAnyValues:GuidEquals {${onlyRoles.join(', ')}}` : assignment.condition;
  const root = scope === '/' ? '' : scope;
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  const createdOn = new Date(assignment.createdAt).toISOString();
  return {
    id: `${root}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    type: 'Microsoft.Authorization/roleAssignments',
    name,
    properties: {
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.guid}`,
      principalId,
      principalType,
      scope,
      condition,
      conditionVersion: condition && '2.0',
      createdOn,
      updatedOn: createdOn,
    },
  };
}
