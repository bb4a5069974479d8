import { join } from 'node:path';
import { OwnProcess } from '../own-process.ts';
import type { Punctual } from './punctuality.ts';
import type { Requests, Said, StandInOptions, Told } from './stand-in.ts';

/** The stand-in of Okta and Azure in a process of its own. */
export class StandIn {
  readonly url: string;
  readonly #process: OwnProcess<Told, Said>;

  private constructor(url: string, process: OwnProcess<Told, Said>) {
    this.url = url;
    this.#process = process;
  }

  static async open(options: StandInOptions): Promise<StandIn> {
    const script = join(import.meta.dirname, 'stand-in.ts');
    const process = OwnProcess.start<Told, Said>('The stand-in', { script, options });
    const { url } = await process.said('open');
    return new StandIn(url, process);
  }

  /** Counts from now on; whoever was never polled should have been at `firstBy`, in ms since the epoch. */
  measure(firstBy: number): void {
    this.#process.tell({ kind: 'measure', firstBy });
  }

  /** What was counted up to now. */
  figures(): Promise<{ punctual: Punctual; requests: Requests }> {
    this.#process.tell({ kind: 'figures' });
    return this.#process.said('figures');
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
