import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { Scene, type SceneOptions } from './scene.ts';

/**
 * One scene for all tests of the suite or file in which this is called, opened before the first one. Each test finds it well:
 * what the one before has broken is healed, see `Scene.settled`.
 */
export function sharedScene(
  options: SceneOptions = {},
  prepare: (scene: Scene) => Promise<void> = async () => {},
): () => Scene {
  let scene: Scene | undefined;
  before(async () => {
    scene = await Scene.open(options);
    await prepare(scene);
  });
  afterEach(() => scene?.settled());
  after(() => scene?.close());
  return () => scene ?? assert.fail('the scene is not open yet');
}

/** The same, with the connector "Acme", which is connected. */
export function sharedAcme(options: SceneOptions = {}): () => Scene {
  return sharedScene(options, (scene) => scene.connected());
}
