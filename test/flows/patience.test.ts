import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, goodDetails, Scene } from '../scene/scene.ts';

after(closeServer);

/** Teams shows "Unable to reach app" after some ten seconds. */
const patienceMs = 9_500;

test('when Azure is silent at Connect, the dialog says so in time, and nothing is made', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  const silent = scene.azure.faults.add({ where: 'arm', do: 'hang' });
  const patience = scene.clock.patience.deadline(patienceMs);
  scene.clock.speed = 50;
  await wizard.submit(goodDetails(scene));
  assert.ok(!patience.signal.aborted);
  assert.match(wizard.text, /could not be read from Azure.*No answer in time/);
  assert.deepEqual(await scene.rows('select id from connectors'), []);
  silent();
});
