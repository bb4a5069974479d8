import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from '../../ingestion/runtime/log.ts';

function logged(err: unknown): { name: string; message: string; stack?: string } {
  const lines: string[] = [];
  openLog('info', { write: (line) => void lines.push(line) }).warn({ err }, 'something');
  return JSON.parse(lines[0] ?? '').err;
}

test('an error is logged by its name, words and stack, also one that is a plain copy of an error', () => {
  const error = new Error('no connection', { cause: new Error('reset') });
  assert.deepEqual(
    [logged(error).name, logged(error).message, typeof logged(error).stack],
    ['Error', 'no connection', 'string'],
  );
  const copy = { message: 'no connection', stack: 'Error: no connection\n    at query', queue: 'sync' };
  assert.deepEqual(logged(copy), { name: 'Error', message: 'no connection', stack: copy.stack });
});

test('what is no error is logged in words that say what it was, and none of its values', () => {
  assert.equal(logged('refused').message, 'refused');
  assert.equal(logged({ password: 'x', host: 'y' }).message, 'an object with password, host');
});
