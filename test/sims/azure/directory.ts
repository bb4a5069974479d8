import { randomUUID } from 'node:crypto';
import { allowsAction, allowsDataAction, type Role, roleNamed, roles } from './roles.ts';

/** Who can hold a role. A principal that is not `replicated` yet is only accepted when the caller names its type. */
export type Principal = { id: string; type: 'User' | 'Group' | 'ServicePrincipal'; replicated: boolean };

/** A role given to a principal on a scope; it shows in lists at once and has effect from `effectiveAt` on. */
export type Assignment = {
  name: string;
  scope: string;
  role: Role;
  principalId: string;
  principalType: Principal['type'];
  createdAt: number;
  effectiveAt: number;
  condition: string | null;
  /** Given by Azure Lighthouse: it has effect, but is in no list of assignments. */
  delegated: boolean;
  /** A condition on the assigning of roles: these and no others, by name. */
  onlyRoles?: readonly string[];
};

/** How a role is given. */
export type GrantOptions = {
  effectiveAfterMs?: number;
  condition?: string;
  delegated?: boolean;
  onlyRoles?: readonly string[];
};

/** Principals, nested groups and role assignments, with Azure's inheritance of rights from outer scopes. */
export class Directory {
  readonly principals = new Map<string, Principal>();
  readonly assignments = new Map<string, Assignment>();
  /** What each principal has tried, by its id: actions, on resources and on data. */
  readonly tried = new Map<string, Set<string>>();
  #members = new Map<string, Set<string>>();
  #parents = new Map<string, string>();
  #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  addPrincipal(type: Principal['type'], id: string = randomUUID(), { replicated = true } = {}): string {
    this.principals.set(id, { id, type, replicated });
    return id;
  }

  /** A group; its members may be groups too. */
  addGroup(members: readonly string[], id: string = randomUUID()): string {
    this.addPrincipal('Group', id);
    this.#members.set(id, new Set(members));
    return id;
  }

  setMembers(groupId: string, members: readonly string[]): void {
    this.#members.set(groupId, new Set(members));
  }

  /** The principal itself and every group it belongs to, through groups in groups. */
  identities(principalId: string): ReadonlySet<string> {
    const found = new Set([principalId]);
    for (const id of found) {
      for (const [group, members] of this.#members) if (members.has(id)) found.add(group);
    }
    return found;
  }

  /** Gives a role as an administrator would have done; a principal nobody added before becomes a user. */
  grant(principalId: string, roleName: string, scope: string, options: GrantOptions = {}): Assignment {
    if (!this.principals.has(principalId)) this.addPrincipal('User', principalId);
    const { effectiveAfterMs = 0, condition = null, delegated = false, onlyRoles } = options;
    const made = this.assign(randomUUID(), { scope, role: roleNamed(roleName), principalId, effectiveAfterMs });
    return Object.assign(made, { condition, delegated, ...(onlyRoles && { onlyRoles }) });
  }

  /** Puts a subscription into a management group. */
  placeUnder(managementGroup: string, subscription: string): void {
    this.#parents.set(subscription.toLowerCase(), managementGroup);
  }

  /** Whether `inner` is the scope `outer` or lies within it, in a management group too. */
  contains(outer: string, inner: string): boolean {
    const subscription = /^\/subscriptions\/([^/]+)/i.exec(inner)?.[1]?.toLowerCase() ?? '';
    const above = this.#parents.get(subscription);
    return contains(outer, inner) || (above !== undefined && contains(outer, above));
  }

  assign(
    name: string,
    given: { scope: string; role: Role; principalId: string; effectiveAfterMs: number },
  ): Assignment {
    const { scope, role, principalId, effectiveAfterMs } = given;
    const principalType = this.principals.get(principalId)?.type ?? 'ServicePrincipal';
    const createdAt = this.#now();
    const effectiveAt = createdAt + effectiveAfterMs;
    const assignment: Assignment = {
      name,
      scope,
      role,
      principalId,
      principalType,
      createdAt,
      effectiveAt,
      condition: null,
      delegated: false,
    };
    this.assignments.set(name.toLowerCase(), assignment);
    return assignment;
  }

  /** Takes a role away (all roles, without a name) on exactly that scope (on all scopes, without one). */
  revoke(principalId: string, roleName?: string, scope?: string): void {
    for (const [key, each] of this.assignments) {
      const same =
        each.principalId === principalId &&
        (roleName === undefined || each.role === roleNamed(roleName)) &&
        (scope === undefined || each.scope.toLowerCase() === scope.toLowerCase());
      if (same) this.assignments.delete(key);
    }
  }

  /** Whether the principal may do this now on this scope, by any of its roles there or further out. */
  allows(principalId: string, action: string, scope: string): boolean {
    this.#note(principalId, action);
    return this.#effective(principalId, scope).some((role) => allowsAction(role, action));
  }

  /** Whether the principal may assign this role there: one of its own roles allows assigning, under no condition that forbids it. */
  mayAssign(principalId: string, role: Role, scope: string): boolean {
    return this.#inEffect(principalId, scope).some(
      (each) =>
        allowsAction(each.role, 'Microsoft.Authorization/roleAssignments/write') &&
        (each.onlyRoles?.includes(role.name) ?? true),
    );
  }

  /** The same for an action on data. */
  allowsData(principalId: string, action: string, scope: string): boolean {
    this.#note(principalId, action);
    return this.#effective(principalId, scope).some((role) => allowsDataAction(role, action));
  }

  #note(principalId: string, action: string): void {
    const tried = this.tried.get(principalId) ?? new Set();
    this.tried.set(principalId, tried.add(action));
  }

  /** The roles in effect for the principal on this scope, each once. */
  rolesOn(principalId: string, scope: string): Role[] {
    return [...new Set(this.#effective(principalId, scope))];
  }

  role(guid: string): Role | undefined {
    return roles.get(guid.toLowerCase());
  }

  #effective(principalId: string, scope: string): Role[] {
    return this.#inEffect(principalId, scope).map((each) => each.role);
  }

  #inEffect(principalId: string, scope: string): Assignment[] {
    const identities = this.identities(principalId);
    const now = this.#now();
    return [...this.assignments.values()].filter(
      (each) => identities.has(each.principalId) && each.effectiveAt <= now && this.contains(each.scope, scope),
    );
  }
}

/** Whether `inner` is the scope `outer` or lies within it. */
export function contains(outer: string, inner: string): boolean {
  const from = outer.toLowerCase().replace(/\/+$/, '');
  const to = inner.toLowerCase().replace(/\/+$/, '');
  return to === from || to.startsWith(`${from}/`);
}
