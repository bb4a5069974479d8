import { after, test } from 'node:test';
import { liveThrough } from '../scene/life.ts';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

test('a connector on a table that others have made is fed, changed and deleted, and they lose no column', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await liveThrough(scene);
});
