import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Opened, Said } from './sims.ts';

/** The simulators in a process of their own. */
export class Sims {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => Promise.reject(new Error('The simulators ended by themselves.')));
    this.#ended.catch(() => undefined); // whoever waits for something of them hears of it
  }

  static start(given: { events: number; dataDir: string }): Sims {
    return new Sims(
      fork(join(import.meta.dirname, 'sims.ts'), [JSON.stringify(given)], { execArgv: [], detached: true }),
    );
  }

  opened(): Promise<Opened> {
    return this.#said('open');
  }

  /** Connects the app that listens on `port` by the dialog. */
  async connect(port: number): Promise<void> {
    this.#child.send(port);
    await this.#said('connected');
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => undefined);
  }

  async #said<Kind extends Said['kind']>(kind: Kind): Promise<Extract<Said, { kind: Kind }>> {
    const [said] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [Said];
    if (said.kind !== kind) throw new Error(`The simulators said ${said.kind} instead of ${kind}.`);
    return said as Extract<Said, { kind: Kind }>;
  }
}
