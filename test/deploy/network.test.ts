import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import main from '../../deploy/azuredeploy.json' with { type: 'json' };
import template from '../../deploy/network.json' with { type: 'json' };
import { uncertainTypes } from './clouds.ts';
import { environmentOf, type Members, onPaper } from './judge.ts';
import { address, judgeNetwork, networkOnPaper } from './network.ts';
import { mistakesOfTheNetwork } from './network-mistakes.ts';
import { privacyFaults } from './private.ts';
import { members } from './template.ts';

const fresh = () => structuredClone(template) as unknown as Members;
const manual = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8');

test('nothing is wrong with the template of the network, in any cloud, with private endpoints and without', () => {
  assert.deepEqual(judgeNetwork(fresh()), []);
});

for (const privateEndpoints of [true, false]) {
  test(`its output is a parameter of the other template ${privateEndpoints ? 'with' : 'without'} private endpoints`, () => {
    const network = networkOnPaper(fresh(), { privateEndpoints }).outputs.get('network') ?? null;
    const deployment = onPaper(structuredClone(main) as unknown as Members, 'first', { network });
    assert.deepEqual(deployment.faults, []);
    const environment = environmentOf(deployment);
    assert.deepEqual(privacyFaults(deployment, environment, { network }), []);
    assert.equal(environment.find(({ name }) => name === 'OUTBOUND_ADDRESSES')?.value, address);
    const of = (type: string) => members(deployment.resources.find((each) => each.type === type)?.body.properties);
    const { databaseSubnetId, databaseDnsZoneId, appSubnetId } = members(network);
    assert.deepEqual(of('Microsoft.DBforPostgreSQL/flexibleServers').network, {
      delegatedSubnetResourceId: databaseSubnetId,
      privateDnsZoneArmResourceId: databaseDnsZoneId,
    });
    assert.deepEqual(of('Microsoft.App/managedEnvironments').vnetConfiguration, {
      infrastructureSubnetId: appSubnetId,
    });
  });
}

test('no type but that of the database needs a version that a cloud apart may lack, and the manual says so', () => {
  for (const type of uncertainTypes()) assert.match(type, /^Microsoft\.DBforPostgreSQL\//);
  assert.ok(uncertainTypes().length > 0 && manual.includes('`2025-08-01`'));
});

test('the manual names each parameter and output of it, and each member of the output', () => {
  const names = [
    ...Object.keys(template.parameters),
    ...Object.keys(template.outputs),
    ...Object.keys(template.outputs.network.value),
  ];
  for (const name of names) assert.ok(manual.includes(`\`${name}\``), name);
});

for (const [name, { make, found }] of mistakesOfTheNetwork) {
  test(`found in the template of the network: ${name}`, () => {
    const wrong = fresh();
    make(wrong);
    const faults = judgeNetwork(wrong);
    assert.ok(
      faults.some((fault) => found.test(fault)),
      `not found; but ${JSON.stringify(faults, null, 2)}`,
    );
  });
}
