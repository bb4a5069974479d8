import type { Members } from './judge.ts';
import { type Deployment, type Json, list, members, type Resource } from './template.ts';

/** What is reached by a private endpoint: its type, the name of its group, and the members of `network` and of itself about that. */
const targets = [
  {
    type: 'Microsoft.KeyVault/vaults',
    group: 'vault',
    zone: 'vaultDnsZoneId',
    access: { public: 'enabled', private: 'disabled' },
  },
  {
    type: 'Microsoft.ContainerRegistry/registries',
    group: 'registry',
    zone: 'registryDnsZoneId',
    access: { public: 'Enabled', private: 'Disabled' },
  },
] as const;

const endpoints = 'Microsoft.Network/privateEndpoints';
const groups = `${endpoints}/privateDnsZoneGroups`;

/**
 * What is open though a network was given, or closed though none was: the vault and the registry have a public address, or a
 * private endpoint in the subnet for them, whose zone knows their name, before the app starts. The app hears of its addresses,
 * unless a proxy goes out for it.
 */
export function privacyFaults(
  deployment: Deployment,
  environment: { name: string; value: string }[],
  given: Members,
): string[] {
  const network = members(given.network);
  const addresses = given.httpsProxy ? [] : list(network.outboundAddresses);
  const told = environment.find(({ name }) => name === 'OUTBOUND_ADDRESSES')?.value;
  const wanted = addresses.length > 0 ? addresses.join(',') : undefined;
  const faults = told === wanted ? [] : [`OUTBOUND_ADDRESSES must be ${wanted ?? 'left out'}`];
  return [
    ...faults,
    ...tierFaults(deployment, network),
    ...targets.flatMap((each) => targetFaults(deployment, network, each)),
  ];
}

function targetFaults(
  deployment: Deployment,
  network: Members,
  { type, group, zone, access }: (typeof targets)[number],
): string[] {
  const there = deployment.resources.filter(({ deployed }) => deployed);
  const target = there.find((each) => each.type === type);
  const { publicNetworkAccess = null } = members(target?.body.properties);
  const found = there.filter(
    (each) => each.type === endpoints && connectionOf(each).privateLinkServiceId === target?.id,
  );
  const wanted = network.endpointsSubnetId ? 'private' : 'public';
  if (publicNetworkAccess !== access[wanted]) return [`the ${group} must be ${wanted}`];
  if (wanted === 'public') return found.length > 0 ? [`the ${group} has an endpoint, and no network`] : [];
  const [endpoint] = found;
  if (!endpoint || found.length > 1) return [`the ${group} must have one endpoint`];
  const app = there.find((each) => each.type === 'Microsoft.App/containerApps');
  const named = there.find((each) => each.type === groups && each.id.startsWith(`${endpoint.id}/`));
  const [config] = list(members(named?.body.properties).privateDnsZoneConfigs);
  const faults: string[] = [];
  if (members(members(endpoint.body.properties).subnet).id !== network.endpointsSubnetId)
    faults.push(`the endpoint of the ${group} is in another subnet`);
  if (list(connectionOf(endpoint).groupIds).join() !== group)
    faults.push(`the endpoint of the ${group} is not for its group ${group}`);
  if (members(members(config).properties).privateDnsZoneId !== network[zone])
    faults.push(`no zone knows the name of the ${group}`);
  if (!named || !app?.dependsOn.includes(named.id))
    faults.push(`the app starts before the ${group} is reached by its name`);
  return faults;
}

function tierFaults({ resources }: Deployment, network: Members): string[] {
  const tier = members(resources.find(({ type }) => type === 'Microsoft.ContainerRegistry/registries')?.body.sku).name;
  const wanted = network.endpointsSubnetId ? 'Premium' : 'Basic';
  return tier === wanted ? [] : [`the registry must be of the tier ${wanted}`];
}

/** What must not be made of a network that is refused: each waits for the check. */
export function unguarded({ resources }: Deployment): string[] {
  const check = resources.find(({ id }) => id.endsWith('-network-parameters'));
  const guarded = [
    ...targets.map(({ type }) => type),
    'Microsoft.DBforPostgreSQL/flexibleServers',
    'Microsoft.App/managedEnvironments',
  ];
  const waits = (resource: Resource) => check !== undefined && resource.dependsOn.includes(check.id);
  return resources
    .filter((each) => guarded.some((type) => type === each.type) && !waits(each))
    .map(({ type }) => `${type} is made before the network is checked`);
}

function connectionOf({ body }: Resource): { [name: string]: Json } {
  return members(members(list(members(body.properties).privateLinkServiceConnections)[0]).properties);
}
