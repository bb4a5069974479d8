import { join } from 'node:path';
import { OwnProcess } from './own-process.ts';
import type { Opened, Said, SimsOptions, Told } from './sims.ts';

/** The simulators in a process of their own. */
export class Sims {
  readonly #process: OwnProcess<Told, Said>;

  private constructor(process: OwnProcess<Told, Said>) {
    this.#process = process;
  }

  static start(options: SimsOptions): Sims {
    const script = join(import.meta.dirname, 'sims.ts');
    return new Sims(OwnProcess.start('The simulator', { script, options }));
  }

  opened(): Promise<Opened> {
    return this.#process.said('open');
  }

  /** Connects the app that listens on `port` by the dialog. */
  async connect(port: number): Promise<void> {
    this.#process.tell({ kind: 'connect', port });
    await this.#process.said('connected');
  }

  /** Publishes events at this rate for a while, and tells how long they took to arrive. */
  live(eventsPerSecond: number, seconds: number): Promise<Extract<Said, { kind: 'delays' }>> {
    this.#process.tell({ kind: 'live', eventsPerSecond, seconds });
    return this.#process.said('delays');
  }

  stop(): Promise<void> {
    return this.#process.close();
  }
}
