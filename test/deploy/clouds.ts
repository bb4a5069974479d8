import type { Resource } from './template.ts';

/**
 * The api-version of each type in the templates, and why every cloud is thought to have it. A cloud apart gets versions late:
 * in February 2025 China had none of container groups after 2023-05-01 (Azure/azure-cli#30847), in April 2025 none of container
 * apps from 2025 (hashicorp/terraform-provider-azurerm#29449), US Government in 2025 none of web sites from 2024-11-01
 * (Azure/azure-cli#31943), both in May 2026 none of storage from 2025-08-01 (#32301 and #32402 of the provider). No list is
 * published for each cloud, so a version is taken that somebody uses there, or else the oldest stable one whose schema is at
 * hand. A version once offered stays for years.
 */
const versions = new Map<string, { version: string; because: string }>([
  ...each(
    '2023-02-01',
    'Azure/ALZ-Bicep makes networks with it, in China too (hubNetworking.bicep, mc-hubNetworking parameters)',
    ['Microsoft.Network/publicIPAddresses', 'Microsoft.Network/natGateways', 'Microsoft.Network/virtualNetworks'],
  ),
  ...each('2023-02-01', 'Azure/missionlz uses 2023-04-01, the next one, in US Government; China as networks above', [
    'Microsoft.Network/privateEndpoints',
    'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
  ]),
  ...each('2020-06-01', 'of 2020; Azure/missionlz uses 2018-09-01 in US Government', [
    'Microsoft.Network/privateDnsZones',
    'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
  ]),
  ...each('2024-03-01', 'China began in August 2024; of US Government nothing is known', [
    'Microsoft.App/managedEnvironments',
    'Microsoft.App/containerApps',
  ]),
  ...each('2025-08-01', 'no older stable one takes PostgreSQL 17 (Azure/azure-rest-api-specs#36451)', [
    'Microsoft.DBforPostgreSQL/flexibleServers',
    'Microsoft.DBforPostgreSQL/flexibleServers/administrators',
    'Microsoft.DBforPostgreSQL/flexibleServers/databases',
    'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules',
  ]),
  ...each('2023-07-01', 'oldest stable one at hand; Azure/missionlz uses 2022-07-01 of vaults in US Government', [
    'Microsoft.KeyVault/vaults',
    'Microsoft.ContainerRegistry/registries',
  ]),
  ...each('2023-01-31', 'oldest stable one at hand', ['Microsoft.ManagedIdentity/userAssignedIdentities']),
  ...each('2023-09-01', 'oldest stable one at hand', ['Microsoft.OperationalInsights/workspaces']),
  ...each('2022-06-15', 'oldest stable one at hand', ['Microsoft.Insights/scheduledQueryRules']),
  ...each('2023-01-01', 'of early 2023', ['Microsoft.Insights/actionGroups']),
  ...each('2020-02-02', 'the only stable one', ['Microsoft.Insights/components']),
  ...each('2021-05-01-preview', 'the only one', ['Microsoft.Insights/diagnosticSettings']),
  ...each('2022-09-15', 'the only stable one', [
    'Microsoft.BotService/botServices',
    'Microsoft.BotService/botServices/channels',
  ]),
  ...each('2022-04-01', 'the newest stable one, of 2022', [
    'Microsoft.Authorization/roleAssignments',
    'Microsoft.Authorization/roleDefinitions',
  ]),
  ...each('2022-09-01', 'of 2022; the schema at hand is that of a later one', ['Microsoft.Resources/deployments']),
]);

/** The day from which on a version may be missing in a cloud apart: reports show up to two years. */
const mayBeMissing = '2024-06-01';

/** What is wrong with the versions of the resources, for the clouds apart. */
export function versionFaults(resources: Resource[]): string[] {
  return resources.flatMap(({ type, apiVersion, path }) => {
    const known = versions.get(type);
    if (!known) return [`${path}: no version of ${type} is known to be in every cloud`];
    return known.version === apiVersion ? [] : [`${path}: ${type} takes ${known.version} in every cloud`];
  });
}

/** Types in a version that a cloud apart may lack. */
export function uncertainTypes(): string[] {
  return [...versions].filter(([, { version }]) => version >= mayBeMissing).map(([type]) => type);
}

function each(version: string, because: string, types: string[]): [string, { version: string; because: string }][] {
  return types.map((type) => [type, { version, because }]);
}
