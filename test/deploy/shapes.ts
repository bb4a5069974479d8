import { type Json, list, members, type Resource } from './template.ts';

/** What a value may be: a kind, a list of one shape, or an object with these members and no others. */
type Shape = 'text' | 'flag' | 'count' | [Shape] | { [name: string]: Shape };

const reference: Shape = { id: 'text' };
const placed: { [name: string]: Shape } = { location: 'text', tags: {} };

/**
 * The members of networks that the templates use, as there is no published schema of these types at hand. Source:
 * Azure/azure-rest-api-specs, specification/network/resource-manager/Microsoft.Network/stable/2023-02-01 and
 * specification/privatedns/resource-manager/Microsoft.Network/stable/2020-06-01.
 */
const shapes = new Map<string, { [name: string]: Shape }>([
  [
    'Microsoft.Network/publicIPAddresses',
    {
      ...placed,
      sku: { name: 'text' },
      properties: { publicIPAllocationMethod: 'text', publicIPAddressVersion: 'text' },
    },
  ],
  [
    'Microsoft.Network/natGateways',
    {
      ...placed,
      sku: { name: 'text' },
      properties: { publicIpAddresses: [reference], idleTimeoutInMinutes: 'count' },
    },
  ],
  [
    'Microsoft.Network/virtualNetworks',
    {
      ...placed,
      properties: {
        addressSpace: { addressPrefixes: ['text'] },
        subnets: [
          {
            name: 'text',
            properties: {
              addressPrefix: 'text',
              natGateway: reference,
              delegations: [{ name: 'text', properties: { serviceName: 'text' } }],
              privateEndpointNetworkPolicies: 'text',
            },
          },
        ],
      },
    },
  ],
  ['Microsoft.Network/privateDnsZones', { ...placed, properties: {} }],
  [
    'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
    { ...placed, properties: { registrationEnabled: 'flag', virtualNetwork: reference } },
  ],
  [
    'Microsoft.Network/privateEndpoints',
    {
      ...placed,
      properties: {
        subnet: reference,
        privateLinkServiceConnections: [
          { name: 'text', properties: { privateLinkServiceId: 'text', groupIds: ['text'] } },
        ],
      },
    },
  ],
  [
    'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
    { properties: { privateDnsZoneConfigs: [{ name: 'text', properties: { privateDnsZoneId: 'text' } }] } },
  ],
]);

/** Whether the members of this type are judged here, and not by a published schema. */
export function isShaped(type: string): boolean {
  return type.startsWith('Microsoft.Network/');
}

/** What Azure would not know in the networks among the resources. */
export function shapeFaults(resources: Resource[]): string[] {
  return resources.flatMap(({ type, body, path }) => {
    if (!isShaped(type)) return [];
    const shape = shapes.get(type);
    if (!shape) return [`${path}: ${type} is no type of networks`];
    const { type: _, apiVersion: __, name: ___, comments: ____, condition: _____, copy: ______, ...own } = body;
    return faultsOf(own, shape, path);
  });
}

function faultsOf(value: Json | undefined, shape: Shape, path: string): string[] {
  if (shape === 'text') return typeof value === 'string' && value !== '' ? [] : [`${path} must be a text`];
  if (shape === 'flag') return typeof value === 'boolean' ? [] : [`${path} must be true or false`];
  if (shape === 'count') return Number.isInteger(value) ? [] : [`${path} must be a whole number`];
  if (Array.isArray(shape)) {
    const [each] = shape;
    if (list(value).length === 0) return [`${path} must be a list that is not empty`];
    return list(value).flatMap((item, at) => faultsOf(item, each, `${path}[${at}]`));
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path} must be an object`];
  if (path.endsWith('.tags')) return [];
  return Object.entries(members(value)).flatMap(([name, inner]) => {
    const known = shape[name];
    return known === undefined ? [`${path}.${name} is unknown`] : faultsOf(inner, known, `${path}.${name}`);
  });
}
