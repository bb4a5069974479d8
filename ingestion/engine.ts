import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Fenced } from './checkpoint.ts';
import type { Connector } from './connector.ts';
import type { Parts, Synced } from './sync.ts';
import type { Elsewhere } from './world.ts';

/** What the thread is given at its start. */
export type Given = {
  elsewhere: Elsewhere;
  databaseUrl: string;
  secretKey: string;
} & Pick<Parts, 'share' | 'uploadBytes'>;

/** To the thread: a beat to do, or the wish that all of them end. */
export type Order = { kind: 'beat'; id: number; connector: Connector } | { kind: 'stop' } | { kind: 'close' };

/** From the thread: how a beat ended. */
export type Outcome = { id: number } & ({ synced: Synced | null } | { fenced: true } | { error: Error });

type Waiting = { done(synced: Synced | null): void; fail(error: unknown): void };

const closeWithinMs = 5_000;
/** New objects of a beat live for a page: a small nursery keeps memory low, and costs nothing measurable. */
const youngMb = 8;

/**
 * The thread in which all beats of this process run. Their pages keep a processor busy and a heap turning over; apart from
 * the bot's, neither makes a person in Teams wait, and collections walk a small heap.
 */
export class Engine {
  readonly #given: Given;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #beats = 0;
  #stopped = false;

  /** `closing` ends beats at their next step. */
  constructor(given: Given, closing: AbortSignal) {
    this.#given = given;
    closing.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** One beat; what `sync` promises. Also rejects when the thread ends in a fault of its own; the next beat gets a new one. */
  sync(connector: Connector): Promise<Synced | null> {
    return new Promise((done, fail) => {
      if (this.#stopped) return fail(new Error('Patchbay is stopping.'));
      const id = ++this.#beats;
      this.#waiting.set(id, { done, fail });
      this.#thread ??= this.#start();
      this.#order({ kind: 'beat', id, connector });
    });
  }

  /** Ends the thread; the beats have ended before. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    const ended = once(thread, 'exit');
    const timer = setTimeout(() => thread.terminate(), closeWithinMs);
    this.#order({ kind: 'close' });
    await ended;
    clearTimeout(timer);
  }

  #stop(): void {
    this.#stopped = true;
    this.#order({ kind: 'stop' });
  }

  #order(order: Order): void {
    this.#thread?.postMessage(order);
  }

  #start(): Worker {
    const thread = new Worker(new URL('./engine-thread.ts', import.meta.url), {
      name: 'patchbay engine',
      workerData: this.#given,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    let fault: unknown = new Error('The sync engine has ended.');
    thread.on('message', (outcome: Outcome) => this.#end(outcome));
    thread.once('error', (error) => {
      fault = error;
    });
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = null;
      for (const { fail } of this.#waiting.values()) fail(fault);
      this.#waiting.clear();
    });
    return thread;
  }

  #end(outcome: Outcome): void {
    const waiting = this.#waiting.get(outcome.id);
    this.#waiting.delete(outcome.id);
    if ('synced' in outcome) waiting?.done(outcome.synced);
    else waiting?.fail('fenced' in outcome ? new Fenced() : outcome.error);
  }
}
