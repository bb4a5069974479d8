import { Worker } from 'node:worker_threads';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { Fenced } from '../connector/checkpoints.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { type CrossingError, packError, unpackError } from '../errors.ts';
import type { Cloud } from '../runtime/clouds.ts';
import { raced, realDeadline } from '../runtime/deadline.ts';
import type { Counted } from '../runtime/metrics.ts';
import type { RuntimeModule } from '../runtime/runtime.ts';
import type { Address } from '../store/access.ts';
import type { Compression } from './compressor.ts';
import type { Order, PollParts } from './poll.ts';

/** What the thread is given at its start. */
export type WorkerGiven = {
  forThreads: RuntimeModule;
  cloud: Cloud;
  database: Address;
  memoryBytes: number;
  compression: Compression;
} & Pick<PollParts, 'share' | 'uploadBytes'>;

/** To the thread: a poll to do; the token that it asked for; the wish that all polls end; and that the thread does. */
export type ToThread =
  | { kind: 'poll'; id: number; order: Order }
  | { kind: 'token'; id: number; token: AccessToken | null }
  | { kind: 'no-token'; id: number; fault: CrossingError }
  | { kind: 'count' }
  | { kind: 'stop' }
  | { kind: 'close' };

/** From the thread: how a poll ended; what it has counted; and the need for a token of the bot's identity, which this side alone has. */
export type FromThread =
  | { kind: 'synced'; id: number; synced: PollResult }
  | { kind: 'fenced'; id: number }
  | { kind: 'failed'; id: number; fault: CrossingError }
  | { kind: 'counted'; counted: Counted }
  | { kind: 'token'; id: number; scopes: string | string[]; options: GetTokenOptions };

type Waiting = { done(synced: PollResult): void; fail(error: unknown): void };

const closeWithinMs = 5_000;
/** New objects of a poll live for a page: a small nursery keeps memory low, and costs nothing measurable. */
const youngMb = 8;

/**
 * The thread in which all polls of this process run. Their pages keep a processor busy and a heap turning over; apart from
 * the bot's, neither makes a person in Teams wait, and collections walk a small heap.
 */
export class PollWorker {
  readonly #given: WorkerGiven;
  readonly #credential: TokenCredential;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #polls = 0;
  #stopped = false;

  /** `closing` ends polls at their next step. */
  constructor(given: WorkerGiven, { credential, closing }: { credential: TokenCredential; closing: AbortSignal }) {
    this.#given = given;
    this.#credential = credential;
    closing.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** One poll; what `sync` promises. Also rejects when the thread ends in a fault of its own; the next poll gets a new one. */
  sync(order: Order): Promise<PollResult> {
    return new Promise((done, fail) => {
      if (this.#stopped) return fail(new Error('Patchbay is stopping.'));
      const id = ++this.#polls;
      this.#waiting.set(id, { done, fail });
      this.#thread ??= this.#start();
      this.#tell({ kind: 'poll', id, order });
    });
  }

  /** What the thread has counted; nothing while there is none. */
  counted(): Promise<Counted[]> {
    const thread = this.#thread;
    if (!thread) return Promise.resolve([]);
    return new Promise((done) => {
      const end = (counted: Counted[]) => {
        thread.off('message', hear).off('exit', gone);
        done(counted);
      };
      const hear = (said: FromThread) => said.kind === 'counted' && end([said.counted]);
      const gone = () => end([]);
      thread.on('message', hear).on('exit', gone);
      this.#tell({ kind: 'count' });
    });
  }

  /** Ends the thread, within five seconds; the polls have ended before. Never throws. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    const ended = new Promise<void>((done) => thread.once('exit', () => done()));
    this.#tell({ kind: 'close' });
    await raced(ended, realDeadline(closeWithinMs), () => new Error('late')).catch(() => thread.terminate());
  }

  #stop(): void {
    this.#stopped = true;
    this.#tell({ kind: 'stop' });
  }

  #tell(what: ToThread): void {
    this.#thread?.postMessage(what);
  }

  #start(): Worker {
    const thread = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      name: 'patchbay engine',
      workerData: this.#given,
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    let fault: unknown = new Error('The sync engine has ended.');
    thread.on('message', (said: FromThread) => {
      if (said.kind === 'token') void this.#getToken(thread, said);
      else if (said.kind !== 'counted') this.#end(said);
    });
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

  #end(said: Exclude<FromThread, { kind: 'token' | 'counted' }>): void {
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if (said.kind === 'synced') waiting?.done(said.synced);
    else waiting?.fail(said.kind === 'fenced' ? new Fenced() : unpackError(said.fault));
  }

  async #getToken(thread: Worker, { id, scopes, options }: Extract<FromThread, { kind: 'token' }>): Promise<void> {
    const tell = (answer: ToThread) => thread.postMessage(answer);
    try {
      const got = await this.#credential.getToken(scopes, options);
      tell({ kind: 'token', id, token: got && { token: got.token, expiresOnTimestamp: got.expiresOnTimestamp } });
    } catch (error) {
      tell({ kind: 'no-token', id, fault: packError(error) });
    }
  }
}
