import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const command = join(import.meta.dirname, 'bench/chaos.ts');

/** More than the five uploads at once and those answered while a save was under way. */
const mostRequestsInDoubt = 10;

test('an app that is killed with -9 three times during a sync loses nothing, and repeats no event but those in flight', async () => {
  const { stdout } = await run(process.execPath, [command, '--events', '20000', '--kills', '3', '--json']);
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  assert.equal(result.sent, 20_000);
  assert.equal(result.visible, 20_000);
  assert.equal(result.lost, 0);
  assert.equal(result.kills, 3);
  assert.ok(result.repeated <= result.in_flight, stdout);
  assert.ok(result.requests_in_flight <= 3 * mostRequestsInDoubt, stdout);
  assert.equal(result.ok, true);
});

test('a wrong option of the command is answered with its usage and 2', async () => {
  const failure = await run(process.execPath, [command, '--kill', '3']).catch((error: unknown) => error);
  const { code, stderr } = failure as { code: number; stderr: string };
  assert.equal(code, 2);
  assert.match(stderr, /Usage: npm run chaos -- \[--events 100000\] \[--kills 20\]/);
});
