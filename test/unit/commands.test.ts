import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../../bot/commands/commands.ts';

test('the README lists the commands as help does, in the same order', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| Command \| .*\n\|.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const listed = table.split('\n').filter(Boolean);
  // `alerts here`, `off`, `list` is the command that help shows as alerts here|off|list.
  const usages = listed.map((row) => (row.split(' | ')[0] ?? '').replace(/^\| |`/g, '').replaceAll(', ', '|'));
  assert.deepEqual(
    usages,
    [...commands.values()].map(({ usage }) => usage),
  );
});
