import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundleApp, kept } from '../../deploy/bundle.ts';
import { openPool } from '../../ingestion/store/database.ts';
import { fill, makeDue } from '../bench/scale/connectors.ts';
import { neededVariables, Program, programDirectory } from '../scene/program.ts';
import { freshDatabase, openServer, type Server, sharedServer, type TestDatabase } from '../scene/server.ts';

// What the container holds, in a directory far from the project: the bundle, and the packages that are kept.

const root = join(import.meta.dirname, '../..');
const secretKey = Buffer.alloc(32, 7).toString('base64');
let directory: Awaited<ReturnType<typeof programDirectory>>;
let server: Server;
let database: TestDatabase;
let app: string;
let scripts: { start: string; quarantine: string };

before(async () => {
  directory = await programDirectory();
  app = join(directory.path, 'app');
  await bundleApp(app);
  await mkdir(join(app, 'node_modules'));
  for (const name of kept.filter((name) => existsSync(join(root, 'node_modules', name))))
    symlinkSync(join(root, 'node_modules', name), join(app, 'node_modules', name));
  scripts = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).scripts;
  server = sharedServer() ?? (await openServer());
  database = await freshDatabase(server, { bare: true });
});

after(async () => {
  await database.drop();
  await Promise.all([server.close(), directory.remove()]);
});

/** The command of one of its scripts, without what a checkout may have in .env. */
function commandOf(script: string): string[] {
  const words = script.split(' ').filter((word) => !word.startsWith('--env-file'));
  return [process.execPath, ...words.slice(1, -1), join(app, words.at(-1) ?? '')];
}

function start(env: Record<string, string>): Program {
  return new Program(directory.path, { ...neededVariables, ...env }, commandOf(scripts.start));
}

/** The reasons by which polls have ended up to now, once there is one. */
async function endsOfPolls(healthPort: number): Promise<string[]> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    const found = [...text.matchAll(/^patchbay_poll_lateness_seconds_count\{outcome="([^"]+)"\} [1-9]/gm)];
    if (found.length > 0) return found.map(([, outcome = '']) => outcome);
  }
}

test('the bundle gets ready, polls in its thread, lists what was put aside, and ends as it is asked', async () => {
  const program = start({ DATABASE_URL: database.url, SECRET_KEY: secretKey, HTTPS_PROXY: 'http://127.0.0.1:9' });
  const { healthPort } = await program.listening();
  assert.equal(await (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).text(), 'ok');
  const pool = openPool({ connectionString: database.url }, 2);
  const tenantId = neededVariables.MICROSOFT_APP_TENANT_ID;
  const [connector] = await fill(pool, { tenantId, count: 1, conversations: ['19:soc'], remembered: 0, secretKey });
  await makeDue(pool, { from: Date.now(), withinMs: 0 });
  await pool.end();
  assert.match(String(await endsOfPolls(healthPort)), /^proxy-|^okta-/);
  const [node = '', ...args] = commandOf(scripts.quarantine);
  const options = { env: { DATABASE_URL: database.url }, encoding: 'utf8', stdio: 'pipe' } as const;
  assert.ok(execFileSync(node, args, options).includes(`${connector?.name}`));
  assert.equal(await program.stop(), 0);
  assert.deepEqual([program.said.err, program.lines.filter(({ level }) => Number(level) >= 40)], ['', []]);
});

test('a stack of the bundle is read as one of the sources', async () => {
  const program = start({ PORT: 'x' });
  assert.equal(await program.ended, 1);
  assert.match(program.said.out, /at run \(file:[^)]*\.mjs:\d+:\d+\)/);
  const read = join(root, 'deploy/stack.ts');
  const options = ['--disable-warning=ExperimentalWarning', read, app];
  const told = execFileSync(process.execPath, options, { input: program.said.out, encoding: 'utf8' });
  assert.match(told, /at run \(bot\/start\.ts:\d+:\d+\)/);
  const line = Number(/at run \(bot\/start\.ts:(\d+)/.exec(told)?.[1]);
  assert.match(readFileSync(join(root, 'bot/start.ts'), 'utf8').split('\n')[line - 1] ?? '', /await start\(/);
});

test('the bundle is in ASCII, with the licences of all that is in it', () => {
  for (const file of readdirSync(app).filter((name) => name.endsWith('.mjs')))
    assert.ok(
      readFileSync(join(app, file)).every((byte) => byte < 0x80),
      file,
    );
  const licences = readFileSync(join(app, 'LICENSES.txt'), 'utf8');
  for (const name of ['Patchbay', 'botbuilder-core', '@azure/identity', 'pg', 'restify', 'antlr4ts'])
    assert.match(licences, new RegExp(`^${name}( \\d[^\n]*)?$`, 'm'));
});
