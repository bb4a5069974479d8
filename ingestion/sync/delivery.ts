import type pg from 'pg';
import type { LogsIngestion } from '../azure/logs-ingestion.ts';
import { type Checkpoint, forgetDelivered } from '../connector/checkpoint.ts';
import { quarantine } from '../connector/quarantine.ts';
import { countChunk, type Tally } from '../connector/statistics.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import type { PageEvent } from '../okta/page-scanner.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import { type Chunk, splitChunks } from './chunks.ts';
import type { Compressor } from './compressor.ts';
import type { DedupWindow } from './dedup-window.ts';
import { pickKeys } from './event-keys.ts';
import { bytesAt, type Page, type ReadPage, type Source, sortPage, unpack } from './page.ts';
import { Slots } from './slots.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory as they are, the one that is being fetched among them. */
const pagesInMemory = 2;
/** Pages on their way, most of them as compressed bodies. */
const pagesInFlight = 4;
/** This many events refused alone, one after the other: then it is not the events that are wrong. */
const refusalsToStop = 50;
/** After a body that was too large, the next ones grow by so much from poll to poll, until they are as large as they may be. */
const growth = 1.1;
/** And no smaller than this part of it. */
const smallestPart = 16;

/**
 * Delivers pages in order and moves the checkpoint behind them: a page's next link is saved only after Azure took every
 * event of it. The keys of what it took are saved with each answer, so that these events are known when they come again. So a
 * crash repeats at most the requests whose answer had not been saved, and loses nothing.
 */
export class Delivery {
  readonly #pool: pg.Pool;
  readonly #logs: LogsIngestion;
  readonly #compressor: Compressor;
  readonly #memory: BufferPool;
  readonly #connectorId: string;
  readonly #checkpoint: Checkpoint;
  readonly #signal: AbortSignal;
  readonly #window: DedupWindow;
  readonly #tally: Tally;
  readonly #now: () => number;
  readonly #mostBytes: number;
  readonly #pages: Page[] = [];
  readonly #packing = new Set<Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #slots = new Slots(Array.from({ length: chunksInFlight }, (_, slot) => slot));
  readonly #saver: CheckpointSaver;
  #refusedInARow = 0;
  #tooLarge = false;
  #failure: unknown = null;
  accepted = 0;
  refused = 0;

  /**
   * `signal` ends the starting of uploads; one that is under way is waited for, and its answer saved. `mostBytes` is the most
   * that a body may have before it is compressed. Pages are given back to `memory`.
   */
  constructor(given: {
    pool: pg.Pool;
    logs: LogsIngestion;
    compressor: Compressor;
    memory: BufferPool;
    connectorId: string;
    checkpoint: Checkpoint;
    window: DedupWindow;
    tally: Tally;
    now: () => number;
    mostBytes: number;
    signal: AbortSignal;
  }) {
    this.#pool = given.pool;
    this.#logs = given.logs;
    this.#compressor = given.compressor;
    this.#memory = given.memory;
    this.#connectorId = given.connectorId;
    this.#checkpoint = given.checkpoint;
    this.#saver = new CheckpointSaver(given.pool, given.connectorId, given.checkpoint);
    this.#signal = given.signal;
    this.#window = given.window;
    this.#tally = given.tally;
    this.#now = given.now;
    this.#mostBytes = given.mostBytes;
  }

