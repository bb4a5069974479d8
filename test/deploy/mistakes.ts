import type { Members } from './judge.ts';
import { type Json, list, members } from './template.ts';

/** A mistake made in a good template, and what must be said of it; `schema` when only Microsoft's schemas can tell. */
export type Mistake = { make(template: Members): void; found: RegExp; schema?: true };

/** A resource of a template, of those of its type the first, or another one. */
export const resource = (template: Members, type: string, at = 0) =>
  members(list(template.resources).filter((each) => members(each).type === type)[at]);
/** Its properties. */
export const properties = (template: Members, type: string, at = 0) => members(resource(template, type, at).properties);
const inner = (template: Members) => {
  const { properties: own } = members(list(template.resources).find((each) => members(each).copy));
  return members(members(own).template);
};
const assignment = (template: Members, at: number) =>
  members(
    members(list(inner(template).resources).filter((each) => /Assignments$/.test(String(members(each).type)))[at])
      .properties,
  );
const ownRole = (template: Members, at: number) => members(members(list(inner(template).resources)[at]).properties);
const allowed = (template: Members, at: number) => members(list(ownRole(template, at).permissions)[0]);
const containerApp = (template: Members) => properties(template, 'Microsoft.App/containerApps');
const container = (template: Members) => members(list(members(containerApp(template).template).containers)[0]);
const ownSettings = (template: Members) => list(members(template.variables).ownSettings).map(members);
const swap = (owner: Members, name: string, from: string, to: string) => {
  owner[name] = String(owner[name]).replace(from, to);
};
const set = (name: string, value: Json) => (template: Members) => {
  Object.assign(ownSettings(template).find((each) => each.name === name) ?? {}, { value });
};

