import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

test('where a policy wants tags, rules are made with those that the operator has set, and with our own', async (t) => {
  const scene = await Scene.open({ tags: { costCentre: 'soc' } });
  t.after(() => scene.close());
  const { governance, estate } = scene.azure;
  const scope = scene.workspace.id.split('/').slice(0, 5).join('/');
  const type = 'Microsoft.Insights/dataCollectionRules';
  governance.policies.add({ name: 'Require a cost centre', scope, type, requiredTag: 'costCentre' });
  await scene.connected();
  await scene.eventually('select 1 as made from health_rules where rule is not null');
  const [connector] = await scene.rows<{ id: string }>('select id from connectors');
  const tags = [...estate.rules.values()].map((rule) => rule.tags);
  assert.deepEqual(
    tags.sort((one, other) => Object.keys(one ?? {}).length - Object.keys(other ?? {}).length),
    [
      { costCentre: 'soc', product: 'Patchbay' },
      { costCentre: 'soc', product: 'Patchbay', connector: connector?.id },
    ],
  );
});
