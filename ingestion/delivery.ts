import type pg from 'pg';
import { type Checkpoint, saveCheckpoint } from './checkpoint.ts';
import type { Connector } from './connector.ts';
import { type Chunk, type PageEvent, packChunks } from './events.ts';
import { type Logs, maxChunkBytes } from './logs.ts';
import { quarantine } from './quarantine.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory: one being delivered, one behind it. */
const pagesInFlight = 2;

type Page = { nextUrl: string; newest: number | null; waiting: number; taken: string[] };

/**
 * Delivers pages in order and moves the checkpoint behind them: a page's next link is saved only after Azure took every
 * event of it, and until then the uuids that it took are saved beside the old link. So a crash repeats at most the
 * requests whose answer had not been saved, and loses nothing.
 */
export class Delivery {
  readonly #pool: pg.Pool;
  readonly #logs: Logs;
  readonly #connector: Connector;
  readonly #checkpoint: Checkpoint;
  readonly #signal: AbortSignal;
  /** Taken by Azure in an earlier beat, of pages that Okta serves again now. */
  readonly #already: Set<string>;
  readonly #pages: Page[] = [];
  readonly #uploads = new Set<Promise<void>>();
  #saving: Promise<void> | null = null;
  #unsaved = false;
  #failure: unknown = null;
  accepted = 0;
  refused = 0;

  constructor(given: { pool: pg.Pool; logs: Logs; connector: Connector; checkpoint: Checkpoint; signal: AbortSignal }) {
    this.#pool = given.pool;
    this.#logs = given.logs;
    this.#connector = given.connector;
    this.#checkpoint = given.checkpoint;
    this.#signal = given.signal;
    this.#already = new Set(given.checkpoint.acknowledged);
  }

  /**
   * Takes one page over, and returns when there is room for another. Throws what stopped an upload: then the page is
   * not delivered, and `finish` still saves what was.
   */
  async deliver(body: Buffer, events: PageEvent[], nextUrl: string, newest: number | null): Promise<void> {
    const taken = events.filter(({ uuid }) => this.#already.delete(uuid));
    const fresh = taken.length === 0 ? events : without(events, taken);
    const { chunks, oversize } = packChunks(body, fresh, maxChunkBytes);
    const page: Page = { nextUrl, newest, waiting: chunks.length, taken: taken.map(({ uuid }) => uuid) };
    this.#pages.push(page);
    for (const event of oversize) await this.#setAside(body, event, 'larger than one call may be');
    this.#advance();

    for (const chunk of chunks) {
      await this.#roomFor(chunksInFlight, this.#uploads);
      this.#start(body, chunk, page);
    }
    while (this.#pages.length >= pagesInFlight && !this.#failure) await Promise.race(this.#uploads);
    if (this.#failure) throw this.#failure;
  }

  /** Waits for the uploads under way and for the last save; throws what stopped one of them. */
  async finish(caughtUp: boolean): Promise<void> {
    await Promise.all(this.#uploads);
    if (caughtUp && !this.#failure && this.#already.size > 0) {
      this.#already.clear();
      this.#advance();
    }
    await this.#saving;
    if (this.#failure) throw this.#failure;
  }

  async #roomFor(limit: number, running: Set<Promise<void>>): Promise<void> {
    while (running.size >= limit && !this.#failure) await Promise.race(running);
    if (this.#failure) throw this.#failure;
  }

  #start(body: Buffer, chunk: Chunk, page: Page): void {
    const upload = this.#upload(body, chunk)
      .then(() => {
        for (const { uuid } of chunk.events) if (uuid) page.taken.push(uuid);
        page.waiting--;
        this.#advance();
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
  }

  /** A chunk that Azure refuses is halved until the event that it refuses stands alone, which is set aside. */
  async #upload(body: Buffer, chunk: Chunk): Promise<void> {
    const result = await this.#logs.upload(chunk.body, this.#signal);
    if (result.kind === 'accepted') {
      this.accepted += chunk.events.length;
      this.#checkpoint.sentEvents += chunk.events.length;
      this.#checkpoint.sentBytes += chunk.body.length;
      if (result.doubtful) this.#checkpoint.doubtfulEvents += chunk.events.length;
      return;
    }
    const [only] = chunk.events;
    if (only && chunk.events.length === 1) {
      const { status, code } = result.evidence;
      return this.#setAside(body, only, `refused by Azure (${status}${code ? ` ${code}` : ''})`);
    }
    const half = Math.ceil(chunk.events.length / 2);
    for (const events of [chunk.events.slice(0, half), chunk.events.slice(half)]) {
      for (const smaller of packChunks(body, events, maxChunkBytes).chunks) await this.#upload(body, smaller);
    }
  }

  async #setAside(body: Buffer, event: PageEvent, reason: string): Promise<void> {
    await quarantine(this.#pool, this.#connector.id, {
      ...event,
      reason,
      bytes: body.subarray(event.start, event.end),
    });
    this.refused++;
    this.#checkpoint.refusedEvents++;
  }

  /** Moves the checkpoint over the pages that are delivered whole, in their order, and saves. */
  #advance(): void {
    for (let page = this.#pages[0]; page?.waiting === 0; page = this.#pages[0]) {
      this.#pages.shift();
      this.#checkpoint.nextUrl = page.nextUrl;
      if (page.newest !== null) this.#checkpoint.newest = Math.max(this.#checkpoint.newest ?? 0, page.newest);
    }
    this.#checkpoint.acknowledged = [...this.#already, ...this.#pages.flatMap(({ taken }) => taken)];
    this.#unsaved = true;
    this.#saving ??= this.#save();
  }

  /** One save at a time; whatever is accepted meanwhile goes into the next. */
  async #save(): Promise<void> {
    try {
      while (this.#unsaved) {
        this.#unsaved = false;
        await saveCheckpoint(this.#pool, this.#connector.id, this.#checkpoint);
      }
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#saving = null;
    }
  }
}

function without(events: PageEvent[], taken: PageEvent[]): PageEvent[] {
  const gone = new Set(taken);
  return events.filter((event) => !gone.has(event));
}
