import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { Clock } from './clock.ts';

const minute = 60_000;

// Whoever waits for a deadline does so for an answer, which keeps the process alive; here there is none.
const awake = setInterval(() => {}, minute);
after(() => clearInterval(awake));

test('a jump of the clock ends the deadlines of whoever is kept waiting, one after the other, and the rest counts on', async () => {
  const clock = new Clock();
  const { begin, hold, deadline } = clock.patience;
  begin();
  const letGo = hold();
  const [first, second, third] = [deadline(1_000), deadline(3_000), deadline(10 * minute)];
  const left: number[] = [];
  first.signal.addEventListener('abort', () => left.push(second.leftMs()));
  clock.advance(minute);
  await once(second.signal, 'abort');
  assert.deepEqual(left, [2_000], 'the second one was not over when the first one ended');
  assert.equal(first.signal.reason.name, 'TimeoutError');
  assert.ok(third.leftMs() > 8 * minute);
  letGo();
});

test('time does not count while a call is under way that nobody keeps waiting, nor while there is none', async () => {
  const clock = new Clock();
  const { begin, hold, deadline } = clock.patience;
  const letGo = hold();
  const patient = deadline(minute);
  // Nobody is under way who could be the one that is kept waiting.
  clock.advance(minute / 2);
  const [slow, quick] = [begin(), begin()];
  const other = new Clock({ shared: clock.shared }).patience.deadline(minute);
  clock.advance(minute / 4);
  assert.equal(patient.leftMs(), minute);
  // A jump waits until time counts.
  quick();
  clock.advance(2 * minute);
  await Promise.all([once(patient.signal, 'abort'), once(other.signal, 'abort')]);
  assert.deepEqual([patient.leftMs(), other.leftMs()], [0, 0], 'in another thread too');
  slow();
  letGo();
});

test('with nobody kept waiting no deadline ends, however far the clock jumps', async () => {
  const clock = new Clock();
  const { begin, hold, deadline } = clock.patience;
  const end = begin();
  const mine = deadline(minute);
  clock.advance(60 * minute);
  const marker = new Clock();
  const done = [marker.patience.begin(), marker.patience.hold()];
  const after = marker.patience.deadline(50);
  await once(after.signal, 'abort');
  hold();
  assert.ok(mine.leftMs() > minute / 2, 'a jump of before is forgotten');
  for (const each of [end, ...done]) each();
});

test('a jump has been followed once whoever sleeps or waits has felt it, in every thread', async () => {
  const clock = new Clock();
  const other = new Clock({ shared: clock.shared });
  assert.ok(clock.patience.hasFollowed, 'nobody waits');
  const done = [clock.patience.begin(), clock.patience.hold()];
  const { signal } = other.patience.deadline(minute);
  const slept = other.sleep(minute / 2);
  assert.ok(clock.patience.hasFollowed, 'nothing happened');
  clock.advance(2 * minute);
  assert.ok(!clock.patience.hasFollowed);
  await Promise.all([slept, once(signal, 'abort')]);
  assert.ok(clock.patience.hasFollowed);
  for (const each of done) each();
});

test('a deadline of no time is over at once', () => {
  const { signal, leftMs } = new Clock().patience.deadline(0);
  assert.ok(signal.aborted);
  assert.equal(leftMs(), 0);
});
