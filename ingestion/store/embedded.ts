import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { choosePlace, exists, keepOnce, moveUnlessThere, type Place } from './place.ts';

const run = promisify(execFile);

/** PostgreSQL's settings by name; values without blanks. */
type Settings = Record<string, string | number>;

/** A server that runs: its URL, with password, over loopback; `stop` ends it in good order, within 30 s. */
export type EmbeddedServer = { url: string; stop(): Promise<void> };

/**
 * A real PostgreSQL on `dataDir`, reached over loopback with a password of its own. A server that outlived its app
 * (kill -9) is found by `postmaster.pid` and reused; a crashed one recovers at this start. `settings` are PostgreSQL's own, by
 * their names. When `stopping` aborts, a cluster that is being made is not. Throws one sentence where no server can run.
 */
export async function openEmbedded(
  dataDir: string,
  settings: Settings = {},
  stopping?: AbortSignal,
): Promise<EmbeddedServer> {
  const place = await choosePlace(resolve(dataDir));
  const password = await keepOnce(`${place.cluster}.password`, () => randomBytes(24).toString('hex'));
  if (!(await exists(place.cluster))) await initialise(place, password, stopping);
  stopping?.throwIfAborted();
  const url = await reach(place, password, settings);
  return { url, stop: () => stop(place) };
}

/** Does nothing where the server has been stopped by somebody else, such as by a signal to all processes. */
async function stop(place: Place): Promise<void> {
  try {
    await control(place, ['stop', '-m', 'fast', '-t', '30']);
  } catch (error) {
    if ((await runningPort(place.cluster)) !== null) throw error;
  }
}

/**
 * The address of the server on `place` once it answers. One that has just been killed is still there for a moment, with a
 * pid file, a port and memory of its own: it is looked at again until it is gone and a new one can start.
 */
async function reach(place: Place, password: string, settings: Settings): Promise<string> {
  let fault: unknown;
  let refused = false;
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(100)) {
    try {
      const port = (refused ? null : await runningPort(place.cluster)) ?? (await start(place, settings));
      const url = `postgres://patchbay:${password}@127.0.0.1:${port}/postgres`;
      await knock(url);
      return url;
    } catch (error) {
      fault = error;
      // Nobody listens there: the pid in the file belongs to another process by now. PostgreSQL itself checks before it starts.
      refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    }
  }
  throw fault;
}

async function knock(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // what goes wrong is thrown by connect
  await client.connect();
  await client.end();
}

/** Fills a directory of its own and moves it into place, so that a kill in the middle leaves no half cluster. */
async function initialise(place: Place, password: string, stopping?: AbortSignal): Promise<void> {
  const fresh = `${place.cluster}.${randomBytes(4).toString('hex')}`;
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = `${fresh}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.owner) for (const path of [fresh, passwordFile]) await chown(path, place.owner.uid, place.owner.gid);
  try {
    const settings = ['--username=patchbay', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
    await postgres(place, ['initdb', `--pgdata=${fresh}`, `--pwfile=${passwordFile}`, ...settings], stopping);
    await moveUnlessThere(fresh, place.cluster);
  } finally {
    // What initdb has started may still write for a moment.
    for (const path of [fresh, passwordFile]) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

const own: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  // Nothing is gained by writing a small store's pages ahead, and looking for them five times a second keeps a machine awake.
  bgwriter_delay: '10s',
};

async function start(place: Place, given: Settings): Promise<number> {
  const port = await freePort();
  const settings = { ...own, ...given };
  const all = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  await control(place, [
    'start',
    '-w',
    '-t',
    '60',
    '-l',
    join(place.cluster, 'server.log'),
    '-o',
    `-p ${port} ${all.join(' ')}`,
  ]);
  return (await runningPort(place.cluster)) ?? port;
}

/** The port of the server whose process is alive, from the fourth line of `postmaster.pid`. */
async function runningPort(cluster: string): Promise<number | null> {
  const lines = await readFile(join(cluster, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => null,
  );
  if (!lines?.[3] || !alive(Number(lines[0]))) return null;
  return Number(lines[3]);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function control(place: Place, args: string[]): Promise<void> {
  return postgres(place, ['pg_ctl', '-D', place.cluster, ...args]);
}

async function postgres(
  place: Place,
  [program = '', ...args]: [program: string, ...string[]],
  signal?: AbortSignal,
): Promise<void> {
  try {
    await run(join(place.bin, program), args, {
      ...place.owner,
      cwd: '/',
      // The server needs none of ours, and ours holds secrets that another user could read off its process.
      ...(platform() === 'win32' ? {} : { env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } }),
      timeout: 90_000,
      ...(signal && { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const said = (cause as { stderr?: string }).stderr?.trim() || String(cause);
    throw new Error(`The embedded PostgreSQL could not ${args.includes('start') ? 'start' : program}: ${said}`, {
      cause,
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((ok, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => ok(port));
    });
  });
}
