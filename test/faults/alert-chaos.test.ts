import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const command = join(import.meta.dirname, '../bench/chaos-choice.ts');

test('in a storm of refusals and lost answers, with the app killed, no alert is lost and none is left wrong', async () => {
  const given = ['--alerts', '--incidents', '80', '--channels', '20', '--kills', '1', '--json'];
  const { stdout } = await run(process.execPath, [command, ...given]);
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  assert.equal(result.incidents, 80);
  assert.equal(result.lost, 0, stdout);
  assert.equal(result.left_wrong, 0, stdout);
  assert.ok(result.extra_copies <= result.unknown_outcomes, stdout);
  assert.ok(result.posts >= 80, stdout);
});
