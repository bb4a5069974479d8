import type { UploadResult } from '../azure/logs-ingestion.ts';
import { readSegments, spanOf } from '../connector/delivered.ts';
import { countChunk } from '../connector/statistics.ts';
import { aheadOf, storable } from '../okta/event-fields.ts';
import type { PageEvent } from '../okta/page-scanner.ts';
import { CheckpointSaver, type SaverParts, type Unsaved } from './checkpoint-saver.ts';
import type { Chunk } from './chunks.ts';
import { pickKeys } from './event-keys.ts';
import { type Page, pagesInFlight, type ReadPage, sortPage } from './page.ts';

/**
 * What a delivery is noted with. `createdAt`: when the connector was made, as what was published before does not tell how long
 * events take; `unsaved`: what the poll before could not save.
 */
export type RecordParts = SaverParts & { createdAt: number; unsaved: Unsaved | null };

/**
 * What of a poll's pages has been delivered: in the dedup window, in the counts, and in the checkpoint, which moves over pages
 * in their order when each is delivered whole. All of it is saved behind each answer of Azure's, and what is about to be sent
 * before it is.
 */
export class DeliveryRecord {
  readonly #parts: RecordParts;
  readonly #saver: CheckpointSaver;
  readonly #pages: Page[] = [];
  /** So many of the pages to come may have been on their way when an answer was lost. */
  #inDoubt: number;
  /** Events that Azure took in this poll. */
  accepted = 0;

  constructor(parts: RecordParts) {
    this.#parts = parts;
    this.#saver = new CheckpointSaver(parts);
    this.#inDoubt = parts.checkpoint.probation ? pagesInFlight : 0;
    if (parts.unsaved) this.#saver.takeOver(parts.unsaved);
  }

  /** What a save has failed with; `Fenced` when a later poll has taken the checkpoint over. */
  get failure(): unknown {
    return this.#saver.failure;
  }

  /** Events that have gone to quarantine in this poll. */
  get refused(): number {
    return this.#saver.refused;
  }

  /** What the store does not know of this poll, and of those before it. */
  get unsaved(): Unsaved | null {
    return this.#saver.unsaved;
  }

  /** What the window has to recall before a page with these events is begun: segments, by their ids. */
  missing(events: PageEvent[]): number[] {
    return this.#parts.window.missing(events.map(({ published }) => published));
  }

  /** Has the window recall these segments. */
  async recall(ids: number[]): Promise<void> {
    const { window, pool } = this.#parts;
    const found = await readSegments(pool, ids);
    for (const id of ids) window.recall(id, found.get(id) ?? Buffer.alloc(0));
  }

  /** Takes a page in as it was read; what is known of its events is not to be sent again, and nothing before `noted` resolves. */
  begin(read: ReadPage): { page: Page; noted: Promise<void> } {
    const { window, checkpoint } = this.#parts;
    // Those that are open now are moved over before this one.
    const copies = this.#pages.length < this.#inDoubt ? (checkpoint.probation?.copies.length ?? 0) : 0;
    const page = { ...sortPage(read, window, this.#pages), copies };
    this.#parts.tally.repeated += page.events.length - page.open.size;
    this.#pages.push(page);
    return { page, noted: page.open.size > 0 ? this.#note() : Promise.resolve() };
  }

  /** Has the store know what is under way, should nobody live to say what becomes of it. */
  #note(): Promise<void> {
    const { checkpoint } = this.#parts;
    checkpoint.inFlight = this.#pages.reduce((sum, { open, done }) => sum + (done ? 0 : open.size), 0);
    return this.#saver.save();
  }

  /** A request with so many events had no answer: they may stand there. Resolves when that is saved, or has failed. */
  async doubt(events: number): Promise<void> {
    this.#parts.tally.possiblyDuplicated += events;
    this.#inDoubt = pagesInFlight;
    await this.#note();
  }

  /** Counts the calls of an upload, however it has ended. */
  countUpload({ calls }: UploadResult): void {
    const { tally } = this.#parts;
    tally.azureCalls += calls;
    tally.retries += Math.max(0, calls - 1);
  }

  /** Azure has taken a chunk. */
  take(page: Page, { rows, bytes }: Chunk): void {
    const { tally, now, createdAt } = this.#parts;
    this.accepted += rows.length;
    this.#remember(page, rows);
    const published = rows.map((row) => (page.events[row] as PageEvent).published);
    countChunk(tally, { published, bytes, now: now(), since: createdAt });
    this.save();
  }

  /** Puts an event of a page into quarantine, byte for byte, unless it is there already. */
  quarantine({ events }: Page, row: number, { bytes, reason }: { bytes: Buffer; reason: string }): void {
    const { uuid, published } = events[row] as PageEvent;
    this.#saver.putAside({ uuid: storable(uuid), published: storable(published), reason, bytes });
  }

  /** All of a page is delivered, or in quarantine. */
  finish(page: Page): void {
    page.done = true;
    this.save();
  }

  /** Of what is still to be sent, nothing was sent in vain; false when that is known. */
  endProbation(): boolean {
    const { checkpoint } = this.#parts;
    if (!checkpoint.probation) return false;
    checkpoint.probation = null;
    return true;
  }

  /** Moves the checkpoint over the pages that are delivered whole, in their order, and saves. */
  save(): void {
    for (let page = this.#pages[0]; page?.done; page = this.#pages[0]) {
      this.#pages.shift();
      this.#moveOver(page);
    }
    void this.#note();
  }

  /** Resolves when more may be sent, or a save has failed. */
  room(): Promise<void> {
    return this.#saver.room();
  }

  /** Resolves when all is saved, or a save has failed. */
  async saved(): Promise<void> {
    await this.#saver.done();
  }

  /** Nothing is under way any more: what the store does not know yet is saved, or stays in `unsaved`. */
  async close(): Promise<void> {
    const { checkpoint } = this.#parts;
    await this.#saver.done();
    if (checkpoint.inFlight === 0 && !this.unsaved) return;
    this.#pages.length = 0;
    await this.#note();
    await this.#saver.done();
  }

  #moveOver(page: Page): void {
    const { checkpoint, window } = this.#parts;
    if (this.#inDoubt > 0 && --this.#inDoubt === 0 && checkpoint.probation?.failures === 0) this.endProbation();
    checkpoint.nextUrl = page.nextUrl;
    const watermark = page.idleAt ?? window.watermark(page.times, page.serverTime);
    if (watermark !== null) checkpoint.since = Math.max(checkpoint.since, watermark);
    if (page.newest !== null) checkpoint.newest = Math.max(checkpoint.newest ?? 0, page.newest);
    // What went to quarantine.
    if (page.open.size > 0) this.#remember(page, page.open);
  }

  /** These events of a page need not be sent again. */
  #remember(page: Page, rows: Iterable<number>): void {
    const keys = pickKeys(page.keys, rows);
    const published = Array.from(rows, (row) => (page.events[row] as PageEvent).published);
    for (let row = 0; row < keys.length / 4; row++) this.#parts.window.add(keys, row);
    this.#saver.remember(keys, spanOf(published, aheadOf(this.#parts.now())));
    for (const row of rows) page.open.delete(row);
    page.delivered += keys.length / 4;
  }
}
