import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openGzip, Zlib } from '../../ingestion/sync/gzip.ts';

const sizes = [0, 1, 2, 100, 32_767, 32_768, 32_769, 65_535, 65_536, 999_999, 1_000_000, 3_000_000, 10];
const contents: [name: string, make: (bytes: number) => Buffer][] = [
  ['repetitive', (bytes) => Buffer.alloc(bytes, '{"eventType":"user.session.start"},')],
  ['of one byte', (bytes) => Buffer.alloc(bytes, 255)],
  ['incompressible', randomBytes],
  // As long as a code can get: every byte as often as every other, and nothing comes twice in the window.
  ['mixed', (bytes) => Buffer.concat([randomBytes(bytes >> 1), Buffer.alloc(bytes - (bytes >> 1), 'ab')])],
];

test('what is compressed is found again byte for byte, whatever compresses it, one after the other in the same memory', async (t) => {
  const { name, make } = openGzip();
  if (name === 'zlib') t.diagnostic('ISA-L (Debian: libisal2) is not installed: only zlib is tested');
  for (const gzip of [make(), new Zlib()]) {
    for (const size of sizes) {
      for (const [what, makeBytes] of contents) {
        const bytes = makeBytes(size);
        const file = await gzip.gzip(bytes);
        assert.ok(gunzipSync(file).equals(bytes), `${gzip.constructor.name}: ${size} bytes, ${what}`);
        assert.ok(
          file.length <= size + size / 1000 + 64,
          `${gzip.constructor.name}: ${size} bytes became ${file.length}`,
        );
      }
    }
  }
});

test('several compress side by side, and none waits for what another has in hand', async () => {
  const { make } = openGzip();
  const all = Array.from({ length: 8 }, (_, index) => Buffer.alloc(300_000 + index, `event ${index}, `));
  const files = await Promise.all(all.map((bytes) => make().gzip(bytes)));
  for (const [index, file] of files.entries()) assert.ok(gunzipSync(file).equals(all[index] as Buffer));
});

/** What is found by a process whose library path begins with this file under the library's name. */
function foundWith(put: (path: string) => void): { name: string; fault: string | null } {
  const directory = mkdtempSync(join(tmpdir(), 'patchbay-isal-'));
  put(join(directory, 'libisal.so.2'));
  const script = `import { openGzip } from ${JSON.stringify(import.meta.resolve('../../ingestion/sync/gzip.ts'))};
    const { name, fault } = openGzip();
    console.log(JSON.stringify({ name, fault: fault?.message ?? null }));`;
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: directory };
    return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a library that can’t be used is told of, and zlib compresses', () => {
  const broken = foundWith((path) => writeFileSync(path, 'no library'));
  assert.equal(broken.name, 'zlib');
  if (process.platform !== 'linux') return;
  const [, other = ''] = /(\/\S*\/libm[.-]\S*)/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
  const another = foundWith((path) => symlinkSync(other, path));
  assert.equal(another.name, 'zlib');
  assert.match(broken.fault ?? '', /libisal\.so\.2/);
  assert.match(another.fault ?? '', /isal_deflate_init/);
});
