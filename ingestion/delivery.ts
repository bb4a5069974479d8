import type pg from 'pg';
import { type Checkpoint, forgetDelivered, saveCheckpoint } from './checkpoint.ts';
import { type Chunk, splitChunks } from './chunks.ts';
import { ConnectorError, type Evidence } from './errors.ts';
import type { PageEvent } from './events.ts';
import { joinKeys, KeySet, type Keys, keysOf, pickKeys } from './keys.ts';
import type { Logs } from './logs.ts';
import type { Memory } from './memory.ts';
import type { Packer } from './packer.ts';
import { quarantine } from './quarantine.ts';
import { countChunk, type Tally } from './statistics.ts';
import type { Window } from './window.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory: one being delivered, one behind it. */
const pagesInFlight = 2;
/** This many events refused alone, one after the other: then it is not the events that are wrong. */
const refusalsToStop = 50;
/** After a body that was too large, the next ones grow by so much from beat to beat, until they are as large as they may be. */
const growth = 1.1;

/** A page as it was read. */
export type ReadPage = {
  body: Buffer;
  events: PageEvent[];
  nextUrl: string;
  newest: number | null;
  /** When Okta served it, if it had no more then; the times of its last events; Okta's own time. */
  idleAt: number | null;
  times: number[];
  serverTime: number | null;
};

type Suspect = { row: number; evidence: Evidence };
type Page = ReadPage & {
  keys: Keys;
  known: KeySet;
  /** Rows of events that are in the window: delivered by this page or before. */
  delivered: number;
  /** Rows to deliver that are not yet. */
  open: Set<number>;
  suspects: Suspect[];
  done: boolean;
};

/**
 * Delivers pages in order and moves the checkpoint behind them: a page's next link is saved only after Azure took every
 * event of it. The keys of what it took are saved with each answer, so that these events are known when they come again. So a
 * crash repeats at most the requests whose answer had not been saved, and loses nothing.
 */
