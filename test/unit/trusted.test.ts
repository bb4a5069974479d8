import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ownershipFault } from '../../ingestion/runtime/trusted.ts';

const directory = mkdtempSync(join(tmpdir(), 'patchbay-trusted-'));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'secret.key');
writeFileSync(file, '');
const inside = join(directory, 'inside');
mkdirSync(inside);

test('a file or directory that others may write is not relied on, and the sentence names it and its mode', () => {
  const rows: [path: string, mode: number, fault: RegExp | null][] = [
    [file, 0o600, null],
    [file, 0o644, null],
    [file, 0o440, null],
    [file, 0o620, /secret\.key can be written by others \(mode 620\)/],
    [file, 0o602, /mode 602/],
    [file, 0o1666, /mode 1666/],
    [inside, 0o700, null],
    [inside, 0o755, null],
    [inside, 0o1777, null],
    [inside, 0o777, /inside can be written by others \(mode 777\).*chmod go-w/],
    [inside, 0o775, /mode 775/],
  ];
  for (const [path, mode, fault] of rows) {
    chmodSync(path, mode);
    if (fault) assert.match(ownershipFault(path) ?? '', fault);
    else assert.equal(ownershipFault(path), null, mode.toString(8));
  }
});

test('nor is one of another user, unless that is root', () => {
  chmodSync(file, 0o600);
  const uid = process.getuid?.() ?? 0;
  const said = ownershipFault(file, uid + 1);
  if (uid === 0) assert.equal(said, null);
  else assert.match(said ?? '', new RegExp(`belongs to another user \\(${uid}\\)`));
  chownSync(file, uid, process.getgid?.() ?? 0);
  assert.equal(ownershipFault(file, uid), null);
});
