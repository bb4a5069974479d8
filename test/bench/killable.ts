import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Config } from '../../bot/config.ts';
import type { Places } from './company.ts';

const keptLog = 4000;
const stopWithinMs = 20_000;

/** The app in another process: started, killed like by `kill -9`, or stopped in good order. */
export class KillableApp {
  readonly port: number;
  /** Rejects when it ends of its own accord. */
  readonly ended: Promise<never>;
  /** The end of its log. */
  readonly log: () => string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(given: { child: ChildProcess; port: number; ended: Promise<never>; log: () => string }) {
    this.#child = given.child;
    this.#exit = given.ended.catch(() => undefined);
    this.port = given.port;
    this.ended = given.ended;
    this.log = given.log;
  }

  /** Starts it and waits until it listens; throws with the end of its log when it does not come up. */
  static async start(given: { config: Config; places: Places }, signal: AbortSignal): Promise<KillableApp> {
    const child = fork(join(import.meta.dirname, 'app.ts'), [JSON.stringify(given)], {
      execArgv: [],
      // In a group of its own: Ctrl+C reaches the parent only, which then stops it in good order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const log = tailOf(child);
    const ended = once(child, 'exit').then(([code, by]) => {
      throw new Error(`The app ended by itself (${by ?? code}).\n${log()}`);
    });
    ended.catch(() => undefined); // whoever waits for something of the app hears of it
    const abort = () => void child.disconnect();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const [said] = await Promise.race([once(child, 'message', { signal }), ended]);
      return new KillableApp({ child, port: (said as { port: number }).port, ended, log });
    } catch (error) {
      await ended.catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Kills it: nothing of it runs when this returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Stops it in good order, and kills it when it does not stop in time. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    await this.#exit;
    clearTimeout(timer);
  }
}

function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-keptLog);
  });
  return () => tail;
}
