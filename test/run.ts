import { globSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { sortedByNeeds } from './run/needs.ts';
import { bundleAll } from './scene/bundled.ts';
import { openServer } from './scene/server.ts';

// `node test/run.ts [--computing] [--bundle] [--import=<module>] [<folder, file or pattern>…]` runs these test files, or else
// all that need no published data, in the order of the arguments: several after each other in one process, which loads the
// product and the simulators once (and first the module), and a few processes side by side; TEST_PROCESSES says how many: three
// for two cores with --computing. All share one PostgreSQL. Whole programs are bundled first, for all files and with
// --bundle. Prints what it leaves out, and why.

const whole = ['e2e', 'faults', 'flows', 'deploy', 'sims', 'sandbox', 'unit'].map((folder) => `test/${folder}`);
// What takes longest begins first, as what ends last keeps all waiting.
const longest = [
  'faults/schedule',
  'flows/legs',
  'faults/delivery',
  'faults/chaos',
  'faults/failures',
  'e2e/browser',
  'e2e/proxied',
  'flows/poll',
  'flows/vault',
  'unit/ticker',
  'unit/clock-changes',
  'unit/fuzz',
  'unit/patterns',
  'unit/cards',
  'unit/outside-calls',
];
// For a machine that is busy with other things too.
const timeoutMs = 900_000;
const args = process.argv.slice(2);
// Tests with scenes wait most of the time; others now and then.
const perCore = args.includes('--computing') ? 1.5 : 3;
const processes = Number(process.env.TEST_PROCESSES ?? Math.ceil(perCore * availableParallelism()));

const named = args.filter((arg) => !arg.startsWith('--'));
const preloads = args.filter((arg) => arg.startsWith('--import='));

const wanted = [...new Set((named.length > 0 ? named : whole).flatMap(filesAt))].sort(byLength);
const { files, missing, left } = sortedByNeeds(wanted);
for (const sentence of [...missing, ...left]) process.stderr.write(`${sentence}\n`);
if (missing.length > 0) process.exit(1);
if (files.length === 0) throw new Error(`no test files to run at ${named.join(' ')}`);
const place = await mkdtemp(join(tmpdir(), 'patchbay-run-'));
await writeFile(join(place, 'files.json'), JSON.stringify(files));
if (named.length === 0 || args.includes('--bundle')) await bundleAll();
const server = await openServer();

process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compiled');
process.env.TEST_SERVER = server.url;
process.env.TEST_RUN = place;
const threads = import.meta.resolve('./run/bundled-threads.ts');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
const group = join(import.meta.dirname, 'run/group.ts');
const events = run({
  files: Array(Math.min(processes, files.length)).fill(group),
  concurrency: processes,
  signal: interrupted.signal,
  timeout: timeoutMs, // of each test; its file may take longer
  // With a larger nursery than usual, much of what a scene leaves behind is gone before it is collected.
  execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=32', `--import=${threads}`, ...preloads],
});
events.on('test:summary', ({ file, success }) => {
  if (file === undefined) process.exitCode = success ? 0 : 1;
});
for await (const piece of events.compose(new spec())) process.stdout.write(piece);
await server.close();
await rm(place, { recursive: true, force: true });

/** The test files at an argument, those with more text first. */
function filesAt(arg: string): string[] {
  const found = globSync([arg, `${arg.replace(/\/$/, '')}/**/*.test.ts`]);
  const paths = found.filter((path) => path.endsWith('.test.ts')).map((path) => resolve(path));
  return paths.sort((one, other) => statSync(other).size - statSync(one).size);
}

/** Those that take longest first, in their order; the others stay as they are. */
function byLength(one: string, other: string): number {
  const rank = (path: string) => longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  const [a, b] = [rank(one), rank(other)];
  return (a < 0 ? longest.length : a) - (b < 0 ? longest.length : b);
}
