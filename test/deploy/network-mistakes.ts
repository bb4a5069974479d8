import type { Members } from './judge.ts';
import { type Mistake, properties, resource } from './mistakes.ts';
import { type Json, list, members } from './template.ts';

const variables = (template: Members) => members(template.variables);
const subnets = (template: Members) =>
  list(properties(template, 'Microsoft.Network/virtualNetworks').subnets).map(members);
const output = (template: Members) => members(members(members(template.outputs).network).value);
const setOutput = (name: string, value: Json) => (template: Members) => {
  output(template)[name] = value;
};

/** Mistakes in network.json. */
export const mistakesOfTheNetwork = new Map<string, Mistake>([
  [
    'a network in a version that a cloud apart may lack',
    {
      make: (t) => Object.assign(resource(t, 'Microsoft.Network/virtualNetworks'), { apiVersion: '2025-05-01' }),
      found: /virtualNetworks takes 2023-02-01 in every cloud/,
    },
  ],
  [
    'a misspelt member of a subnet',
    {
      make: (t) => Object.assign(members(subnets(t)[0]?.properties), { natGateways: [] }),
      found: /subnets\[0\]\.properties\.natGateways is unknown/,
    },
  ],
  [
    'a subnet that nobody is delegated to',
    {
      make: (t) => delete members(subnets(t)[1]?.properties).delegations,
      found: /databases must be delegated to Microsoft.DBforPostgreSQL\/flexibleServers/,
    },
  ],
  [
    'a subnet of endpoints that is delegated',
    {
      make: (t) =>
        Object.assign(members(subnets(t)[2]?.properties), {
          delegations: members(subnets(t)[0]?.properties).delegations ?? [],
        }),
      found: /endpoints must be delegated to nobody/,
    },
  ],
  [
    'subnets that have addresses in common',
    {
      make: (t) => Object.assign(members(members(t.parameters).endpointsPrefix), { defaultValue: '10.90.2.8/28' }),
      found: /10\.90\.2\.0\/28 and 10\.90\.2\.8\/28 have addresses in common/,
    },
  ],
  [
    'a subnet outside of the network',
    {
      make: (t) => Object.assign(members(members(t.parameters).endpointsPrefix), { defaultValue: '10.90.4.0/28' }),
      found: /10\.90\.4\.0\/28 is not in 10\.90\.0\.0\/22/,
    },
  ],
  [
    'a subnet too small for the app',
    {
      make: (t) => Object.assign(members(members(t.parameters).appsPrefix), { defaultValue: '10.90.0.0/28' }),
      found: /apps is smaller than a \/27/,
    },
  ],
  [
    'an app that goes out by no gateway',
    {
      make: (t) => delete members(subnets(t)[0]?.properties).natGateway,
      found: /only apps may go out by the gateway/,
    },
  ],
  [
    'an address that changes',
    {
      make: (t) =>
        Object.assign(properties(t, 'Microsoft.Network/publicIPAddresses'), { publicIPAllocationMethod: 'Dynamic' }),
      found: /the address does not stay/,
    },
  ],
  [
    'a zone of the public cloud everywhere',
    {
      make: (t) =>
        Object.assign(members(members(variables(t).zonesOf).AzureChinaCloud), {
          vault: 'privatelink.vaultcore.azure.net',
        }),
      found: /AzureChinaCloud: the zones must be/,
    },
  ],
  [
    'a zone without a link',
    {
      make: (t) => {
        const link = resource(t, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
        Object.assign(members(link.copy), { count: 2 });
      },
      found: /privatelink\.azurecr\.io is not linked to the network/,
    },
  ],
  [
    'a link that would write its own names',
    {
      make: (t) =>
        Object.assign(properties(t, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks'), {
          registrationEnabled: true,
        }),
      found: /registers names/,
    },
  ],
  [
    'an output that the other template does not take',
    { make: setOutput('vaultZoneId', ''), found: /network_has_only_members/ },
  ],
  [
    'an output by half',
    {
      make: setOutput('registryDnsZoneId', ''),
      found: /endpointsSubnetId_vaultDnsZoneId_and_registryDnsZoneId_go_together/,
    },
  ],
  [
    'an output that leads to the wrong subnet',
    {
      make: setOutput('endpointsSubnetId', "[format('{0}/subnets/apps', variables('networkId'))]"),
      found: /endpointsSubnetId leads to apps/,
    },
  ],
  [
    'an output that leads to the wrong zone',
    {
      make: setOutput(
        'vaultDnsZoneId',
        "[resourceId('Microsoft.Network/privateDnsZones', variables('zones').registry)]",
      ),
      found: /vaultDnsZoneId leads to privatelink\.azurecr\.io/,
    },
  ],
]);
