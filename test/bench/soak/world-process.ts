import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Figures, Said, Told, WorldOptions } from './world.ts';

/** Okta, Azure and the ledger in a process of their own, so that their memory is not the app's. */
export class World {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(given: { url: string; child: ChildProcess; ended: Promise<never> }) {
    this.url = given.url;
    this.#child = given.child;
    this.#ended = given.ended;
  }

  static async open(options: WorldOptions): Promise<World> {
    const args = [JSON.stringify(options)];
    const child = fork(join(import.meta.dirname, 'world.ts'), args, { execArgv: [], detached: true });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('The world ended by itself.')));
    ended.catch(() => undefined); // whoever waits for something of it hears of it
    const [said] = (await Promise.race([once(child, 'message'), ended])) as [Extract<Said, { kind: 'open' }>];
    return new World({ url: said.url, child, ended });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Nothing happens and nothing goes wrong any more. */
  end(): void {
    this.#tell('end');
  }

  /** What was counted up to now. */
  async figures(): Promise<Figures> {
    this.#tell('figures');
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
