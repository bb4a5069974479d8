import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { found, plainly } from './schedule/found.ts';
import { plan } from './schedule/plan.ts';
import { openStore, run } from './schedule/run.ts';

const firstSeed = Number(process.env.SCHEDULE_SEED ?? 1);
const schedules = Number(process.env.SCHEDULES ?? 50);

let store: Awaited<ReturnType<typeof openStore>>;
before(async () => {
  store = await openStore();
});
after(() => store.close());

test(`whatever befalls pages, uploads and the store, nothing is lost and only what is in doubt repeats (${schedules} schedules from seed ${firstSeed})`, async (t) => {
  let repeated = 0;
  let possiblyDuplicated = 0;
  let counted = 0;
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
    const model = await run(store, plan(seed));
    repeated += model.repeated;
    possiblyDuplicated += model.possiblyDuplicated;
    counted += model.counted;
  }
  assert.ok(repeated <= possiblyDuplicated);
  const figures = `${repeated} events repeated, ${possiblyDuplicated} in doubt, ${counted} counted as possibly twice`;
  assert.ok(counted < 5 * possiblyDuplicated, figures);
  t.diagnostic(figures);
});

for (const [what, lists] of found) {
  test(what, async () => {
    for (const steps of lists) await run(store, plainly(steps));
  });
}
