import { join } from 'node:path';
import { OwnProcess } from '../own-process.ts';
import type { Figures, Said, Told, WorldOptions } from './world.ts';

/** Okta, Azure and the ledger in a process of their own. */
export class World {
  readonly url: string;
  readonly #process: OwnProcess<Told, Said>;

  private constructor(url: string, process: OwnProcess<Told, Said>) {
    this.url = url;
    this.#process = process;
  }

  static async open(options: WorldOptions): Promise<World> {
    const script = join(import.meta.dirname, 'world.ts');
    const process = OwnProcess.start<Told, Said>('The world', { script, options });
    const { url } = await process.said('open');
    return new World(url, process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Nothing happens and nothing goes wrong any more. */
  end(): void {
    this.#process.tell('end');
  }

  /** What was counted up to now. */
  figures(): Promise<Figures> {
    this.#process.tell('figures');
    return this.#process.said('figures');
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
