import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockReadings } from '../house/clock.ts';
import { textsOf } from '../house/writers.ts';

const texts = textsOf(['bot', 'cards', 'ingestion', 'manifest']);

test('nothing but the runtime environment and the embedded store reads the machine’s own clock', () => {
  assert.ok(texts.size > 150, `${texts.size} files`);
  assert.deepEqual(clockReadings(texts), []);
});

test('a planted reading of the clock is found, and a time that is given is none', () => {
  const planted = (code: string, file = 'ingestion/attic/planted.ts') => clockReadings(new Map([[file, code]])).length;
  for (const code of [
    'const at = Date.now();',
    'const at = new Date();',
    'const from = performance.now();',
    'setTimeout(() => done(), 50);',
    'const timer = setInterval(look, 50);',
    'const { signal } = { signal: AbortSignal.timeout(5_000) };',
    "import { setTimeout as rest } from 'node:timers/promises';",
    'const start = process.hrtime.bigint();',
  ])
    assert.ok(planted(code) > 0, code);
  assert.equal(planted('Date.now()', 'bot/app.ts'), 1);
  assert.equal(planted('new Date(now); runtime.sleep(50); runtime.deadline(5_000)'), 0);
  assert.equal(planted('Date.now()', 'ingestion/runtime/network.ts'), 0);
});
