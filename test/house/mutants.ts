import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readOptions, run } from '../bench/command.ts';
import { openServer } from '../scene/server.ts';
import { Random } from '../sims/okta/random.ts';
import { importsOf } from './imports.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';

// Plants small mistakes, one at a time, in copies of the project, and tells which the unit tests do not notice: first those
// that import the file, then all that import it by way of others. The types are not looked at: at run time there are none.

/** The modules whose every line decides something, so that a test has to say what. */
const judged = [
  'ingestion/connector/connector.ts',
  'ingestion/connector/lifecycle.ts',
  'ingestion/connector/statistics.ts',
  'ingestion/judgement/verdict.ts',
  'ingestion/sync/chunks.ts',
  'ingestion/sync/dedup-window.ts',
  'ingestion/sync/event-keys.ts',
  'ingestion/okta/access-token.ts',
  'ingestion/okta/page-scanner.ts',
  'ingestion/okta/rate-budget.ts',
  'ingestion/okta/refusal.ts',
  'ingestion/okta/typed-input.ts',
  'ingestion/azure/access/rights.ts',
  'ingestion/azure/access/roles.ts',
  'ingestion/azure/arm/api-versions.ts',
  'ingestion/azure/arm/refusal.ts',
  'ingestion/retry.ts',
  'bot/teams/activity-check.ts',
  'bot/teams/message-text.ts',
];

const parts = ['bot', 'cards', 'deploy', 'ingestion', 'manifest', 'test'];
/** What a copy of the project goes without. */
const left = ['.git', '.data', 'node_modules'];
const root = join(import.meta.dirname, '../..');
const copies = 2;
/** As many times as long as without a mistake a test may take; then it has noticed. */
const patience = 5;

type Result = { mistake: Mistake; noticed: boolean };
/** A copy of the project to make mistakes in, and what the tests are told there. */
type Copy = { project: string; env: NodeJS.ProcessEnv };

const options = readOptions('mutants', { count: 200, seed: 1 }, ['all', 'near']);
const times = new Map<string, number>();

await run(async (closers, signal) => {
  const dir = mkdtempSync(join(tmpdir(), 'patchbay-mutants-'));
  closers.push(async () => rmSync(dir, { recursive: true, force: true, maxRetries: 9 }));
  const server = await openServer();
  closers.push(server.close);
  const env = { ...process.env, TEST_SERVER: server.url, NODE_COMPILE_CACHE: join(dir, 'compiled') };
  const all = judged.flatMap((file) => mistakesIn(file, readFileSync(join(root, file), 'utf8')));
  const todo = options.all ? all : shuffled(all).slice(0, options.count);
  const tests = testsByFile();
  const results: Result[] = [];
  const plant = async (copy: Copy) => {
    for (let mistake = todo.pop(); mistake && !signal.aborted; mistake = todo.pop()) {
      const noticed = await isNoticed(copy, mistake, tests.get(mistake.file) ?? []);
      results.push({ mistake, noticed });
      if (!noticed) process.stdout.write(`lived: ${lineOf(mistake)}\n`);
    }
  };
  await Promise.all(
    Array.from({ length: copies }, (_, index) => plant({ project: copyTo(join(dir, `${index}`)), env })),
  );
  report(results);
  return true;
});

async function isNoticed(copy: Copy, { file, text }: Mistake, tests: string[]): Promise<boolean> {
  for (const test of tests) {
    const limit = patience * (await usualMs(copy, test)) + 10_000;
    writeFileSync(join(copy.project, file), text);
    const passed = await passes(copy, test, limit);
    cpSync(join(root, file), join(copy.project, file));
    if (!passed) return true;
  }
  return false;
}

/** How long a test takes without a mistake, found out when it is first needed. */
async function usualMs(copy: Copy, test: string): Promise<number> {
  const known = times.get(test);
  if (known) return known;
  const start = performance.now();
  if (!(await passes(copy, test, 300_000))) throw new Error(`${test} fails without a mistake.`);
  times.set(test, performance.now() - start);
  return usualMs(copy, test);
}

/** Runs a test file, to its first failure. */
function passes({ project, env }: Copy, test: string, timeout: number): Promise<boolean> {
  const args = ['--disable-warning=ExperimentalWarning', '--test-reporter=tap', test];
  const child = spawn(process.execPath, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const late = setTimeout(() => child.kill('SIGKILL'), timeout);
  child.stdout.on('data', (piece: Buffer) => /^ *not ok/m.test(piece.toString()) && child.kill('SIGKILL'));
  return new Promise((done) => {
    child.on('close', (code) => {
      clearTimeout(late);
      done(code === 0);
    });
  });
}

function report(results: Result[]): void {
  const caught = results.filter(({ noticed }) => noticed).length;
  const counts = judged.map((file) => {
    const own = results.filter(({ mistake }) => mistake.file === file);
    return { file, mutants: own.length, caught: own.filter(({ noticed }) => noticed).length };
  });
  for (const { file, mutants, caught } of counts) process.stdout.write(`${caught} of ${mutants} in ${file}\n`);
  const summary = { mutants: results.length, caught, share: caught / results.length, seed: options.seed };
  process.stdout.write(
    options.json ? `${JSON.stringify(summary)}\n` : `${caught} of ${results.length} mistakes were noticed.\n`,
  );
}

function lineOf({ file, at, was, is, text }: Mistake): string {
  const line = text.slice(0, at).split('\n').length;
  return `${file}:${line}  ${was} -> ${is || 'nothing'}   in: ${text.split('\n')[line - 1]?.trim()}`;
}

function shuffled<T>(values: T[]): T[] {
  const random = new Random(options.seed, 0);
  return values
    .map((value) => ({ value, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

/** The unit tests that can notice a mistake in a file, the nearest first. */
function testsByFile(): Map<string, string[]> {
  const imports = importsOf(parts);
  const reach = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of imports.get(from) ?? [])
      if (!seen.has(to)) {
        seen.add(to);
        reach(to, seen);
      }
    return seen;
  };
  const tests = readdirSync(join(root, 'test/unit')).map((name) => `test/unit/${name}`);
  const reached = new Map(tests.filter((name) => name.endsWith('.test.ts')).map((test) => [test, reach(test)]));
  // Those of its name come first, then those that import it themselves.
  const distance = (test: string, file: string) =>
    basename(test).startsWith(basename(file, '.ts')) ? 0 : imports.get(test)?.includes(file) ? 1 : 2;
  return new Map(
    judged.map((file) => [
      file,
      [...reached.keys()]
        .filter((test) => reached.get(test)?.has(file) && !(options.near && distance(test, file) > 1))
        .sort((a, b) => distance(a, file) - distance(b, file)),
    ]),
  );
}

function copyTo(project: string): string {
  for (const part of readdirSync(root).filter((name) => !left.includes(name)))
    cpSync(join(root, part), join(project, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  return project;
}
