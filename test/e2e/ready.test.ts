import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { neededVariables, Program, programDirectory } from '../scene/program.ts';
import { openServer, query, type Server } from '../scene/server.ts';

// A server of its own, because it is broken as a whole; and the program as it is written, which other tests take from a bundle.

/** For a machine that is busy with other things too. */
const graceMs = 2_000;

let server: Server;
let directory: Awaited<ReturnType<typeof programDirectory>>;
let program: Program;
let origin: string;

before(async () => {
  server = await openServer();
  directory = await programDirectory();
  const env = { DATABASE_URL: server.url, SECRET_KEY: Buffer.alloc(32, 7).toString('base64') };
  const source = join(import.meta.dirname, '../../bot/index.ts');
  program = new Program(directory.path, { ...neededVariables, ...env }, [process.execPath, source]);
  origin = `http://127.0.0.1:${(await program.listening()).healthPort}`;
});

after(async () => {
  await program.stop();
  await Promise.all([server.close(), directory.remove()]);
});

/** What `/readyz` says, and how long it took, in milliseconds. */
async function readyz(): Promise<{ said: string; ms: number }> {
  const begun = performance.now();
  const answer = await fetch(`${origin}/readyz`);
  return { said: `${answer.status} ${await answer.text()}`, ms: performance.now() - begun };
}

/** The same, once it has noticed that its session was ended: only the question itself may tell it, on a machine that is busy. */
async function noticed(): ReturnType<typeof readyz> {
  const first = await readyz();
  return first.said.endsWith('away') ? readyz() : first;
}

/** All processes of the server, the first of them first. */
function processes(): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  const read = rows.map((row) => row.trim().split(/\s+/));
  const port = new URL(server.url).port;
  const main = read.find((row) => row.includes('-D') && row.includes('-p') && row.includes(port));
  assert.ok(main);
  return [main, ...read.filter(([, parent]) => parent === main[0])].map(([pid]) => Number(pid));
}

/** Ends all sessions, so that what was said of new ones holds for all. */
const endSessions = 'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()';
const elsewhere = () => server.url.replace(/postgres$/, 'template1');

/** What is wrong with the store, the word for it, how it begins, and how it ends. */
const faults: [what: string, why: string, begin: () => Promise<() => Promise<unknown>>][] = [
  [
    'takes nothing but questions',
    'read-only',
    async () => {
      await query(server.url, `alter database postgres set default_transaction_read_only = on; ${endSessions}`);
      return () => query(elsewhere(), 'alter database postgres reset default_transaction_read_only');
    },
  ],
  [
    'has a table that somebody keeps to himself',
    'locked',
    async () => {
      const holder = new pg.Client({ connectionString: server.url });
      await holder.connect();
      await holder.query('begin; lock table patchbay.connectors in share mode');
      return () => holder.end();
    },
  ],
  [
    'lets nobody in',
    'refused',
    async () => {
      await query(elsewhere(), `alter database postgres allow_connections false; ${endSessions}`);
      return () => query(elsewhere(), 'alter database postgres allow_connections true');
    },
  ],
  [
    'has stopped without a word',
    'silent',
    async () => {
      const all = processes();
      for (const pid of all) process.kill(pid, 'SIGSTOP');
      return async () => {
        for (const pid of all) process.kill(pid, 'SIGCONT');
      };
    },
  ],
];

for (const [what, why, begin] of faults) {
  test(`an app whose store ${what} is not ready and says so within two seconds, and is ready again afterwards`, async () => {
    assert.equal((await readyz()).said, '200 ok');
    const end = await begin();
    const { said, ms } = await noticed().finally(end);
    assert.equal(said, `503 not ready: ${why}`);
    assert.ok(ms < 2_000 + graceMs, `${ms}`);
    assert.equal((await readyz()).said, '200 ok');
  });
}

test('half a hundred who ask at once get one answer, and the metrics say what the store is asked for', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, readyz));
  assert.deepEqual(new Set(answers.map(({ said }) => said)), new Set(['200 ok']));
  const answer = await fetch(`${origin}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  for (const line of [/^patchbay_work_due\{work="poll"\} 0$/m, /^process_resident_memory_bytes \d+$/m])
    assert.match(text, line);
});
