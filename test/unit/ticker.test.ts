import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { openLog } from '../../ingestion/runtime/log.ts';
import { everySecond } from '../../ingestion/runtime/ticker.ts';

// Two seconds before New York's clocks go back, as a process that was started there sees them.
const program = `
  const shift = Date.parse('2026-11-01T05:59:58Z') - Date.now();
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length === 0 ? super(Real.now() + shift) : super(...given); }
    static now() { return Real.now() + shift; }
  };
  const { everySecond } = await import(${JSON.stringify(import.meta.resolve('../../ingestion/runtime/ticker.ts'))});
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const task = everySecond({ restMs: async () => 0, tick: async () => {
    if (Date.now() < Date.parse('2026-11-01T06:00:00Z')) return;
    process.stdout.write('ticked');
    await task.stop();
  } }, log);
`;

test('in a local time zone the ticker goes on through the hour that comes twice', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, TZ: 'America/New_York' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  assert.equal(String(said), 'ticked');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('a ticker that may rest does not tick, and is woken by the end of its rest, or sooner by whoever calls', async (t) => {
  const start = Date.parse('2026-03-02T14:00:00.500Z');
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: start });
  const told = { restMs: 0 };
  const ticks: number[] = [];
  const ticker = everySecond(
    {
      tick: async () => void ticks.push((Date.now() - start + 500) / 1000),
      restMs: async () => told.restMs,
    },
    openLog('error', { write: (line: string) => assert.fail(line) }),
  );
  /** A second at a time, in small steps, as whatever is asked answers in between. */
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds * 10; step++) {
      t.mock.timers.tick(100);
      for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
    }
    return ticks.splice(0);
  };
  assert.deepEqual(await pass(3), [1, 2, 3]);
  told.restMs = 5_000;
  assert.deepEqual(await pass(10), [4, 10]);
  told.restMs = 60_000;
  assert.deepEqual(await pass(10), [16]);
  ticker.wake();
  told.restMs = 800;
  assert.deepEqual(await pass(3), [24, 25, 26]);
  told.restMs = 60_000;
  await pass(5);
  await ticker.stop();
  ticker.wake();
  assert.deepEqual(await pass(100), []);
});

test('whoever calls while it ticks is heard', async (t) => {
  const start = Date.parse('2026-03-02T14:00:00.500Z');
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: start });
  let ticks = 0;
  const ticker = everySecond(
    {
      tick: async () => {
        ticks += 1;
        if (ticks === 1) ticker.wake();
      },
      restMs: async () => 60_000,
    },
    openLog('error', { write: (line: string) => assert.fail(line) }),
  );
  for (let step = 0; step < 50; step++) {
    t.mock.timers.tick(100);
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
  }
  assert.equal(ticks, 2);
  await ticker.stop();
});

for (const [when, stops] of [
  ['while it rests', 'setTimeout(() => ticker.stop(), 200); return 60_000;'],
  ['while it is asked how long it may rest', 'await ticker.stop(); return 60_000;'],
] as const)
  test(`a ticker that is stopped ${when} keeps no process alive`, { timeout: 30_000 }, async () => {
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { everySecond } = await import(${JSON.stringify(import.meta.resolve('../../ingestion/runtime/ticker.ts'))});
         const silent = () => {};
         const log = { debug: silent, info: silent, warn: silent, error: silent };
         const ticker = everySecond({ tick: async () => {}, restMs: async () => { ${stops} } }, log);`,
      ],
      { stdio: 'inherit' },
    );
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
