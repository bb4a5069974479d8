import type { Members } from './judge.ts';
import { type Mistake, properties, resource } from './mistakes.ts';
import { list, members } from './template.ts';

const variables = (template: Members) => members(template.variables);
const endpoint = 'Microsoft.Network/privateEndpoints';
const group = `${endpoint}/privateDnsZoneGroups`;
const connection = (template: Members, at: number) =>
  members(list(properties(template, endpoint, at).privateLinkServiceConnections)[0]);
const config = (template: Members, at: number) =>
  members(list(properties(template, group, at).privateDnsZoneConfigs)[0]);
const without = (owner: Members, name: string, part: string) => {
  owner[name] = list(owner[name]).filter((each) => !String(each).includes(part));
};

/** Mistakes about networks in azuredeploy.json. */
export const mistakesInside = new Map<string, Mistake>([
  [
    'a vault that stays public in a network',
    {
      make: (t) => Object.assign(properties(t, 'Microsoft.KeyVault/vaults'), { publicNetworkAccess: 'enabled' }),
      found: /the vault must be private/,
    },
  ],
  [
    'a registry that is private without a network',
    {
      make: (t) =>
        Object.assign(properties(t, 'Microsoft.ContainerRegistry/registries'), { publicNetworkAccess: 'Disabled' }),
      found: /the registry must be public/,
    },
  ],
  [
    'a registry too small for private endpoints',
    {
      make: (t) => Object.assign(resource(t, 'Microsoft.ContainerRegistry/registries'), { sku: { name: 'Standard' } }),
      found: /the registry must be of the tier Premium/,
    },
  ],
  [
    'an endpoint that leads to the other one',
    {
      make: (t) =>
        Object.assign(members(connection(t, 0).properties), { privateLinkServiceId: "[variables('registryId')]" }),
      found: /the vault must have one endpoint/,
    },
  ],
  [
    'an endpoint of a group that the service does not have',
    {
      make: (t) => Object.assign(members(connection(t, 1).properties), { groupIds: ['registries'] }),
      found: /not for its group registry/,
    },
  ],
  [
    'an endpoint in the subnet of the app, which is delegated',
    {
      make: (t) => Object.assign(members(properties(t, endpoint).subnet), { id: "[variables('network').appSubnetId]" }),
      found: /the endpoint of the vault is in another subnet/,
    },
  ],
  ['endpoints without a network', { make: (t) => delete resource(t, endpoint, 1).condition, found: /must be a text/ }],
  [
    'names in the zone of the other service',
    {
      make: (t) =>
        Object.assign(members(config(t, 0).properties), {
          privateDnsZoneId: "[variables('network').registryDnsZoneId]",
        }),
      found: /no zone knows the name of the vault/,
    },
  ],
  [
    'an app that starts before it reaches the vault',
    {
      make: (t) => without(resource(t, 'Microsoft.App/containerApps'), 'dependsOn', "'vaultEndpointName'"),
      found: /the app starts before the vault is reached/,
    },
  ],
  [
    'an app whose image may be asked for by a public name',
    {
      make: (t) => without(resource(t, 'Microsoft.App/containerApps'), 'dependsOn', "'registryEndpointName'"),
      found: /the app starts before the registry is reached/,
    },
  ],
  [
    'a registry that is closed before the network is checked',
    {
      make: (t) => delete resource(t, 'Microsoft.ContainerRegistry/registries').dependsOn,
      found: /registries is made before the network is checked/,
    },
  ],
  [
    'addresses of which the app does not hear',
    {
      make: (t) => Object.assign(variables(t), { addressSettings: "[variables('none')]" }),
      found: /OUTBOUND_ADDRESSES must be 203/,
    },
  ],
  [
    'addresses that are told although a proxy goes out',
    {
      make: (t) => {
        variables(t).addressSettings = String(variables(t).addressSettings).replace(
          "or(variables('proxied'), empty(variables('network').outboundAddresses))",
          "empty(variables('network').outboundAddresses)",
        );
      },
      found: /OUTBOUND_ADDRESSES must be left out/,
    },
  ],
  [
    'an endpoint with a misspelt member',
    {
      make: (t) => Object.assign(connection(t, 0), { groupId: 'vault' }),
      found: /privateLinkServiceConnections\[0\]\.groupId is unknown/,
    },
  ],
]);
