import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);

/** Licences that ask for no more than to be named. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
]);

/** Packages whose lock entry says nothing, each with what its own files say. */
const unsaid = new Map([
  ['node_modules/escape-regexp-component', 'MIT'],
  ['node_modules/jspath', 'MIT'],
]);

type Entry = { license?: string; resolved?: string; integrity?: string; link?: boolean };
const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as {
  packages: Record<string, Entry>;
};
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Whether an SPDX expression can be met with licences that are allowed: one of those with OR, all of those with AND. */
function isFree(expression: string): boolean {
  const text = expression.replace(/^\((.*)\)$/, '$1');
  if (text.includes(' OR ')) return text.split(' OR ').some(isFree);
  return text.split(' AND ').every((name) => allowed.has(name));
}

test('every package may be used and handed on as this project is', () => {
  const others = packages.filter(([path, { license }]) => !isFree(license ?? unsaid.get(path) ?? 'unsaid'));
  assert.deepEqual(
    others.map(([path, { license }]) => `${path}: ${license}`),
    [],
  );
});

test('every package comes with the hash of what was looked at, from whichever registry a machine is told to use', () => {
  for (const [path, { resolved = '', integrity = '' }] of packages) {
    assert.equal(resolved, '', `${path} names where it is to come from`);
    assert.match(integrity, /^sha512-/, path);
  }
});

test('an expression is free where one of its choices is, and all of its parts', () => {
  for (const [expression, free] of [
    ['MIT', true],
    ['GPL-3.0', false],
    ['(MIT OR GPL-3.0)', true],
    ['(MIT AND Zlib)', true],
    ['(MIT AND GPL-3.0)', false],
    ['unsaid', false],
  ] as const)
    assert.equal(isFree(expression), free, expression);
});

test('every test that SECURITY.md names is there', () => {
  const named =
    readFileSync(new URL('SECURITY.md', root), 'utf8').match(/(?:test|bot)\/[\w/-]+(?:\.test)?\.(?:ts|md)/g) ?? [];
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((file) => !existsSync(new URL(file, root))),
    [],
  );
});
