import { execFile } from 'node:child_process';
import { access, chmod, chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedServer, openEmbedded } from '../../ingestion/store/embedded.ts';
import { choosePlace } from '../../ingestion/store/place.ts';
import { cpuUsOf } from './cpu-time.ts';

const run = promisify(execFile);

/** A data directory for one run. Closing it stops the PostgreSQL that a killed app left running there, and removes it. */
export class DataDir {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<DataDir> {
    const path = await mkdtemp(join(tmpdir(), 'patchbay-bench-'));
    await chmod(path, 0o755); // as root, the server runs as another user, who must be able to enter
    return new DataDir(path);
  }

  /** The PostgreSQL that an app has made here; where none runs, one that is started with these settings. */
  server(settings: Record<string, string> = {}): Promise<EmbeddedServer> {
    return openEmbedded(this.path, settings);
  }

  /** Restarts that PostgreSQL as a host does for an update: at the same address, with all sessions cut off. */
  async restartServer(): Promise<void> {
    await this.#control('restart');
  }

  /**
   * A backup of that PostgreSQL while it runs, as postgresql.org/docs/17/continuous-archiving.html has it: its files between the two
   * calls, with the label that the second gives. Resolves to what stops the server and starts it at the same address as it was.
   */
  async backUp(): Promise<() => Promise<void>> {
    const { cluster, owner } = await choosePlace(this.path);
    const copy = `${cluster}.backup`;
    const client = new pg.Client({ connectionString: (await this.server()).url });
    await client.connect();
    await client.query(`select pg_backup_start('backup', fast => true)`);
    // What vanishes while it is copied is not needed; the owner must stay.
    const files = (parts: string) => run('sh', ['-c', `cp -a ${parts} || true`], { cwd: cluster });
    await rm(copy, { recursive: true, force: true });
    await files(`. ${copy}`);
    const { rows } = await client.query<{ label: string }>('select labelfile as label from pg_backup_stop()');
    await files(`pg_wal/. ${copy}/pg_wal`);
    await client.end();
    const label = join(copy, 'backup_label');
    await writeFile(label, rows[0]?.label ?? '');
    if (owner) await chown(label, owner.uid, owner.gid);
    return async () => {
      await this.#control('stop');
      await rm(cluster, { recursive: true });
      await rm(join(copy, 'postmaster.pid'));
      await rename(copy, cluster);
      await this.#control('restart'); // of one that is stopped: it starts with the options that it had
    };
  }

  async #control(command: 'restart' | 'stop'): Promise<void> {
    const { bin, cluster, owner } = await choosePlace(this.path);
    const log = command === 'restart' ? ['-l', join(cluster, 'server.log')] : [];
    await run(join(bin, 'pg_ctl'), [command, '-D', cluster, '-m', 'fast', '-w', '-t', '60', ...log], {
      ...owner,
      cwd: '/',
    });
  }

  /** The CPU time of that PostgreSQL up to now, in µs; null where it can't be told. */
  async serverCpuUs(): Promise<number | null> {
    const [pid] = (await readFile(join(this.path, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    return cpuUsOf(Number(pid));
  }

  async close(): Promise<void> {
    const running = await access(join(this.path, 'postgres/postmaster.pid')).then(
      () => true,
      () => false,
    );
    if (running) await (await this.server()).stop();
    await rm(this.path, { recursive: true, force: true });
  }
}
