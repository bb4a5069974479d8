import type pg from 'pg';
import { type Checkpoint, saveCheckpoint } from './checkpoint.ts';
import { ConnectorError, type Evidence } from './errors.ts';
import { type Chunk, type PageEvent, packChunks } from './events.ts';
import { type Logs, maxChunkBytes } from './logs.ts';
import { quarantine } from './quarantine.ts';
import { countChunk, type Tally } from './statistics.ts';
import type { Window } from './window.ts';

/** Chunks in flight to Azure, over all pages of one connector. */
const chunksInFlight = 5;
/** Pages held in memory: one being delivered, one behind it. */
const pagesInFlight = 2;
/** This many events refused alone, one after the other: then it is not the events that are wrong. */
const refusalsToStop = 50;

type Suspect = { event: PageEvent; evidence: Evidence };
type Page = {
  body: Buffer;
  nextUrl: string;
  newest: number | null;
  /** When Okta served it, if it had no more then; the times of its last events; Okta's own time. */
  idleAt: number | null;
  times: number[];
  serverTime: number | null;
  uuids: string[];
  taken: string[];
  suspects: Suspect[];
  done: boolean;
};

/**
 * Delivers pages in order and moves the checkpoint behind them: a page's next link is saved only after Azure took every
 * event of it, and until then the uuids that it took are saved beside the old link. So a crash repeats at most the
 * requests whose answer had not been saved, and loses nothing.
 */
export class Delivery {
  readonly #pool: pg.Pool;
  readonly #logs: Logs;
  readonly #connectorId: string;
  readonly #checkpoint: Checkpoint;
  readonly #signal: AbortSignal;
  /** Azure has these already, of pages that were not delivered whole; Okta serves them again now. */
  readonly #already: Set<string>;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #now: () => number;
  /** On the pages under way. */
  readonly #underWay = new Set<string>();
  readonly #pages: Page[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #freeSlots = chunksInFlight;
  readonly #delivered: string[][] = [];
  #saving: Promise<void> | null = null;
  #unsaved = false;
  #refusedInARow = 0;
  #failure: unknown = null;
  accepted = 0;
  refused = 0;

  /** `signal` ends the starting of uploads; one that is under way is waited for, and its answer saved. */
  constructor(given: {
    pool: pg.Pool;
    logs: Logs;
    connectorId: string;
    checkpoint: Checkpoint;
    window: Window;
    tally: Tally;
    now: () => number;
    signal: AbortSignal;
  }) {
    this.#pool = given.pool;
    this.#logs = given.logs;
    this.#connectorId = given.connectorId;
    this.#checkpoint = given.checkpoint;
    this.#signal = given.signal;
    this.#window = given.window;
    this.#tally = given.tally;
    this.#now = given.now;
    this.#already = new Set(given.checkpoint.acknowledged);
  }

