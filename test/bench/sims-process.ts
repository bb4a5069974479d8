import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Opened, Said, SimsOptions, Told } from './sims.ts';

/** The simulators in a process of their own. */
export class Sims {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => Promise.reject(new Error('The simulators ended by themselves.')));
    this.#ended.catch(() => undefined); // whoever waits for something of them hears of it
  }

  static start(given: SimsOptions): Sims {
    return new Sims(
      fork(join(import.meta.dirname, 'sims.ts'), [JSON.stringify(given)], { execArgv: [], detached: true }),
    );
  }

  opened(): Promise<Opened> {
    return this.#said('open');
  }

  /** Connects the app that listens on `port` by the dialog. */
  async connect(port: number): Promise<void> {
    this.#tell({ kind: 'connect', port });
    await this.#said('connected');
  }

  /** Publishes events at this rate for a while, and tells how long they took to arrive. */
  async live(eventsPerSecond: number, seconds: number): Promise<Extract<Said, { kind: 'delays' }>> {
    this.#tell({ kind: 'live', eventsPerSecond, seconds });
    return this.#said('delays');
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => undefined);
  }

  #tell(told: Told): void {
    this.#child.send(told);
  }

  async #said<Kind extends Said['kind']>(kind: Kind): Promise<Extract<Said, { kind: Kind }>> {
    const [said] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [Said];
    if (said.kind !== kind) throw new Error(`The simulators said ${said.kind} instead of ${kind}.`);
    return said as Extract<Said, { kind: Kind }>;
  }
}
