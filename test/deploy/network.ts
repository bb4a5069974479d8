import main from '../../deploy/azuredeploy.json' with { type: 'json' };
import { versionFaults } from './clouds.ts';
import { type Members, onPaper, place, runtime } from './judge.ts';
import { shapeFaults } from './shapes.ts';
import { type Deployment, deploy, list, members } from './template.ts';

/** The address of the gateway on paper. */
export const address = '203.0.113.7';
const answers = new Map([...runtime, ['Microsoft.Network/publicIPAddresses', () => ({ ipAddress: address })]]);

/** The network deployed on paper, in a cloud, with these parameters. */
export function networkOnPaper(template: Members, given: Members = {}, cloud = place.cloud): Deployment {
  return deploy(template, given, { ...place, cloud }, answers);
}

/**
 * The names of the zones in each cloud, of the database, the vault and the registry. Sources: learn.microsoft.com and
 * docs.azure.cn, azure/private-link/private-endpoint-dns; Azure/missionlz, private-dns-zone-names.bicep, of US Government.
 */
const zones = new Map([
  [
    'AzureCloud',
    ['patchbay.private.postgres.database.azure.com', 'privatelink.vaultcore.azure.net', 'privatelink.azurecr.io'],
  ],
  [
    'AzureUSGovernment',
    [
      'patchbay.private.postgres.database.usgovcloudapi.net',
      'privatelink.vaultcore.usgovcloudapi.net',
      'privatelink.azurecr.us',
    ],
  ],
  [
    'AzureChinaCloud',
    ['patchbay.private.postgres.database.chinacloudapi.cn', 'privatelink.vaultcore.azure.cn', 'privatelink.azurecr.cn'],
  ],
]);

/** Each subnet: to whom it is delegated, and the smallest that it may be. */
const uses = new Map([
  ['apps', { delegated: 'Microsoft.App/environments', bits: 27 }],
  ['databases', { delegated: 'Microsoft.DBforPostgreSQL/flexibleServers', bits: 28 }],
  ['endpoints', { delegated: 'nobody', bits: 28 }],
]);

/** Where each member of the output has to lead: a subnet, or the zone of that place in the list. */
const leads = new Map<string, string | number>([
  ['appSubnetId', 'apps'],
  ['databaseSubnetId', 'databases'],
  ['endpointsSubnetId', 'endpoints'],
  ['databaseDnsZoneId', 0],
  ['vaultDnsZoneId', 1],
  ['registryDnsZoneId', 2],
]);

/** All that is wrong with the template of the network, in each cloud, with and without private endpoints. */
export function judgeNetwork(template: Members): string[] {
  const faults = [...zones].flatMap(([cloud, names]) =>
    [true, false].flatMap((privateEndpoints) => {
      const wanted = privateEndpoints ? names : names.slice(0, 1);
      const deployment = networkOnPaper(template, { privateEndpoints, tags: { costCenter: 'soc' } }, cloud);
      return [
        ...deployment.faults,
        ...versionFaults(deployment.resources),
        ...shapeFaults(deployment.resources),
        ...subnetFaults(deployment),
        ...wayOutFaults(deployment),
        ...zoneFaults(deployment, wanted).map((fault) => `${cloud}: ${fault}`),
        ...outputFaults(deployment, names, privateEndpoints),
        ...(cloud === place.cloud ? takenFaults(deployment) : []),
      ];
    }),
  );
  return [...new Set(faults)];
}

const ofType = ({ resources }: Deployment, type: string) =>
  resources.filter((each) => each.type === `Microsoft.Network/${type}`);

function subnetsOf(deployment: Deployment): { name: string; prefix: string; properties: Members }[] {
  const [network] = ofType(deployment, 'virtualNetworks');
  return list(members(network?.body.properties).subnets).map((each) => {
    const { name, properties } = members(each);
    const own = members(properties);
    return { name: String(name), prefix: String(own.addressPrefix), properties: own };
  });
}

