import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Meant, meantBy } from '../../bot/commands/meant.ts';

const words = ['help', 'connect', 'connectors', 'content', 'status', 'mute', 'unmute', 'manage', 'delete'];

test('a command may be cut short while one alone begins like that, and a mistyped one is only a question', () => {
  const one = (word: string): Meant => ({ kind: 'one', word });
  const none = (near: string | null): Meant => ({ kind: 'none', near });
  const rows: [typed: string, meant: Meant][] = [
    ['connect', one('connect')],
    ['connector', one('connectors')],
    ['stat', one('status')],
    ['de', one('delete')],
    ['conn', { kind: 'several', words: ['connect', 'connectors'] }],
    ['con', { kind: 'several', words: ['connect', 'connectors', 'content'] }],
    ['m', { kind: 'several', words: ['mute', 'manage'] }],
    ['s', none('status')],
    ['stauts', none('status')],
    ['conect', none('connect')],
    ['snooze', none('mute')],
    ['', none(null)],
    ['constructor', none(null)],
    ['…', none(null)],
  ];
  for (const [typed, meant] of rows) assert.deepEqual(meantBy(typed, words), meant, typed);
});
