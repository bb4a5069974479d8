import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../bot/config/config.ts';
import project from '../../package.json' with { type: 'json' };
import { programFile } from '../scene/bundled.ts';
import type { AppSaid, AppTold } from './app.ts';
import type { Places } from './places.ts';

const keptLog = 4000;
const stopWithinMs = 20_000;
/** Where Node keeps what it has compiled, by its own default: half of what a start costs is to compile the same again. */
const compiled = join(tmpdir(), 'node-compile-cache');

const container = readFileSync(new URL('../../deploy/Containerfile', import.meta.url), 'utf8');
const arenas = /^ENV .*\bMALLOC_ARENA_MAX=(\d+)/m.exec(container)?.[1];

/** What an app that starts now finds in its environment: ours, and what the container says of memory. */
export function startEnv(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: compiled, MALLOC_ARENA_MAX: arenas };
}

/** What the start script says of memory. */
export const startFlags = project.scripts.start.split(' ').filter((word) => word.startsWith('--max'));

/** The program of such an app, from the top of a version's files. */
export const appProgram = 'test/bench/app.ts';

type Start = { config: Config; places: Places; flags?: string[]; program?: string };

/** The app in another process, which can be killed as by `kill -9`, or stopped in good order. */
export class KillableApp {
  /** Rejects, with the end of its log, when it ends of its own accord. */
  readonly ended: Promise<never>;
  readonly #child: ChildProcess;
  #log = '';
  #healthPort = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-keptLog);
    });
    this.ended = once(child, 'exit').then(([code, by]) => {
      throw new Error(`The app ended by itself (${by ?? `code ${code}`}).\n${this.#log}`);
    });
    this.ended.catch(() => undefined); // whoever waits for something of the app hears of it
  }

  /** Starts the process, of another version where `program` is that one's; `ready` tells when the app in it is up. */
  static start({ flags = [], program = programFile(appProgram), ...given }: Start): KillableApp {
    const child = fork(program, [JSON.stringify(given)], {
      execArgv: flags,
      env: startEnv(),
      // In a group of its own: Ctrl+C reaches the parent only, which then stops it in good order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return new KillableApp(child);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The end of what it has logged. */
  get log(): string {
    return this.#log;
  }

  /** The port on which it listens to Teams, once it does. */
  async ready(): Promise<number> {
    const [said] = await Promise.race([once(this.#child, 'message'), this.ended]);
    const { port, healthPort } = said as Extract<AppSaid, { port: number }>;
    this.#healthPort = healthPort;
    return port;
  }

  /** What its heaps hold, in MB: that of the main thread, and those of the others together. */
  async heaps(): Promise<{ heapMb: number; threadHeapMb: number }> {
    this.#tell('heaps');
    const [said] = await Promise.race([once(this.#child, 'message'), this.ended]);
    return said as Extract<AppSaid, { heapMb: number }>;
  }

  /** So much of the simulated time goes by at once. */
  advance(ms: number): void {
    this.#tell({ advanceMs: ms });
  }

  #tell(told: AppTold): void {
    // One that has just ended hears nothing; the next begins with the time as it is.
    if (this.#child.connected) this.#child.send(told);
  }

  /** How many polls it has made, by how they ended. */
  async polls(): Promise<Record<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${this.#healthPort}/metrics`)).text();
    const found = text.matchAll(/^patchbay_poll_lateness_seconds_count\{outcome="([^"]+)"\} (\d+)/gm);
    return Object.fromEntries([...found].map(([, outcome, count]) => [outcome, Number(count)]));
  }

  /** Kills it: nothing of it runs when this returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended.catch(() => undefined);
  }

  /** Has it stand still, and go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** Stops it by SIGTERM; returns when it has ended, within 20 seconds or by force. */
  async terminate(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#gone();
  }

  /** Stops it in good order, also while it starts; kills it when that takes too long. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#gone();
  }

  async #gone(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    await this.ended.catch(() => undefined);
    clearTimeout(timer);
  }
}
