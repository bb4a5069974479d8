import type pg from 'pg';
import type { LogsIngestion } from '../azure/logs-ingestion.ts';
import type { Checkpoint, Saves } from '../connector/checkpoint.ts';
import type { Connector } from '../connector/connector.ts';
import type { Tally } from '../connector/statistics.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Unsaved } from './checkpoint-saver.ts';
import { ChunkSize } from './chunk-size.ts';
import type { Chunk, Source } from './chunks.ts';
import type { Compressor } from './compressor.ts';
import type { DedupWindow } from './dedup-window.ts';
import { DeliveryRecord } from './delivery-record.ts';
import { bytesAt, type Page, type ReadPage, unpack } from './page.ts';
import { Slots } from './slots.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory as they are, the one that is being fetched among them. */
const pagesInMemory = 2;
/** Pages on their way, most of them as compressed bodies. */
const pagesInFlight = 4;
/** This many events refused alone, one after the other: then it is not the events that are wrong. */
const refusalsToStop = 50;
const tooLargeAlone = 'larger than one call may be';

/** What a delivery works with. `uploadBytes`: the most that a body may have before it is compressed. */
export type DeliveryParts = {
  runtime: Pick<Runtime, 'now'>;
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
  readonly #logs: LogsIngestion;
  readonly #compressor: Compressor;
  readonly #memory: BufferPool;
  readonly #signal: AbortSignal;
  readonly #record: DeliveryRecord;
  readonly #size: ChunkSize;
  readonly #packing = new Set<Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #slots = new Slots(Array.from({ length: chunksInFlight }, (_, slot) => slot));
  #refusedInARow = 0;
  #failure: unknown = null;

  /** `signal` ends the starting of uploads; one that is under way is waited for, and its answer saved. */
  constructor({ logs, compressor, memory, signal, ...parts }: DeliveryParts) {
    const { pool, saves, connector, checkpoint, window, unsaved, tally, runtime, uploadBytes } = parts;
    this.#logs = logs;
    this.#compressor = compressor;
    this.#memory = memory;
    this.#signal = signal;
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

  /** Nothing more is sent when something has failed, the checkpoint is another's, or the app is stopping. */
  #throwIfOver(): void {
    this.#throwFailure();
    this.#signal.throwIfAborted();
  }

  /** Waits until all pages so far are delivered and saved; throws what stopped one of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    await this.#record.saved();
    this.#throwFailure();
  }

  /** Ends the delivery, and saves what is not. Throws what stopped it. */
  async finish(): Promise<void> {
    await this.drain()
      .then(() => {
        if (this.accepted > 0 && this.#size.grow()) this.#record.save();
      })
      .finally(() => this.#record.close());
    this.#throwFailure();
  }

  /** Sends nothing before `noted`; calls `packed` when the page's body is given back, which is when all of it is compressed. */
  async #deliverPage(page: Page, { noted, packed }: { noted: Promise<void>; packed(): void }): Promise<void> {
    let bodies: Promise<Buffer>[] = [];
    let uploads: Promise<PromiseSettledResult<void>[]>;
    try {
      const { chunks, oversize } = this.#size.split(page.events, page.open);
      for (const row of oversize)
        this.#record.quarantine(page, row, { bytes: Buffer.from(bytesAt(page, row)), reason: tooLargeAlone });
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

  async #inTurn(page: Page, chunk: Chunk, body: Promise<Buffer>): Promise<void> {
    const bytes = await body;
    await this.#slots.hold(async () => {
      await this.#upload(page, chunk, bytes).catch((error: unknown) => {
        this.#fail(error);
        throw error;
      });
    });
  }

  /** A chunk that Azure refuses is halved until the event that it refuses stands alone. Whether all of it was taken. */
  async #upload(page: Page, chunk: Chunk, bytes: Buffer): Promise<boolean> {
    const { rows } = chunk;
    await this.#record.room();
    this.#throwIfOver();
    const result = await this.#logs.upload(bytes, { signal: this.#signal, lost: () => this.#doubt(rows.length) });
    this.#record.countUpload(result);
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'accepted') {
      this.#refusedInARow = 0;
      this.#record.take(page, chunk);
      return true;
    }
    const source = await unpack(page.events, chunk, bytes);
    if (rows.length > 1) {
      const whole = await this.#uploadHalves(page, source, rows);
      // If one event of it was refused to the end, it was that one and not the size.
      if (whole && result.tooLarge) this.#size.shrink(chunk.bytes);
      return whole;
    }
    const row = rows[0] as number;
    page.refusedAlone.push({ row, bytes: bytesAt(source, row), evidence: result.evidence });
    if (++this.#refusedInARow >= refusalsToStop) throw allRefused(result.evidence);
    return false;
  }

  /** Not tried again before it is noted that so many events may stand there. */
  async #doubt(events: number): Promise<void> {
    await this.#record.doubt(events);
    this.#throwFailure();
  }

  async #uploadHalves(page: Page, source: Source, rows: number[]): Promise<boolean> {
    const half = Math.ceil(rows.length / 2);
    let whole = true;
    for (const part of [rows.slice(0, half), rows.slice(half)]) {
      for (const smaller of this.#size.split(source.events, part).chunks) {
        const bytes = await this.#compressor.body(source, smaller);
        if (!(await this.#upload(page, smaller, bytes))) whole = false;
      }
    }
    return whole;
  }

  /** An event goes to quarantine only when others were taken: if none was, it is not the event that is wrong. */
  #quarantineRefused(page: Page): void {
    const [first] = page.refusedAlone;
    if (!first) return;
    // In this poll, or of this page in an earlier one.
    const takesAny = this.accepted > 0 || page.delivered > 0;
    if (!takesAny) throw allRefused(first.evidence);
    for (const { row, bytes, evidence } of page.refusedAlone) {
      const said = [evidence.status, evidence.code].filter(Boolean).join(' ');
      const reason = said ? `refused by Azure (${said})` : tooLargeAlone;
      this.#record.quarantine(page, row, { bytes, reason });
    }
  }
}

function allRefused(evidence: Evidence): ConnectorError {
  return new ConnectorError('azure-refused', { ...evidence, subject: 'every event' });
}