export class Delivery {
  readonly #pool: pg.Pool;
  readonly #logs: Logs;
  readonly #packer: Packer;
  readonly #memory: Memory;
  readonly #connectorId: string;
  readonly #checkpoint: Checkpoint;
  readonly #signal: AbortSignal;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #now: () => number;
  readonly #mostBytes: number;
  readonly #pages: Page[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #freeSlots = chunksInFlight;
  /** Delivered, and not yet saved. */
  readonly #delivered: Keys[] = [];
  #saving: Promise<void> | null = null;
  #unsaved = false;
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
    logs: Logs;
    packer: Packer;
    memory: Memory;
    connectorId: string;
    checkpoint: Checkpoint;
    window: Window;
    tally: Tally;
    now: () => number;
    mostBytes: number;
    signal: AbortSignal;
  }) {
    this.#pool = given.pool;
    this.#logs = given.logs;
    this.#packer = given.packer;
    this.#memory = given.memory;
    this.#connectorId = given.connectorId;
    this.#checkpoint = given.checkpoint;
    this.#signal = given.signal;
    this.#window = given.window;
    this.#tally = given.tally;
    this.#now = given.now;
    this.#mostBytes = given.mostBytes;
  }

  /**
   * Takes one page over, and returns when there is room for another. Throws what stopped an earlier one: then that page
   * is not delivered, and `finish` still saves what was.
   */
  async deliver(read: ReadPage): Promise<void> {
    if (this.#failure) {
      this.#memory.give(read.body);
      throw this.#failure;
    }
    const page = this.#sort(read);
    this.#pages.push(page);
    const task = this.#deliverPage(page)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#memory.give(page.body);
        this.#running.delete(task);
      });
    this.#running.add(task);
    while (this.#running.size >= pagesInFlight && !this.#failure) await Promise.race(this.#running);
    if (this.#failure) throw this.#failure;
  }

  /** Tells events that Azure has, and those that are on their way, from those to send. */
  #sort(read: ReadPage): Page {
    const { body, events } = read;
    const keys = keysOf(body, events);
    const known = new KeySet(events.length);
    const open = new Set<number>();
    let delivered = 0;
    for (let row = 0; row < events.length; row++) {
      if (this.#window.has(keys, row)) delivered++;
      else if (!known.has(keys, row) && !this.#pages.some((page) => page.known.has(keys, row))) open.add(row);
      known.add(keys, row);
    }
    this.#tally.repeated += events.length - open.size;
    return { ...read, keys, known, delivered, open, suspects: [], done: false };
  }

  /** Waits until all pages so far are delivered and saved; throws what stopped one of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    await this.#saving;
    if (this.#failure) throw this.#failure;
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

  async #deliverPage(page: Page): Promise<void> {
    const { chunks, oversize } = this.#split(page, page.open);
    for (const row of oversize) await this.#setAside(page, row, 'larger than one call may be');
    const uploads = await Promise.allSettled(chunks.map((chunk) => this.#inSlot(() => this.#upload(page, chunk))));
    for (const upload of uploads) if (upload.status === 'rejected') throw upload.reason;
    await this.#judgeSuspects(page);
    page.done = true;
    this.#advance();
  }

  #split({ events }: Page, rows: Iterable<number>): { chunks: Chunk[]; oversize: number[] } {
    const most = this.#mostBytes;
    return splitChunks(events, rows, { bytes: Math.min(this.#checkpoint.chunkBytes ?? most, most), most });
  }

  async #inSlot(work: () => Promise<void>): Promise<void> {
    if (this.#freeSlots === 0) await new Promise<void>((free) => this.#waiting.push(free));
    else this.#freeSlots--;
    try {
      // A chunk that waited behind one that failed is not started any more.
      if (this.#failure) throw this.#failure;
      this.#signal.throwIfAborted();
      await work();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#freeSlots++;
    }
  }

  /** A chunk that Azure refuses is halved until the event that it refuses stands alone. */
  async #upload(page: Page, chunk: Chunk): Promise<void> {
    const { rows } = chunk;
    const result = await this.#logs.upload(await this.#packer.body(page, chunk), this.#signal);
    if (result.doubtful) this.#checkpoint.doubtfulEvents += rows.length;
    if (result.kind === 'failed') {
      // What is in doubt is counted, though the page is not delivered.
      if (result.doubtful) this.#advance();
      throw result.error;
    }
    if (result.kind === 'accepted') return this.#take(page, chunk);
    const [only] = rows;
    if (only !== undefined && rows.length === 1) {
      page.suspects.push({ row: only, evidence: result.evidence });
      if (++this.#refusedInARow >= refusalsToStop) throw allRefused(result.evidence);
      return;
    }
    if (result.tooLarge) this.#shrinkChunks(chunk.bytes);
    const half = Math.ceil(rows.length / 2);
    for (const part of [rows.slice(0, half), rows.slice(half)]) {
      if (this.#failure) throw this.#failure;
      this.#signal.throwIfAborted();
      for (const smaller of this.#split(page, part).chunks) await this.#upload(page, smaller);
    }
  }

  /** Azure has it. */
  #take(page: Page, { rows, bytes }: Chunk): void {
    this.#refusedInARow = 0;
    this.accepted += rows.length;
    this.#checkpoint.sentEvents += rows.length;
    this.#checkpoint.sentBytes += bytes;
    this.#deliveredNow(page, rows);
    const published = rows.map((row) => (page.events[row] as PageEvent).published);
    countChunk(this.#tally, published, bytes, this.#now());
    this.#advance();
  }

  /** These events of a page need not be sent again. */
  #deliveredNow(page: Page, rows: Iterable<number>): void {
    const keys = pickKeys(page.keys, rows);
    for (let row = 0; row < keys.length / 4; row++) this.#window.add(keys, row);
    this.#delivered.push(keys);
    for (const row of rows) page.open.delete(row);
    page.delivered += keys.length / 4;
  }

  #shrinkChunks(refused: number): void {
    this.#tooLarge = true;
    const { chunkBytes } = this.#checkpoint;
    this.#checkpoint.chunkBytes = Math.min(chunkBytes ?? refused, Math.ceil(refused / 2));
  }

  #growChunks(): void {
    const grown = Math.ceil((this.#checkpoint.chunkBytes ?? this.#mostBytes) * growth);
    this.#checkpoint.chunkBytes = grown < this.#mostBytes ? grown : null;
  }

  /** An event is put aside only when others were taken: if none was, it is not the event that is wrong. */
  async #judgeSuspects(page: Page): Promise<void> {
    const [first] = page.suspects;
    if (!first) return;
    if (!this.#takesAny(page)) throw allRefused(first.evidence);
    for (const { row, evidence } of page.suspects) {
      const said = [evidence.status, evidence.code].filter(Boolean).join(' ');
      await this.#setAside(page, row, said ? `refused by Azure (${said})` : 'larger than one call may be');
    }
  }

  /** Whether Azure has taken others: in this beat, or of this page in an earlier one. */
  #takesAny(page: Page): boolean {
    return this.accepted > 0 || page.delivered > 0;
  }

  async #setAside({ body, events }: Page, row: number, reason: string): Promise<void> {
    const event = events[row] as PageEvent;
    const bytes = body.subarray(event.start, event.end);
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
    this.#unsaved = true;
    this.#saving ??= this.#save();
  }

  /** One save at a time; whatever is accepted meanwhile goes into the next. */
  async #save(): Promise<void> {
    try {
      while (this.#unsaved) {
        this.#unsaved = false;
        const keys = joinKeys(this.#delivered.splice(0));
        try {
          await saveCheckpoint(this.#pool, this.#connectorId, this.#checkpoint, keys);
        } catch (error) {
          // A later save that goes well must remember them.
          this.#delivered.unshift(keys);
          throw error;
        }
      }
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#saving = null;
    }
  }
}

/** As the store can keep a text: no NUL, no half characters. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function allRefused(evidence: Evidence): ConnectorError {
  return new ConnectorError('azure-refused', { ...evidence, subject: 'every event' });
}
