import type pg from 'pg';
import type { LogsIngestion } from '../azure/logs-ingestion.ts';
import type { Checkpoint } from '../connector/checkpoint.ts';
import type { Saves } from '../connector/checkpoints.ts';
import type { Connector } from '../connector/connector.ts';
import type { Tally } from '../connector/statistics.ts';
import { ConnectorError } from '../errors.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import { isObject, type PageEvent } from '../okta/page-scanner.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Unsaved } from './checkpoint-saver.ts';
import { ChunkSize } from './chunk-size.ts';
import type { Chunk } from './chunks.ts';
import type { Compressor } from './compressor.ts';
import type { DedupWindow } from './dedup-window.ts';
import { DeliveryRecord } from './delivery-record.ts';
import { bytesAt, type Page, pagesInFlight, type ReadPage } from './page.ts';
import { Slots } from './slots.ts';
import { Uploads } from './uploads.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory as they are, the one that is being fetched among them. */
const pagesInMemory = 2;
const tooLargeAlone = 'larger than one call may be';
const noEvent = 'not an event: it is no JSON object';

/** What a delivery works with. `uploadBytes`: the most that a body may have before it is compressed. */
export type DeliveryParts = {
  runtime: Pick<Runtime, 'now' | 'sleep'>;
  pool: pg.Pool;
  saves: Saves;
  logs: LogsIngestion;
  compressor: Compressor;
  memory: BufferPool;
  connector: Pick<Connector, 'id' | 'createdAt'>;
  checkpoint: Checkpoint;
  window: DedupWindow;
  /** What the poll before could not save. */
  unsaved: Unsaved | null;
  tally: Tally;
  uploadBytes: number;
  signal: AbortSignal;
};

/**
 * Delivers pages in order and moves the checkpoint behind them: a page's next link is saved only after Azure took every
 * event of it. The keys of what it took are saved with each answer, so that these events are known when they come again. So a
 * crash repeats at most the requests whose answer had not been saved, and loses nothing; how many events that may be stands in
 * the checkpoint before they are sent.
 */
export class Delivery {
  readonly #compressor: Compressor;
  readonly #memory: BufferPool;
  readonly #record: DeliveryRecord;
  readonly #size: ChunkSize;
  readonly #uploads: Uploads;
  readonly #packing = new Set<Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #slots = new Slots(Array.from({ length: chunksInFlight }, (_, slot) => slot));
  #failure: unknown = null;