/** Mistakes as they are made, by what they are. */
export const mistakes = new Map<string, Mistake>([
  [
    'a misspelt member of a resource',
    {
      make: (t) => Object.assign(properties(t, 'Microsoft.KeyVault/vaults'), { enableSoftDeletion: true }),
      found: /enableSoftDeletion is unknown/,
      schema: true,
    },
  ],
  [
    'a misspelt member far down',
    {
      make: (t) => Object.assign(members(members(list(container(t).probes)[0]).httpGet), { route: '/healthz' }),
      found: /httpGet\.route is unknown/,
      schema: true,
    },
  ],
  [
    'a wrong type',
    {
      make: (t) => Object.assign(members(members(containerApp(t).configuration).ingress), { targetPort: '3978' }),
      found: /targetPort must be integer/,
      schema: true,
    },
  ],
  [
    'a value that no list has',
    {
      make: (t) => Object.assign(properties(t, 'Microsoft.DBforPostgreSQL/flexibleServers'), { version: '9' }),
      found: /version can't be "9"/,
      schema: true,
    },
  ],
  [
    'a member that is missing',
    {
      make: (t) => delete properties(t, 'Microsoft.KeyVault/vaults').tenantId,
      found: /tenantId is missing/,
      schema: true,
    },
  ],
  [
    'a version that a cloud apart may lack',
    {
      make: (t) => Object.assign(resource(t, 'Microsoft.App/containerApps'), { apiVersion: '2026-01-01' }),
      found: /containerApps takes 2024-03-01 in every cloud/,
    },
  ],
  [
    'a type that nobody publishes',
    {
      make: (t) =>
        Object.assign(resource(t, 'Microsoft.Insights/components'), { type: 'Microsoft.Insights/component' }),
      found: /no schema of Microsoft.Insights\/component /,
      schema: true,
    },
  ],
  [
    'a mistake inside a nested template',
    {
      make: (t) => Object.assign(assignment(t, 0), { principleType: 'ServicePrincipal' }),
      found: /template\.resources\[2\].*principleType is unknown/,
      schema: true,
    },
  ],
  [
    'an output of a misspelt frame',
    {
      make: (t) => Object.assign(members(members(t.outputs).keyVault), { val: '' }),
      found: /val is unknown/,
      schema: true,
    },
  ],
  [
    'an unknown parameter, in a branch that no deployment takes',
    {
      make: (t) => set('LOG_LEVEL', "[if(empty(''), 'info', parameters('level'))]")(t),
      found: /there is no parameter level/,
    },
  ],
  [
    'an unknown variable',
    {
      make: (t) =>
        Object.assign(resource(t, 'Microsoft.App/managedEnvironments'), { name: "[variables('environment')]" }),
      found: /there is no variable environment/,
    },
  ],
  ['an unknown function', { make: set('LOG_LEVEL', "[lower('INFO')]"), found: /there is no function lower/ }],
  ['an expression with a bracket too few', { make: set('LOG_LEVEL', "[concat('in', 'fo']"), found: /found its end/ }],
  [
    'a parameter that nothing uses',
    {
      make: (t) =>
        Object.assign(members(t.parameters), { color: { type: 'string', metadata: { description: 'Nice to have.' } } }),
      found: /parameters\.color is not used/,
    },
  ],
  [
    'a variable that nothing uses',
    { make: (t) => Object.assign(members(t.variables), { left: 'over' }), found: /variables\.left is not used/ },
  ],
  [
    'a dependency that leads nowhere',
    {
      make: (t) =>
        list(resource(t, 'Microsoft.BotService/botServices').dependsOn).push(
          "[resourceId('Microsoft.Web/sites', 'bot')]",
        ),
      found: /dependsOn leads nowhere/,
    },
  ],
  [
    'a reference without its dependency',
    {
      make: (t) => list(resource(t, 'Microsoft.BotService/botServices').dependsOn).shift(),
      found: /refers to .*patchbay-identity without dependsOn/,
    },
  ],
  [
    'a name that is known only after the deployment',
    {
      make: (t) =>
        Object.assign(resource(t, 'Microsoft.Insights/actionGroups'), {
          name: "[reference(variables('identityId')).clientId]",
        }),
      found: /reference\(\) before anything is deployed/,
    },
  ],
  [
    'a resource id with a name too many',
    {
      make: (t) =>
        Object.assign(members(t.variables), {
          logsId: "[resourceId('Microsoft.OperationalInsights/workspaces', 'a', 'b')]",
        }),
      found: /takes 1 names, not 2/,
    },
  ],
  [
    'a role that is missing',
    { make: (t) => list(inner(t).resources).pop(), found: /the code needs Monitoring Metrics Publisher on/ },
  ],
  [
    'a broader role',
    {
      make: (t) =>
        Object.assign(members(inner(t).variables), { monitoringContributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c' }),
      found: /nothing needs Contributor on/,
    },
  ],
  [
    'a role on a wider scope',
    {
      make: (t) => delete members(list(inner(t).resources)[2]).scope,
      found: /nothing needs Patchbay on a workspace .* on .*\/resourceGroups\/soc$/,
    },
  ],
  [
    'one role more',
    {
      make: (t) => {
        const more = structuredClone(members(list(inner(t).resources)[3]));
        more.name = "[guid('more')]";
        members(more.properties).roleDefinitionId =
          "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')]";
        list(inner(t).resources).push(more);
      },
      found: /nothing needs Owner on/,
    },
  ],
  [
    'a role on the vault that can not write',
    {
      make: (t) =>
        Object.assign(members(t.variables), { keyVaultSecretsOfficer: '4633458b-17de-408a-b874-0445c86b69e6' }),
      found: /the code needs Key Vault Secrets Officer on/,
    },
  ],
  [
    'a vault of another cloud',
    {
      make: (t) =>
        swap(container(t), 'env', "reference(variables('vaultId')).vaultUri", "'https://patchbay.vault.azure.cn/'"),
      found: /KEY_VAULT_URL must be/,
    },
  ],
  [
    'a resource without tags',
    {
      make: (t) => delete resource(t, 'Microsoft.KeyVault/vaults').tags,
      found: /Microsoft.KeyVault\/vaults has not the tags/,
    },
  ],
  [
    'tags of which the app does not hear',
    { make: (t) => list(members(t.variables).ownSettings).pop(), found: /AZURE_TAGS must be/ },
  ],
  [
    'a role without a reason',
    { make: (t) => delete assignment(t, 3).description, found: /no reason is given for 749f88d5/ },
  ],
  [
    'a role of our own that allows whatever comes',
    {
      make: (t) => list(allowed(t, 0).actions).push('Microsoft.OperationalInsights/workspaces/*'),
      found: /Patchbay on a workspace .* allows Microsoft.OperationalInsights\/workspaces\/\*/,
    },
  ],
  [
    'a role of our own without a word',
    { make: (t) => Object.assign(ownRole(t, 1), { description: '' }), found: /Patchbay beside .* what it is for/ },
  ],
  [
    'a role of our own for a whole subscription',
    {
      make: (t) =>
        Object.assign(ownRole(t, 1), {
          assignableScopes: ["[format('/subscriptions/{0}', subscription().subscriptionId)]"],
        }),
      found: /may be given on \/subscriptions\/[^/]+$/,
    },
  ],
  [
    'a role of our own that is given to nobody',
    { make: (t) => list(inner(t).resources).splice(3, 1), found: /the code needs Patchbay beside a workspace/ },
  ],
  [
    'built-in roles beside our own',
    {
      make: (t) => delete members(list(inner(t).resources)[5]).condition,
      found: /nothing needs Monitoring Contributor/,
    },
  ],
  [
    'a setting that the app does not know',
    {
      make: (t) => list(members(t.variables).ownSettings).push({ name: 'LOG_LEVLE', value: 'info' }),
      found: /LOG_LEVLE is no setting/,
    },
  ],
  ['a setting that the app refuses', { make: set('LOG_LEVEL', 'loud'), found: /LOG_LEVEL must be one of/ }],
  [
    'a password as a parameter',
    {
      make: (t) =>
        Object.assign(members(t.parameters), {
          databasePassword: { type: 'securestring', metadata: { description: 'As it was before.' } },
        }),
      found: /databasePassword is a secret, of which there must be none/,
    },
  ],
  [
    'a secret that the deployment writes',
    {
      make: (t) =>
        list(t.resources).push({
          type: 'Microsoft.KeyVault/vaults/secrets',
          apiVersion: '2023-07-01',
          name: "[format('{0}/{1}', variables('vaultName'), 'key')]",
          properties: { value: 'guess' },
          dependsOn: ["[variables('vaultId')]"],
        }),
      found: /stores a secret/,
    },
  ],
  [
    'a secret that the app refers to',
    {
      make: (t) =>
        Object.assign(members(containerApp(t).configuration), {
          secrets: [{ name: 'key', keyVaultUrl: 'https://patchbay.vault.azure.net/secrets/key', identity: 'system' }],
        }),
      found: /refers to secrets/,
    },
  ],
  [
    'a proxy with its password among the plain settings',
    {
      make: (t) =>
        swap(members(t.variables), 'proxySettings', "'secretRef', 'https-proxy'", "'value', parameters('httpsProxy')"),
      found: /httpsProxy stands in the open/,
    },
  ],
  [
    'a proxy that Azure writes into the history of deployments',
    {
      make: (t) => Object.assign(members(members(t.parameters).httpsProxy), { type: 'string' }),
      found: /httpsProxy must be a securestring/,
    },
  ],
  [
    'a certificate that is mounted elsewhere',
    {
      make: (t) => swap(container(t), 'volumeMounts', '/proxy', '/certificates'),
      found: /NODE_EXTRA_CA_CERTS names a file that can’t be read/,
    },
  ],
  [
    'a proxy of which the app does not hear',
    {
      make: (t) => swap(members(t.variables), 'proxySettings', "'https-proxy'", "'proxy'"),
      found: /httpsProxy does not reach the app/,
    },
  ],
  [
    'a database that takes passwords',
    {
      make: (t) =>
        Object.assign(members(properties(t, 'Microsoft.DBforPostgreSQL/flexibleServers').authConfig), {
          passwordAuth: 'Enabled',
        }),
      found: /lets somebody in by a password/,
    },
  ],
  [
    'a database that nobody makes',
    {
      make: (t) => swap(container(t), 'env', '5432/patchbay', '5432/postgres'),
      found: /a database postgres that nobody makes/,
    },
  ],
  [
    'a connection to whoever answers',
    { make: (t) => swap(container(t), 'env', 'verify-full', 'require'), found: /sslmode=verify-full/ },
  ],
  [
    'a login of another name than the administrator has',
    {
      make: (t) =>
        swap(
          container(t),
          'env',
          "?sslmode=verify-full', variables('identityName')",
          "?sslmode=verify-full', 'patchbay'",
        ),
      found: /whom the server does not know/,
    },
  ],
  [
    'an app that starts before it may sign in to the database',
    {
      make: (t) => {
        const app = resource(t, 'Microsoft.App/containerApps');
        app.dependsOn = list(app.dependsOn).filter((each) => !String(each).includes('databaseLoginName'));
      },
      found: /starts before its login/,
    },
  ],
  [
    'an output that is no setting',
    {
      make: (t) => Object.assign(members(t.outputs), { MICROSOFT_APPID: { type: 'string', value: '' } }),
      found: /MICROSOFT_APPID is no setting/,
    },
  ],
  [
    'a single replica',
    {
      make: (t) => Object.assign(members(members(containerApp(t).template).scale), { minReplicas: 1 }),
      found: /fewer than two replicas/,
    },
  ],
  [
    'a public health port',
    {
      make: (t) => Object.assign(members(members(containerApp(t).configuration).ingress), { targetPort: 3979 }),
      found: /the ingress must lead to PORT/,
    },
  ],
  [
    'a watcher that tells nobody',
    {
      make: (t) =>
        Object.assign(properties(t, 'Microsoft.Insights/scheduledQueryRules'), { actions: { actionGroups: [] } }),
      found: /watches nothing, or tells nobody/,
    },
  ],
  [
    'a bot of another identity',
    {
      make: (t) => Object.assign(properties(t, 'Microsoft.BotService/botServices'), { msaAppId: '' }),
      found: /differ in MICROSOFT_APP_ID/,
    },
  ],
]);
