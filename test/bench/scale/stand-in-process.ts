import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Punctual } from './punctuality.ts';
import type { Requests, Said, StandInOptions, Told } from './stand-in.ts';

/** The stand-in of Okta and Azure in a process of its own, so that its work is not measured. */
export class StandIn {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(given: { url: string; child: ChildProcess; ended: Promise<never> }) {
    this.url = given.url;
    this.#child = given.child;
    this.#ended = given.ended;
  }

  static async open(options: StandInOptions): Promise<StandIn> {
    const args = [JSON.stringify(options)];
    const child = fork(join(import.meta.dirname, 'stand-in.ts'), args, { execArgv: [], detached: true });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('The stand-in ended by itself.')));
    ended.catch(() => undefined); // whoever waits for something of it hears of it
    const [said] = (await Promise.race([once(child, 'message'), ended])) as [Extract<Said, { kind: 'open' }>];
    return new StandIn({ url: said.url, child, ended });
  }

  /** Counts from now on; whoever was never polled should have been at `firstBy`, in ms since the epoch. */
  measure(firstBy: number): void {
    this.#tell({ kind: 'measure', firstBy });
  }

  /** What was counted up to now. */
  async figures(): Promise<{ punctual: Punctual; requests: Requests }> {
    this.#tell({ kind: 'figures' });
    const [said] = await Promise.race([once(this.#child, 'message'), this.#ended]);
    return said as Extract<Said, { kind: 'figures' }>;
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => undefined);
  }

  #tell(told: Told): void {
    this.#child.send(told);
  }
}
