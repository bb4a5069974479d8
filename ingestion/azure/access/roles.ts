/**
 * The built-in roles of which one is asked for, the smaller before the larger, each with all that it holds of the actions
 * which the product needs. Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles.
 */
export const builtInRoles: ReadonlyMap<string, readonly string[]> = new Map([
  ['Monitoring Metrics Publisher', ['Microsoft.Insights/Telemetry/Write']],
  [
    'Log Analytics Reader',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
  [
    'Microsoft Sentinel Responder',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.SecurityInsights/incidents/write',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
  [
    'Microsoft Sentinel Contributor',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.OperationalInsights/workspaces/savedSearches/delete',
      'Microsoft.OperationalInsights/workspaces/savedSearches/write',
      'Microsoft.SecurityInsights/dataConnectors/write',
      'Microsoft.SecurityInsights/incidents/write',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
  [
    'Monitoring Contributor',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.Insights/dataCollectionRules/write',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.OperationalInsights/workspaces/savedSearches/delete',
      'Microsoft.OperationalInsights/workspaces/savedSearches/write',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
  [
    'Log Analytics Contributor',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.OperationalInsights/workspaces/savedSearches/delete',
      'Microsoft.OperationalInsights/workspaces/savedSearches/write',
      'Microsoft.OperationalInsights/workspaces/tables/write',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
  [
    'Role Based Access Control Administrator',
    [
      'Microsoft.Authorization/roleAssignments/read',
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.SecurityInsights/onboardingStates/read',
    ],
  ],
]);

/** The smallest built-in role that holds an action. Throws for one that none of the table holds: a mistake in the code. */
export function smallestRole(action: string): string {
  for (const [role, actions] of builtInRoles) if (actions.includes(action)) return role;
  throw new Error(`no role is known to hold ${action}`);
}

/** As few and small roles as hold all that is needed, each with the actions that it is for. */
export function fewestRoles(needs: readonly { action: string; role: string }[]): { role: string; actions: string[] }[] {
  const holds = (role: string, need: { action: string; role: string }) =>
    need.role === role || builtInRoles.get(role)?.includes(need.action) === true;
  const left = new Set(needs.map(({ role }) => role));
  for (const role of [...left]) {
    const others = [...left].filter((other) => other !== role);
    if (needs.every((need) => others.some((other) => holds(other, need)))) left.delete(role);
  }
  const todo = new Set(needs);
  return [...left].map((role) => {
    const own = [...todo].filter((need) => holds(role, need));
    for (const need of own) todo.delete(need);
    return { role, actions: own.map(({ action }) => action) };
  });
}
