import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, kinds } from '../fuzz/kinds.ts';

// The same few each time, so that a change is what makes it fail; `npm run fuzz` draws many, and others.
const seed = 20_260_302;

for (const kind of kinds) {
  test(`whatever comes in is read, or refused for a reason: ${kind.name}`, async () => {
    const { faults } = await fuzz(kind, { seed, times: kind.few });
    assert.deepEqual([...faults], []);
  });
}
