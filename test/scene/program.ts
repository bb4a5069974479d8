import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programFile } from './bundled.ts';

/** Where the product's own program is. */
export const appFile = programFile('bot/index.ts');

/** All that the program needs to start. */
export const neededVariables = {
  MICROSOFT_APP_ID: '11111111-1111-4111-8111-111111111111',
  MICROSOFT_APP_TENANT_ID: '22222222-2222-4222-8222-222222222222',
  MICROSOFT_APP_PASSWORD: 'secret',
};

/** A directory for one program, which a server that runs as another user may enter. */
export async function programDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'patchbay-start-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The product's own program, as it is started, in an environment of its own. */
export class Program {
  readonly child: ChildProcess;
  /** What it has said up to now, on standard output and standard error. */
  readonly said = { out: '', err: '' };
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(dataDir: string, env: Record<string, string>, whole: string[] = [process.execPath, appFile]) {
    const [command = '', ...args] = whole;
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    const places = { PATH, NODE_COMPILE_CACHE, DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: '0', HEALTH_PORT: '0' };
    this.child = spawn(command, args, { env: { ...places, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const [name, stream] of [
      ['out', this.child.stdout],
      ['err', this.child.stderr],
    ] as const) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said[name] += text;
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  /** Each line that it has written, read as JSON; throws where one is none. */
  get lines(): Record<string, unknown>[] {
    const lines = `${this.said.out}${this.said.err}`.split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  }

  /** Its ports, once it listens; rejects, with what it said, when it ends before. */
  async listening(): Promise<{ port: number; healthPort: number }> {
    for (;;) {
      const line = this.said.out.split('\n').find((line) => line.includes('"healthPort"'));
      if (line) return JSON.parse(line);
      const more = once(this.child.stdout as NodeJS.EventEmitter, 'data');
      if (Array.isArray(await Promise.race([more, this.ended]))) continue;
      throw new Error(`It ended and said: ${this.said.out}${this.said.err}`);
    }
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<number | string> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}
