import { execFile } from 'node:child_process';
import { access, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EmbeddedServer, openEmbedded } from '../../ingestion/store/embedded.ts';
import { choosePlace } from '../../ingestion/store/place.ts';
import { cpuUsOf } from './cpu-time.ts';

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
    const { bin, cluster, owner } = await choosePlace(this.path);
    const args = ['restart', '-D', cluster, '-m', 'fast', '-w', '-t', '60', '-l', join(cluster, 'server.log')];
    await promisify(execFile)(join(bin, 'pg_ctl'), args, { ...owner, cwd: '/' });
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
