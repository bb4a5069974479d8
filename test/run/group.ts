import { open, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, suite } from 'node:test';
import { pathToFileURL } from 'node:url';

// One of the processes of `test/run.ts`: takes the next file that no other has taken, runs its tests, and so on.

const graceMs = 10_000;
const { TEST_RUN: place = '' } = process.env;
const files: string[] = JSON.parse(await readFile(join(place, 'files.json'), 'utf8'));
const environment = { ...process.env };
for (const [index, file] of files.entries()) {
  if (!(await taken(index))) continue;
  await played(file);
  restore();
}
// What still runs after the last test, such as one that hangs, must not keep the run from its end.
setTimeout(() => process.exit(), graceMs).unref();

/** Whether this process is the first to take the file of this number. */
async function taken(index: number): Promise<boolean> {
  const claim = await open(join(place, `${index}`), 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null;
    throw error;
  });
  await claim?.close();
  return claim !== null;
}

/** Runs the tests of a file as a suite of its own, whose hooks are for it alone. */
function played(file: string): Promise<void> {
  return new Promise((done) => {
    suite(relative('', file), async () => {
      after(() => done());
      await import(pathToFileURL(file).href);
    });
  });
}

/** What a file set in the environment is not for the next one. */
function restore(): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}