  /** `signal` ends the starting of uploads; one that is under way is waited for, and its answer saved. */
  constructor({ logs, compressor, memory, signal, ...parts }: DeliveryParts) {
    const { pool, saves, connector, checkpoint, window, unsaved, tally, runtime, uploadBytes } = parts;
    this.#compressor = compressor;
    this.#memory = memory;
    const { now } = runtime;
    this.#record = new DeliveryRecord({
      pool,
      saves,
      connectorId: connector.id,
      createdAt: connector.createdAt,
      checkpoint,
      window,
      unsaved,
      tally,
      now,
    });
    this.#size = new ChunkSize(checkpoint, uploadBytes);
    this.#uploads = new Uploads({
      runtime,
      logs,
      compressor,
      checkpoint,
      signal,
      record: this.#record,
      size: this.#size,
      fail: (error) => this.#fail(error),
      throwFailure: () => this.#throwFailure(),
    });
  }

  /** Events that Azure took in this poll. */
  get accepted(): number {
    return this.#record.accepted;
  }

  /** Events that went to quarantine in this poll. */
  get refused(): number {
    return this.#record.refused;
  }

  /** What the store does not know, once the delivery is finished. */
  get unsaved(): Unsaved | null {
    return this.#record.unsaved;
  }

  /** Takes one page over. Throws what stopped an earlier one: then it is not delivered; `finish` still saves what was. */
  async deliver(read: ReadPage): Promise<void> {
    // What the page has to be held against is in memory from the last look until something else is awaited.
    while (!this.#failure) {
      const ids = this.#record.missing(read.events);
      if (ids.length === 0) break;
      await this.#record.recall(ids).catch((error: unknown) => this.#fail(error));
    }
    if (this.#failure) {
      this.#memory.give(read.body);
      throw this.#failure;
    }
    const { page, noted } = this.#record.begin(read);
    const packing = Promise.withResolvers<void>();
    this.#track(this.#packing, packing.promise);
    this.#track(this.#running, this.#deliverPage(page, { noted, packed: packing.resolve }));
  }

  #track(all: Set<Promise<void>>, one: Promise<void>): void {
    const tracked = one.catch((error: unknown) => this.#fail(error)).finally(() => all.delete(tracked));
    all.add(tracked);
  }

  /** Waits until one more page may be fetched. Throws what stopped an earlier one. */
  async room(): Promise<void> {
    while (this.#packing.size >= pagesInMemory && !this.#failure) await Promise.race(this.#packing);
    while (this.#running.size >= pagesInFlight && !this.#failure) await Promise.race(this.#running);
    this.#throwFailure();
  }

  /** Of two faults of a leg the first is the one to tell; a bug or a lost fence outranks it. */
  #fail(error: unknown): void {
    if (this.#failure === null || (this.#failure instanceof ConnectorError && !(error instanceof ConnectorError))) {
      this.#failure = error;
    }
  }

  #throwFailure(): void {
    if (this.#record.failure) this.#fail(this.#record.failure);
    if (this.#failure) throw this.#failure;
  }

  /** Waits until all pages so far are delivered and saved; throws what stopped one of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    await this.#record.saved();
    this.#throwFailure();
  }

  /** Ends the delivery, and saves what is not; `caughtUp`: nothing of the log is left. Throws what stopped it. */
  async finish({ caughtUp }: { caughtUp: boolean }): Promise<void> {
    await this.drain()
      .then(() => {
        const grown = this.accepted > 0 && this.#size.grow();
        if ((caughtUp && this.#record.endProbation()) || grown) this.#record.save();
      })
      .finally(() => this.#record.close());
    this.#throwFailure();
  }

  /** Sends nothing before `noted`; calls `packed` when the page's body is given back, which is when all of it is compressed. */
  async #deliverPage(page: Page, { noted, packed }: { noted: Promise<void>; packed(): void }): Promise<void> {
    let bodies: Promise<Buffer>[] = [];
    let uploads: Promise<PromiseSettledResult<void>[]>;
    try {
      const isEvent = (row: number) => isObject(page.body, page.events[row] as PageEvent);
      const rows = [...page.open];
      const { chunks, oversize } = this.#size.split(page.events, rows.filter(isEvent));
      this.#putAside(page, oversize, tooLargeAlone);
      this.#putAside(
        page,
        rows.filter((row) => !isEvent(row)),
        noEvent,
      );
      bodies = chunks.map((chunk) => this.#compressor.body(page, chunk));
      const ready = bodies.map((body) => Promise.all([body, noted]).then(([bytes]) => bytes));
      uploads = Promise.allSettled(chunks.map((chunk, at) => this.#inTurn(page, chunk, ready[at] as Promise<Buffer>)));
    } finally {
      await Promise.allSettled(bodies);
      this.#memory.give(page.body);
      packed();
    }
    for (const upload of await uploads) if (upload.status === 'rejected') throw upload.reason;
    this.#quarantineRefused(page);
    this.#record.finish(page);
  }

  /** These go to quarantine without being sent. */
  #putAside(page: Page, rows: Iterable<number>, reason: string): void {
    for (const row of rows) this.#record.quarantine(page, row, { bytes: Buffer.from(bytesAt(page, row)), reason });
  }

  async #inTurn(page: Page, chunk: Chunk, body: Promise<Buffer>): Promise<void> {
    const bytes = await body;
    await this.#slots.hold(() => this.#uploads.send({ page, chunk, bytes, copies: page.copies }));
  }

  /** An event goes to quarantine only when others were taken: if none was, it is not the event that is wrong. */
  #quarantineRefused(page: Page): void {
    const [first] = page.refusedAlone;
    if (!first) return;
    // In this poll, or of this page in an earlier one.
    const takesAny = this.accepted > 0 || page.delivered > 0;
    if (!takesAny) throw this.#uploads.allRefused(first.evidence);
    for (const { row, bytes, evidence } of page.refusedAlone) {
      const said = [evidence.status, evidence.code].filter(Boolean).join(' ');
      const reason = said ? `refused by Azure (${said})` : tooLargeAlone;
      this.#record.quarantine(page, row, { bytes, reason });
    }
  }
}
