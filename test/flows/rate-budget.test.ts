import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { OrgBudget } from '../../ingestion/okta/rate-budget.ts';
import { closeServer, Scene } from '../scene/scene.ts';

after(closeServer);

test('connectors of one org share its budget, and an old answer does not open a window that others have used up', async (t) => {
  const scene = await Scene.open();
  const store = await scene.hold('budget');
  t.after(async () => {
    await store.release();
    await scene.close();
  });
  let now = scene.clock.now();
  const open = async () => new OrgBudget(store.pool, { domain: 'shared.okta.com', share: 0.5, now: () => now });
  const [mine, other] = [await open(), await open()];
  const said = (remaining: number, resetMs: number) => ({ limit: 20, remaining, resetMs });

  assert.equal(await mine.take(), 0);
  mine.learn(said(19, 2_000));
  await mine.tell();
  mine.learn(said(18, 2_000));
  now += 3_000;
  assert.equal(await other.take(), 0);
  other.learn(said(19, 60_000));
  let taken = 1;
  while (taken < 50 && (await other.take()) === 0) taken++;
  assert.equal(taken, 10, 'half of twenty');
  assert.ok((await mine.take()) > 50_000, 'what mine has heard before the window began is no news');
  assert.ok((await other.take()) > 50_000);
});
