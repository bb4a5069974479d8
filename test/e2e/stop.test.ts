import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { appFile, neededVariables, Program, programDirectory } from '../scene/program.ts';

const directories: Awaited<ReturnType<typeof programDirectory>>[] = [];
after(async () => {
  for (const directory of directories) await directory.remove();
});

async function started({ command, env = {} }: { command?: string[]; env?: Record<string, string> } = {}) {
  const directory = await programDirectory();
  directories.push(directory);
  const program = new Program(directory.path, { ...neededVariables, ...env }, command);
  return { program, dataDir: directory.path };
}

/** As at the first start, when all code is still to be compiled. */
const uncompiled = { NODE_COMPILE_CACHE: '' };

/** Once a name like this is in the directory. */
async function there(directory: string, name: RegExp): Promise<void> {
  const changes = watch(directory);
  while (!readdirSync(directory).some((found) => name.test(found))) await once(changes, 'change');
  changes.close();
}

/** It ended as it was asked to, and left no process, no half cluster, and no word that is not a line of JSON. */
async function endsWell(program: Program, dataDir: string): Promise<void> {
  assert.equal(await program.ended, 0, JSON.stringify(program.said));
  assert.equal(program.said.err, '');
  const wrong = program.lines.filter(({ level }) => Number(level) >= 50);
  assert.deepEqual(wrong, []);
  assert.doesNotMatch(program.said.out, /\[object Object\]/);
  const left = readdirSync(dataDir).filter((name) => /^postgres\../.test(name) && name !== 'postgres.password');
  assert.deepEqual(left, []);
  if (readdirSync(dataDir).includes('postgres'))
    assert.equal(readdirSync(join(dataDir, 'postgres')).includes('postmaster.pid'), false, 'the server has stopped');
}

const moments: [when: string, name: RegExp][] = [
  ['while its code is loaded', /^compiled$/],
  ['while the cluster is made', /^postgres\.[0-9a-f]{8}$/],
  ['while the server starts', /^postgres$/],
];

for (const [when, name] of moments) {
  test(`asked to stop ${when}, the program ends with 0 and leaves nothing half done`, async () => {
    const { program, dataDir } = await started({ env: uncompiled });
    await there(dataDir, name);
    program.stop();
    await endsWell(program, dataDir);
  });
}

/** The command as the first process of a space of its own, where that can be had. */
function asFirst(command: string[]): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user'];
  const [name = '', ...args] = ['unshare', ...user, '--pid', '--fork', '--kill-child'];
  return spawnSync(name, [...args, 'true']).status === 0 ? [name, ...args, ...command] : command;
}

function childrenOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([own = 0, parent]) => (parent === pid ? [own] : []));
}

test('as the first process of a container it hears that it is to stop before anything is loaded, too', async () => {
  const command = [process.execPath, appFile];
  const { program, dataDir } = await started({ command: asFirst(command), env: uncompiled });
  await there(dataDir, /^compiled$/);
  const pid = program.child.pid as number;
  const [inside = pid] = program.child.spawnfile === 'unshare' ? childrenOf(pid) : [];
  process.kill(inside, 'SIGTERM');
  await endsWell(program, dataDir);
});

test('when all processes are asked to stop at once, the embedded server among them, that is no fault', async () => {
  const { program, dataDir } = await started();
  await program.listening();
  const postmaster = Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
  for (const pid of [...childrenOf(postmaster), postmaster]) process.kill(pid, 'SIGTERM');
  program.stop();
  await endsWell(program, dataDir);
});

/** A request that stays half-sent. */
async function halfSent(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // it is cut in the end
  await once(socket, 'connect');
  await new Promise((sent) => socket.write(text, sent));
  return socket;
}

test('requests that are half sent, to either port, keep nobody from stopping within ten seconds', async () => {
  const { program, dataDir } = await started();
  const { port, healthPort } = await program.listening();
  const body = 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"type":';
  const sockets = [
    await halfSent(healthPort, 'GET /readyz HTTP/1.1\r\nHost: here\r\n'),
    await halfSent(port, 'POST /api/messages HTTP/1.1\r\nHost: here\r\n'),
    await halfSent(port, `POST /api/messages HTTP/1.1\r\nHost: here\r\n${body}`),
  ];
  const begun = performance.now();
  program.stop();
  await endsWell(program, dataDir);
  assert.ok(performance.now() - begun < 10_000);
  for (const socket of sockets) socket.destroy();
});

test('why it can’t start, and what Node warns of, are lines of the log', async () => {
  const warn = `process.on('newListener', (name) => name === 'uncaughtException' && process.emitWarning('old'))`;
  const preload = `--import=data:text/javascript,${encodeURIComponent(warn)}`;
  const { program } = await started({ command: [process.execPath, preload, appFile] });
  await program.listening();
  const { program: wrong } = await started({ env: { PORT: 'x' } });
  assert.equal(await wrong.ended, 1);
  assert.deepEqual(
    wrong.lines.map(({ level, msg }) => [level, msg]),
    [[60, "Patchbay can't start:\n  - PORT must be a port number"]],
  );
  program.stop();
  assert.equal(await program.ended, 0);
  assert.match(JSON.stringify(program.lines), /"level":40.*"Warning".*"old"/);
});
