import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusals } from '../../bot/teams/refusals.ts';
import { openLog } from '../../ingestion/runtime/log.ts';

const minute = 60_000;

function noted() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const log = openLog('info', { write: (line) => void lines.push(line) });
  return { lines, clock, refusals: new Refusals(log, () => clock.now) };
}

test('a flood of refused calls writes one line of each kind in a minute, and then how many were left out', () => {
  const { lines, clock, refusals } = noted();
  for (let call = 0; call < 10_000; call++) {
    refusals.note(401, 'invalid signature');
    refusals.note(400, 'no conversation');
    clock.now += 10;
  }
  const said = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    said.map(({ why, status, unwritten }) => [why, status, unwritten]),
    [
      ['invalid signature', 401, 0],
      ['no conversation', 400, 0],
      ['invalid signature', 401, 5_999],
      ['no conversation', 400, 5_999],
    ],
  );
  assert.ok(said.every(({ err, stack }) => err === undefined && stack === undefined));
  clock.now += minute;
  refusals.note(401, 'invalid signature');
  assert.equal(JSON.parse(lines.at(-1) ?? '').unwritten, 3_999);
});

test('kinds without end are counted as one', () => {
  const { lines, refusals } = noted();
  for (let call = 0; call < 1_000; call++) refusals.note(503, `odd ${call}`);
  assert.equal(lines.length, 101);
});

test('a clock that is put back silences nothing for longer than a minute', () => {
  const { lines, clock, refusals } = noted();
  clock.now = 10 * minute;
  refusals.note(401, 'no token');
  clock.now = 0;
  refusals.note(401, 'no token');
  assert.equal(lines.length, 2);
});