function subnetFaults(deployment: Deployment): string[] {
  const [network] = ofType(deployment, 'virtualNetworks');
  const whole = String(list(members(members(network?.body.properties).addressSpace).addressPrefixes)[0]);
  const subnets = subnetsOf(deployment);
  const each = subnets.flatMap(({ name, prefix, properties }, at) => {
    const use = uses.get(name);
    if (!use) return [`nobody knows what the subnet ${name} is for`];
    const [delegation] = list(properties.delegations);
    const delegated = members(members(delegation).properties).serviceName ?? 'nobody';
    const [from, to] = rangeOf(prefix);
    const [first, last] = rangeOf(whole);
    const common = subnets
      .slice(0, at)
      .filter((other) => from <= rangeOf(other.prefix)[1] && rangeOf(other.prefix)[0] <= to);
    return [
      ...(delegated === use.delegated ? [] : [`${name} must be delegated to ${use.delegated}`]),
      ...(Number(prefix.split('/')[1]) <= use.bits ? [] : [`${name} is smaller than a /${use.bits}`]),
      ...(first <= from && to <= last ? [] : [`${prefix} is not in ${whole}`]),
      ...common.map((other) => `${other.prefix} and ${prefix} have addresses in common`),
    ];
  });
  const missing = [...uses.keys()].filter((name) => !subnets.some((subnet) => subnet.name === name));
  return [...each, ...missing.map((name) => `there is no subnet ${name}`)];
}

/** The first and the last address of a prefix, as numbers. */
function rangeOf(prefix: string): [number, number] {
  const [start = '', bits] = prefix.split('/');
  const first = start.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

function wayOutFaults(deployment: Deployment): string[] {
  const [gateway] = ofType(deployment, 'natGateways');
  const [outside] = ofType(deployment, 'publicIPAddresses');
  const byGateway = subnetsOf(deployment)
    .filter(({ properties }) => members(properties.natGateway).id === gateway?.id)
    .map(({ name }) => name);
  const [first] = list(members(gateway?.body.properties).publicIpAddresses);
  const stays = members(outside?.body.properties).publicIPAllocationMethod === 'Static';
  return [
    ...(byGateway.join() === 'apps' ? [] : ['only apps may go out by the gateway']),
    ...(members(first).id === outside?.id && stays ? [] : ['the address does not stay']),
  ];
}

function zoneFaults(deployment: Deployment, wanted: string[]): string[] {
  const made = ofType(deployment, 'privateDnsZones').map(({ id }) => lastOf(id));
  const [network] = ofType(deployment, 'virtualNetworks');
  const links = ofType(deployment, 'privateDnsZones/virtualNetworkLinks');
  const linked = links
    .filter(({ body }) => members(members(body.properties).virtualNetwork).id === network?.id)
    .map(({ id }) => id.split('/').at(-3));
  return [
    ...(made.join() === wanted.join() ? [] : [`the zones must be ${wanted.join(', ')}`]),
    ...made.filter((name) => !linked.includes(name)).map((name) => `${name} is not linked to the network`),
    ...links
      .filter(({ body }) => members(body.properties).registrationEnabled !== false)
      .map(({ id }) => `${id} registers names`),
  ];
}

function outputFaults(deployment: Deployment, names: string[], privateEndpoints: boolean): string[] {
  const output = members(deployment.outputs.get('network'));
  return [...leads].flatMap(([member, where]) => {
    const isEndpoint = member === 'endpointsSubnetId' || Number(where) > 0;
    const wanted = isEndpoint && !privateEndpoints ? '' : typeof where === 'number' ? names[where] : where;
    const led = lastOf(String(output[member]));
    return led === wanted ? [] : [`${member} leads to ${led || 'nowhere'}`];
  });
}

/** What azuredeploy.json says to the output. */
function takenFaults({ outputs }: Deployment): string[] {
  const taken = onPaper(structuredClone(main) as unknown as Members, 'first', {
    network: outputs.get('network') ?? null,
  });
  return taken.faults;
}

function lastOf(id: string): string {
  return id.split('/').at(-1) ?? '';
}
