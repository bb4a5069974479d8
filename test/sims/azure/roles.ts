/** A built-in role: what it allows on resources (`actions`) and on the data inside them (`dataActions`). */
export type Role = {
  guid: string;
  name: string;
  actions: readonly string[];
  notActions: readonly string[];
  dataActions: readonly string[];
  notDataActions: readonly string[];
};

const sentinelReads = [
  'Microsoft.SecurityInsights/*/read',
  'Microsoft.SecurityInsights/dataConnectorsCheckRequirements/action',
  'Microsoft.OperationalInsights/workspaces/analytics/query/action',
  'Microsoft.OperationalInsights/workspaces/*/read',
  'Microsoft.OperationalInsights/workspaces/savedSearches/read',
  'Microsoft.OperationsManagement/solutions/read',
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/*/read',
  'Microsoft.OperationalInsights/workspaces/dataSources/read',
  'Microsoft.Insights/workbooks/read',
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
];
const confidentialWatchlists = [
  'Microsoft.SecurityInsights/ConfidentialWatchlists/*',
  'Microsoft.OperationalInsights/workspaces/query/ConfidentialWatchlist/*',
];

/** The built-in roles that matter to a connector, by GUID. */
export const roles: ReadonlyMap<string, Role> = new Map(
  [
    role('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', ['*']),
    role('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', ['*'], {
      notActions: [
        'Microsoft.Authorization/*/Delete',
        'Microsoft.Authorization/*/Write',
        'Microsoft.Authorization/elevateAccess/Action',
      ],
    }),
    role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', ['*/read']),
    role('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator', [
      '*/read',
      'Microsoft.Authorization/*',
      'Microsoft.Support/*',
    ]),
    role('f58310d9-a9f6-439a-9e8d-f62e7b41a168', 'Role Based Access Control Administrator', [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ]),
    role('92aaf0da-9dab-42b6-94a3-d43ce8d16293', 'Log Analytics Contributor', [
      '*/read',
      'Microsoft.ClassicCompute/virtualMachines/extensions/*',
      'Microsoft.ClassicStorage/storageAccounts/listKeys/action',
      'Microsoft.Compute/virtualMachines/extensions/*',
      'Microsoft.HybridCompute/machines/extensions/write',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.OperationalInsights/*',
      'Microsoft.OperationsManagement/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourcegroups/deployments/*',
      'Microsoft.Storage/storageAccounts/listKeys/action',
      'Microsoft.Support/*',
    ]),
    role(
      '73c42c96-874c-492b-b04d-ab87d138a893',
      'Log Analytics Reader',
      [
        '*/read',
        'Microsoft.OperationalInsights/workspaces/analytics/query/action',
        'Microsoft.OperationalInsights/workspaces/search/action',
        'Microsoft.Support/*',
      ],
      { notActions: ['Microsoft.OperationalInsights/workspaces/sharedKeys/read'] },
    ),
    role('749f88d5-cbae-40b8-bcfc-e573ddc772fa', 'Monitoring Contributor', [
      '*/read',
      'Microsoft.AlertsManagement/*',
      'Microsoft.Insights/actiongroups/*',
      'Microsoft.Insights/activityLogAlerts/*',
      'Microsoft.Insights/AlertRules/*',
      'Microsoft.Insights/components/*',
      'Microsoft.Insights/dataCollectionEndpoints/*',
      'Microsoft.Insights/dataCollectionRules/*',
      'Microsoft.Insights/dataCollectionRuleAssociations/*',
      'Microsoft.Insights/DiagnosticSettings/*',
      'Microsoft.Insights/metricalerts/*',
      'Microsoft.Insights/Metrics/*',
      'Microsoft.Insights/Register/Action',
      'Microsoft.Insights/scheduledqueryrules/*',
      'Microsoft.Insights/workbooks/*',
      'Microsoft.OperationalInsights/workspaces/write',
      'Microsoft.OperationalInsights/workspaces/intelligencepacks/*',
      'Microsoft.OperationalInsights/workspaces/savedSearches/*',
      'Microsoft.OperationalInsights/workspaces/search/action',
      'Microsoft.OperationalInsights/workspaces/sharedKeys/action',
      'Microsoft.OperationalInsights/workspaces/storageinsightconfigs/*',
      'Microsoft.Support/*',
    ]),
    role('43d0d8ad-25c7-4714-9337-8ba259a9fe05', 'Monitoring Reader', [
      '*/read',
      'Microsoft.OperationalInsights/workspaces/search/action',
      'Microsoft.Support/*',
    ]),
    role(
      '3913510d-42f4-4e42-8a64-420c390055eb',
      'Monitoring Metrics Publisher',
      [
        'Microsoft.Insights/Register/Action',
        'Microsoft.Support/*',
        'Microsoft.Resources/subscriptions/resourceGroups/read',
      ],
      { dataActions: ['Microsoft.Insights/Metrics/Write', 'Microsoft.Insights/Telemetry/Write'] },
    ),
    role(
      'ab8e14d6-4a74-4a29-9ba8-549422addade',
      'Microsoft Sentinel Contributor',
      [
        ...sentinelReads,
        'Microsoft.SecurityInsights/*',
        'Microsoft.OperationalInsights/workspaces/savedSearches/*',
        'Microsoft.Insights/workbooks/*',
      ],
      { notActions: confidentialWatchlists },
    ),
    role(
      '3e150937-b8fe-4cfb-8069-0eaf05ecd056',
      'Microsoft Sentinel Responder',
      [
        ...sentinelReads,
        'Microsoft.SecurityInsights/automationRules/*',
        'Microsoft.SecurityInsights/cases/*',
        'Microsoft.SecurityInsights/incidents/*',
        'Microsoft.SecurityInsights/entities/runPlaybook/action',
        'Microsoft.SecurityInsights/threatIntelligence/indicators/appendTags/action',
        'Microsoft.SecurityInsights/threatIntelligence/indicators/query/action',
      ],
      { notActions: confidentialWatchlists },
    ),
    role('4633458b-17de-408a-b874-0445c86b69e6', 'Key Vault Secrets User', [], {
      dataActions: [
        'Microsoft.KeyVault/vaults/secrets/getSecret/action',
        'Microsoft.KeyVault/vaults/secrets/readMetadata/action',
      ],
    }),
    role(
      'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
      'Key Vault Secrets Officer',
      [
        'Microsoft.Authorization/*/read',
        'Microsoft.Insights/alertRules/*',
        'Microsoft.Resources/deployments/*',
        'Microsoft.Resources/subscriptions/resourceGroups/read',
        'Microsoft.Support/*',
        'Microsoft.KeyVault/checkNameAvailability/read',
        'Microsoft.KeyVault/deletedVaults/read',
        'Microsoft.KeyVault/locations/*/read',
        'Microsoft.KeyVault/vaults/*/read',
        'Microsoft.KeyVault/operations/read',
      ],
      { dataActions: ['Microsoft.KeyVault/vaults/secrets/*'] },
    ),
    role('8d289c81-5878-46d4-8554-54e1e3d8b5cb', 'Microsoft Sentinel Reader', sentinelReads, {
      notActions: confidentialWatchlists,
    }),
  ].map((each) => [each.guid, each]),
);

/** The built-in role of that name; an unknown name is a mistake in the test. */
export function roleNamed(name: string): Role {
  const found = [...roles.values()].find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`no built-in role is named ${name}`);
  return found;
}

/** Whether a role allows an action: one matching `actions` entry and no matching `notActions` entry. */
export function allowsAction(role: Role, action: string): boolean {
  return role.actions.some((each) => covers(each, action)) && !role.notActions.some((each) => covers(each, action));
}

/** The same for what a role allows on the data. */
export function allowsDataAction(role: Role, action: string): boolean {
  return (
    role.dataActions.some((each) => covers(each, action)) && !role.notDataActions.some((each) => covers(each, action))
  );
}

// `*` also spans slashes, and letter case does not matter.
const patterns = new Map<string, RegExp>();
function covers(pattern: string, action: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    compiled = new RegExp(`^${escaped.join('.*')}$`, 'i');
    patterns.set(pattern, compiled);
  }
  return compiled.test(action);
}

type Rest = { notActions?: readonly string[]; dataActions?: readonly string[] };

function role(
  guid: string,
  name: string,
  actions: readonly string[],
  { notActions = [], dataActions = [] }: Rest = {},
): Role {
  return { guid, name, actions, notActions, dataActions, notDataActions: [] };
}