  /**
   * Takes one page over, and returns when there is room for another. Throws what stopped an earlier one: then that page
   * is not delivered, and `finish` still saves what was.
   */
  async deliver(read: {
    body: Buffer;
    events: PageEvent[];
    nextUrl: string;
    newest: number | null;
    idleAt: number | null;
    times: number[];
    serverTime: number | null;
  }): Promise<void> {
    const { body, events, nextUrl, newest, idleAt, times, serverTime } = read;
    if (this.#failure) throw this.#failure;
    const fresh: PageEvent[] = [];
    const uuids: string[] = [];
    const taken: string[] = [];
    for (const event of events) {
      const { uuid } = event;
      if (uuid && (this.#underWay.has(uuid) || this.#window.has(uuid))) {
        this.#tally.repeated++;
        continue;
      }
      if (uuid) uuids.push(uuid);
      if (uuid) this.#underWay.add(uuid);
      if (uuid && this.#already.delete(uuid)) taken.push(uuid);
      else fresh.push(event);
    }
    const page: Page = { body, nextUrl, newest, idleAt, times, serverTime, uuids, taken, suspects: [], done: false };
    this.#pages.push(page);
    const task = this.#deliverPage(page, fresh)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
    while (this.#running.size >= pagesInFlight && !this.#failure) await Promise.race(this.#running);
    if (this.#failure) throw this.#failure;
  }

  /** Waits until all pages so far are delivered and saved; throws what stopped one of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    await this.#saving;
    if (this.#failure) throw this.#failure;
  }

  /** Ends the delivery. What was expected again and did not come, though Okta has no more, is remembered like any other. */
  async finish(caughtUp: boolean): Promise<void> {
    await this.drain();
    if (!caughtUp || this.#already.size === 0) return;
    this.#delivered.push([...this.#already]);
    for (const uuid of this.#already) this.#window.add(uuid);
    this.#already.clear();
    this.#advance();
    await this.drain();
  }

  async #deliverPage(page: Page, events: PageEvent[]): Promise<void> {
    const { chunks, oversize } = packChunks(page.body, events, maxChunkBytes);
    for (const event of oversize) await this.#setAside(page, event, 'larger than one call may be');
    const uploads = await Promise.allSettled(chunks.map((chunk) => this.#inSlot(() => this.#upload(page, chunk))));
    for (const upload of uploads) if (upload.status === 'rejected') throw upload.reason;
    await this.#judgeSuspects(page);
    page.done = true;
    this.#advance();
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
    const { events } = chunk;
    const result = await this.#logs.upload(chunk.body, this.#signal);
    if (result.doubtful) this.#checkpoint.doubtfulEvents += events.length;
    if (result.kind === 'failed') {
      // What is in doubt is counted, though the page is not delivered.
      if (result.doubtful) this.#advance();
      throw result.error;
    }
    if (result.kind === 'accepted') {
      this.#refusedInARow = 0;
      this.accepted += events.length;
      this.#checkpoint.sentEvents += events.length;
      this.#checkpoint.sentBytes += chunk.body.length;
      countChunk(this.#tally, events, chunk.body.length, this.#now());
      for (const { uuid } of events) if (uuid) page.taken.push(uuid);
      return this.#advance();
    }
    const [only] = events;
    if (only && events.length === 1) {
      page.suspects.push({ event: only, evidence: result.evidence });
      if (++this.#refusedInARow >= refusalsToStop) throw allRefused(result.evidence);
      return;
    }
    const half = Math.ceil(events.length / 2);
    for (const part of [events.slice(0, half), events.slice(half)]) {
      if (this.#failure) throw this.#failure;
      this.#signal.throwIfAborted();
      for (const smaller of packChunks(page.body, part, maxChunkBytes).chunks) await this.#upload(page, smaller);
    }
  }

  /** An event is put aside only when others were taken: if none was, it is not the event that is wrong. */
  async #judgeSuspects(page: Page): Promise<void> {
    const [first] = page.suspects;
    if (!first) return;
    if (!this.#takesAny(page)) throw allRefused(first.evidence);
    for (const { event, evidence } of page.suspects) {
      await this.#setAside(
        page,
        event,
        `refused by Azure (${[evidence.status, evidence.code].filter(Boolean).join(' ')})`,
      );
    }
  }

  /** Whether Azure has taken others: in this beat, or of this page in an earlier one. */
  #takesAny(page: Page): boolean {
    return this.accepted > 0 || page.taken.length > 0;
  }

  async #setAside({ body }: Page, event: PageEvent, reason: string): Promise<void> {
    const bytes = body.subarray(event.start, event.end);
    if (!(await quarantine(this.#pool, this.#connectorId, { ...event, reason, bytes }))) return;
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
      if (page.uuids.length > 0) this.#delivered.push(page.uuids);
      for (const uuid of page.uuids) {
        this.#window.add(uuid);
        this.#underWay.delete(uuid);
      }
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
        const pages = this.#delivered.splice(0);
        try {
          await saveCheckpoint(this.#pool, this.#connectorId, this.#checkpoint, pages);
        } catch (error) {
          // A later save that goes well moves over them too, and must remember them.
          this.#delivered.unshift(...pages);
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

function allRefused(evidence: Evidence): ConnectorError {
  return new ConnectorError('azure-refused', { ...evidence, subject: 'every event' });
}
