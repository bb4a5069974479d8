import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import main from '../../deploy/azuredeploy.json' with { type: 'json' };
import template from '../../deploy/network.json' with { type: 'json' };
import { type Members, onPaper, place, runtime } from './judge.ts';
import { deploy, list, members } from './template.ts';

const fresh = () => structuredClone(template) as unknown as Members;
const address = '203.0.113.7';
const onSubnets = new Map([...runtime, ['Microsoft.Network/publicIPAddresses', () => ({ ipAddress: address })]]);
const network = (given: Members = {}, cloud = place.cloud) => deploy(fresh(), given, { ...place, cloud }, onSubnets);

test('nothing leads nowhere in the template of the network', () => {
  assert.deepEqual(network({ tags: { costCenter: 'soc' } }).faults, []);
});

test('what it puts out is what the other template takes: a database without an address, an app in its subnet', () => {
  const { outputs, resources } = network();
  const { outboundAddress, ...subnets } = Object.fromEntries(outputs);
  assert.equal(outboundAddress, address);
  const { faults, resources: all } = onPaper(structuredClone(main) as unknown as Members, 'first', subnets);
  assert.deepEqual(faults, []);
  const of = (type: string) => members(all.find((each) => each.type === type)?.body.properties);
  const { delegatedSubnetResourceId, privateDnsZoneArmResourceId } = members(
    of('Microsoft.DBforPostgreSQL/flexibleServers').network,
  );
  const { infrastructureSubnetId } = members(of('Microsoft.App/managedEnvironments').vnetConfiguration);
  assert.equal(delegationOf(String(delegatedSubnetResourceId)), 'Microsoft.DBforPostgreSQL/flexibleServers');
  assert.equal(delegationOf(String(infrastructureSubnetId)), 'Microsoft.App/environments');
  assert.ok(resources.some(({ id, type }) => id === privateDnsZoneArmResourceId && type.endsWith('/privateDnsZones')));

  function delegationOf(subnet: string): unknown {
    const [id, name] = subnet.split('/subnets/');
    const found = resources.find((each) => each.id === id);
    const properties = list(members(found?.body.properties).subnets)
      .map(members)
      .find((each) => each.name === name)?.properties;
    return members(members(list(members(properties).delegations)[0]).properties).serviceName;
  }
});

test('the app alone goes out by the gateway, from an address that stays', () => {
  const { resources } = network();
  const of = (type: string) => resources.find((each) => each.type === `Microsoft.Network/${type}`);
  const subnets = list(members(of('virtualNetworks')?.body.properties).subnets).map(members);
  const gateways = subnets.map(({ name, properties }) => [
    name,
    members(members(properties).natGateway ?? {}).id ?? null,
  ]);
  assert.deepEqual(gateways, [
    ['apps', of('natGateways')?.id],
    ['databases', null],
  ]);
  const [first] = list(members(of('natGateways')?.body.properties).publicIpAddresses);
  assert.equal(members(first).id, of('publicIPAddresses')?.id);
  assert.equal(members(of('publicIPAddresses')?.body.properties).publicIPAllocationMethod, 'Static');
});

test('the names of the database are those of its cloud', () => {
  const zone = (cloud: string) => String(network({}, cloud).outputs.get('databaseDnsZoneId')).split('/').at(-1);
  assert.equal(zone('AzureCloud'), 'patchbay.private.postgres.database.azure.com');
  assert.equal(zone('AzureUSGovernment'), 'patchbay.private.postgres.database.usgovcloudapi.net');
  assert.equal(zone('AzureChinaCloud'), 'patchbay.private.postgres.database.chinacloudapi.cn');
});

test('the manual names each parameter and output of it', () => {
  const manual = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8');
  for (const name of [...Object.keys(template.parameters), ...Object.keys(template.outputs)])
    assert.ok(manual.includes(`\`${name}\``), name);
});