  /** Takes one page over. Throws what stopped an earlier one: then it is not delivered; `finish` still saves what was. */
  deliver(read: ReadPage): void {
    if (this.#failure) {
      this.#memory.give(read.body);
      throw this.#failure;
    }
    const page = sortPage(read, this.#window, this.#pages);
    this.#tally.repeated += page.events.length - page.open.size;
    this.#pages.push(page);
    const packing = Promise.withResolvers<void>();
    this.#track(this.#packing, packing.promise);
    this.#track(this.#running, this.#deliverPage(page, packing.resolve));
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
    if (this.#saver.failure) this.#fail(this.#saver.failure);
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
    await this.#saver.done();
    this.#throwFailure();
  }

  /** Ends the delivery, and forgets what was delivered long ago. */
  async finish(): Promise<void> {
    await this.drain();
    if (this.accepted === 0) return;
    if (this.#checkpoint.chunkBytes !== null && !this.#tooLarge) {
      this.#growChunks();
      this.#advance();
      await this.drain();
    }
    await forgetDelivered(this.#pool, this.#connectorId);
  }

  /** Calls `packed` when the page's body is given back, which is when all of it is compressed. */
  async #deliverPage(page: Page, packed: () => void): Promise<void> {
    let bodies: Promise<Buffer>[] = [];
    let uploads: Promise<PromiseSettledResult<void>[]>;
    try {
      const { chunks, oversize } = this.#split(page.events, page.open);
      for (const row of oversize) await this.#setAside(page, row, bytesAt(page, row), 'larger than one call may be');
      bodies = chunks.map((chunk) => this.#compressor.body(page, chunk));
      uploads = Promise.allSettled(chunks.map((chunk, at) => this.#inTurn(page, chunk, bodies[at] as Promise<Buffer>)));
    } finally {
      await Promise.allSettled(bodies);
      this.#memory.give(page.body);
      packed();
    }
    for (const upload of await uploads) if (upload.status === 'rejected') throw upload.reason;
    await this.#judgeSuspects(page);
    page.done = true;
    this.#advance();
  }

  #split(events: PageEvent[], rows: Iterable<number>): { chunks: Chunk[]; oversize: number[] } {
    const most = this.#mostBytes;
    return splitChunks(events, rows, { bytes: Math.min(this.#checkpoint.chunkBytes ?? most, most), most });
  }

  async #inTurn(page: Page, chunk: Chunk, body: Promise<Buffer>): Promise<void> {
    const bytes = await body;
    await this.#slots.hold(async () => {
      this.#throwIfOver();
      await this.#upload(page, chunk, bytes).catch((error: unknown) => {
        this.#fail(error);
        throw error;
      });
    });
  }

  /** A chunk that Azure refuses is halved until the event that it refuses stands alone. Whether all of it was taken. */
  async #upload(page: Page, chunk: Chunk, bytes: Buffer): Promise<boolean> {
    const { rows } = chunk;
    const result = await this.#logs.upload(bytes, this.#signal);
    this.#tally.azureCalls += result.calls;
    this.#tally.retries += Math.max(0, result.calls - 1);
    if (result.possiblyDuplicated) this.#checkpoint.possiblyDuplicatedEvents += rows.length;
    if (result.kind === 'failed') {
      // What is in doubt is counted, though the page is not delivered.
      if (result.possiblyDuplicated) this.#advance();
      throw result.error;
    }
    if (result.kind === 'accepted') {
      this.#take(page, chunk);
      return true;
    }
    const source = await unpack(page.events, chunk, bytes);
    if (rows.length > 1) {
      const whole = await this.#uploadHalves(page, source, rows);
      // If one event of it was refused to the end, it was that one and not the size.
      if (whole && result.tooLarge) this.#shrinkChunks(chunk.bytes);
      return whole;
    }
    const row = rows[0] as number;
    page.refusedAlone.push({ row, bytes: bytesAt(source, row), evidence: result.evidence });
    if (++this.#refusedInARow >= refusalsToStop) throw allRefused(result.evidence);
    return false;
  }

  async #uploadHalves(page: Page, source: Source, rows: number[]): Promise<boolean> {
    const half = Math.ceil(rows.length / 2);
    let whole = true;
    for (const part of [rows.slice(0, half), rows.slice(half)]) {
      for (const smaller of this.#split(source.events, part).chunks) {
        const bytes = await this.#compressor.body(source, smaller);
        this.#throwIfOver();
        if (!(await this.#upload(page, smaller, bytes))) whole = false;
      }
    }
    return whole;
  }

  /** Azure has it. */
  #take(page: Page, { rows, bytes }: Chunk): void {
    this.#refusedInARow = 0;
    this.accepted += rows.length;
    this.#checkpoint.sentEvents += rows.length;
    this.#checkpoint.sentBytes += bytes;
    this.#deliveredNow(page, rows);
    const published = rows.map((row) => (page.events[row] as PageEvent).published);
    countChunk(this.#tally, { published, bytes, now: this.#now() });
    this.#advance();
  }

  /** These events of a page need not be sent again. */
  #deliveredNow(page: Page, rows: Iterable<number>): void {
    const keys = pickKeys(page.keys, rows);
    for (let row = 0; row < keys.length / 4; row++) this.#window.add(keys, row);
    this.#saver.remember(keys);
    for (const row of rows) page.open.delete(row);
    page.delivered += keys.length / 4;
  }

  #shrinkChunks(refused: number): void {
    this.#tooLarge = true;
    const half = Math.max(Math.ceil(refused / 2), this.#mostBytes / smallestPart);
    this.#checkpoint.chunkBytes = Math.min(this.#checkpoint.chunkBytes ?? half, half);
  }

  #growChunks(): void {
    const grown = Math.ceil((this.#checkpoint.chunkBytes ?? this.#mostBytes) * growth);
    this.#checkpoint.chunkBytes = grown < this.#mostBytes ? grown : null;
  }

  /** An event is put aside only when others were taken: if none was, it is not the event that is wrong. */
  async #judgeSuspects(page: Page): Promise<void> {
    const [first] = page.refusedAlone;
    if (!first) return;
    if (!this.#takesAny(page)) throw allRefused(first.evidence);
    for (const { row, bytes, evidence } of page.refusedAlone) {
      const said = [evidence.status, evidence.code].filter(Boolean).join(' ');
      await this.#setAside(page, row, bytes, said ? `refused by Azure (${said})` : 'larger than one call may be');
    }
  }

  /** Whether Azure has taken others: in this poll, or of this page in an earlier one. */
  #takesAny(page: Page): boolean {
    return this.accepted > 0 || page.delivered > 0;
  }

  async #setAside({ events }: Page, row: number, bytes: Buffer, reason: string): Promise<void> {
    const event = events[row] as PageEvent;
    const [uuid, published] = [storable(event.uuid), storable(event.published)];
    if (!(await quarantine(this.#pool, this.#connectorId, { uuid, published, reason, bytes }))) return;
    this.refused++;
    this.#tally.refused++;
    this.#checkpoint.refusedEvents++;
  }

  /** Moves the checkpoint over the pages that are delivered whole, in their order, and saves. */
  #advance(): void {
    for (let page = this.#pages[0]; page?.done; page = this.#pages[0]) {
      this.#pages.shift();
      this.#checkpoint.nextUrl = page.nextUrl;
      const reached = page.idleAt ?? this.#window.reached(page.times, page.serverTime);
      if (reached !== null) this.#checkpoint.since = Math.max(this.#checkpoint.since, reached);
      if (page.newest !== null) this.#checkpoint.newest = Math.max(this.#checkpoint.newest ?? 0, page.newest);
      // What was put aside.
      if (page.open.size > 0) this.#deliveredNow(page, page.open);
    }
    this.#saver.save();
  }
}

/** As the store can keep a text: no NUL, no half characters. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function allRefused(evidence: Evidence): ConnectorError {
  return new ConnectorError('azure-refused', { ...evidence, subject: 'every event' });
}
