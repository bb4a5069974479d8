import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const command = join(import.meta.dirname, '../bench/chaos.ts');

/** More than the five uploads at once and those answered while a save was under way. */
const mostRequestsInDoubt = 10;

/** What the product says of itself, and what is there. */
type Result = { visible: number; repeated: number; said_sent: number; said_counted: number; said_twice: number };

/** No row that is there twice is left out, and no more are counted than pages that may be under way at each kill. */
function saysHowMuch(result: Result, { kills, doubtful }: { kills: number; doubtful: number }): void {
  const text = JSON.stringify(result);
  const { visible, repeated, said_sent, said_counted, said_twice } = result;
  assert.deepEqual([said_sent, said_counted], [visible, visible], text);
  assert.ok(said_twice >= repeated && said_twice <= kills * mostUnderWay + 4 * doubtful, text);
}

/** Four pages. */
const mostUnderWay = 4_000;

test('an app that is killed with -9 three times during a sync loses nothing, and repeats no event but those in flight', async () => {
  const { stdout } = await run(process.execPath, [command, '--events', '20000', '--kills', '3', '--json']);
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  assert.equal(result.sent, 20_000);
  assert.equal(result.visible, 20_000);
  assert.equal(result.lost, 0);
  assert.equal(result.kills, 3);
  assert.ok(result.repeated <= result.in_flight, stdout);
  assert.equal(result.unexplained, 0, stdout);
  assert.ok(result.requests_in_flight <= 3 * mostRequestsInDoubt, stdout);
  saysHowMuch(result, { kills: 3, doubtful: 0 });
  assert.equal(result.ok, true);
});

test('in a storm of lost answers, refusals, cut pages, late and repeated events, an app killed three times still loses nothing', async () => {
  const { stdout } = await run(process.execPath, [command, '--events', '20000', '--kills', '3', '--faults', '--json']);
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  assert.equal(result.sent, 20_000);
  assert.equal(result.visible, 20_000);
  assert.equal(result.lost, 0);
  assert.equal(result.kills, 3);
  assert.ok(result.repeated <= result.in_flight + result.doubtful, stdout);
  saysHowMuch(result, { kills: 3, doubtful: result.doubtful });
  assert.equal(result.unexplained, 0, stdout);
  assert.equal(result.ok, true);
  // The last gusts may find nobody any more; a storm that found nobody at all would prove nothing.
  assert.ok(Object.keys(result.faults).length >= 9, stdout);
  assert.ok(result.doubtful > 0, stdout);
});

test('of two apps on one store one stands still and one is stopped and started again, and nothing is lost, or repeated without a reason', async () => {
  const shape = '--instances 2 --connectors 2 --events 4000 --spread 4 --speed 20 --long-pause 0 --lock 0'.split(' ');
  const disturbances = '--kills 0 --pauses 1 --pause-seconds 2 --stops 1'.split(' ');
  const { stdout } = await run(process.execPath, [command, ...shape, ...disturbances, '--json']);
  const { sent, visible, lost, unexplained, pauses, stops, alerts_lost, ok } = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  );
  assert.deepEqual([sent, visible, lost, unexplained, alerts_lost], [4_000, 4_000, 0, 0, 0], stdout);
  assert.deepEqual([pauses, stops, ok], [1, 1, true], stdout);
});

test('a wrong option of the command is answered with its usage and 2', async () => {
  const failure = await run(process.execPath, [command, '--kill', '3']).catch((error: unknown) => error);
  const { code, stderr } = failure as { code: number; stderr: string };
  assert.equal(code, 2);
  assert.match(stderr, /Usage: npm run chaos -- \[--events 100000\] \[--kills 20\]/);
});
