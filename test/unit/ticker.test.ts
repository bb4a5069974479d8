import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

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
  const task = everySecond(async () => {
    if (Date.now() < Date.parse('2026-11-01T06:00:00Z')) return;
    process.stdout.write('ticked');
    await task.stop();
  }, log);
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
