import type pg from 'pg';
import type { UploadResult } from '../azure/logs-ingestion.ts';
import { type Checkpoint, forgetDelivered } from '../connector/checkpoint.ts';
import { quarantine } from '../connector/quarantine.ts';
import { countChunk, type Tally } from '../connector/statistics.ts';
import { storable } from '../okta/event-fields.ts';
import type { PageEvent } from '../okta/page-scanner.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import type { Chunk } from './chunks.ts';
import type { DedupWindow } from './dedup-window.ts';
import { pickKeys } from './event-keys.ts';
import { type Page, type ReadPage, sortPage } from './page.ts';

/** What a delivery is noted with. */
export type RecordParts = {
  pool: pg.Pool;
  connectorId: string;
  /** When the connector was made: what was published before does not tell how long events take. */
  createdAt: number;
  checkpoint: Checkpoint;
  window: DedupWindow;
  tally: Tally;
  now(): number;
};

/**
 * What of a poll's pages has been delivered: in the dedup window, in the counts, and in the checkpoint, which moves over pages
 * in their order when each is delivered whole. All of it is saved behind each answer of Azure's.
 */
export class DeliveryRecord {
  readonly #parts: RecordParts;
  readonly #saver: CheckpointSaver;
  readonly #pages: Page[] = [];
  /** Events that Azure took, and events that went to quarantine, in this poll. */
  accepted = 0;
  refused = 0;

  constructor(parts: RecordParts) {
    this.#parts = parts;
    this.#saver = new CheckpointSaver(parts.pool, parts.connectorId, parts.checkpoint);
  }

  /** What a save has failed with; `Fenced` when a later poll has taken the checkpoint over. */
  get failure(): unknown {
    return this.#saver.failure;
  }

  /** Takes a page in as it was read; what is known of its events is not to be sent again. */
  begin(read: ReadPage): Page {
    const page = sortPage(read, this.#parts.window, this.#pages);
    this.#parts.tally.repeated += page.events.length - page.open.size;
    this.#pages.push(page);
    return page;
  }

  /** Counts an upload of so many events, however it has ended; what may stand there twice is saved. */
  countUpload({ kind, calls, possiblyDuplicated }: UploadResult, events: number): void {
    const { tally, checkpoint } = this.#parts;
    tally.azureCalls += calls;
    tally.retries += Math.max(0, calls - 1);
    if (!possiblyDuplicated) return;
    checkpoint.possiblyDuplicatedEvents += events;
    // Though the page is not delivered.
    if (kind === 'failed') this.save();
  }

  /** Azure has taken a chunk. */
  take(page: Page, { rows, bytes }: Chunk): void {
    const { tally, checkpoint, now, createdAt } = this.#parts;
    this.accepted += rows.length;
    checkpoint.sentEvents += rows.length;
    checkpoint.sentBytes += bytes;
    this.#remember(page, rows);
    const published = rows.map((row) => (page.events[row] as PageEvent).published);
    countChunk(tally, { published, bytes, now: now(), since: createdAt });
    this.save();
  }

  /** Puts an event of a page into quarantine, byte for byte, unless it is there already. */
  async quarantine({ events }: Page, row: number, { bytes, reason }: { bytes: Buffer; reason: string }): Promise<void> {
    const { pool, connectorId, tally, checkpoint } = this.#parts;
    const event = events[row] as PageEvent;
    const [uuid, published] = [storable(event.uuid), storable(event.published)];
    if (!(await quarantine(pool, connectorId, { uuid, published, reason, bytes }))) return;
    this.refused++;
    tally.refused++;
    checkpoint.refusedEvents++;
  }

  /** All of a page is delivered, or in quarantine. */
  finish(page: Page): void {
    page.done = true;
    this.save();
  }

  /** Moves the checkpoint over the pages that are delivered whole, in their order, and saves. */
  save(): void {
    for (let page = this.#pages[0]; page?.done; page = this.#pages[0]) {
      this.#pages.shift();
      this.#moveOver(page);
    }
    this.#saver.save();
  }

  /** Resolves when all is saved, or a save has failed. */
  async saved(): Promise<void> {
    await this.#saver.done();
  }

  /** Forgets what was delivered long ago. */
  async forgetOld(): Promise<void> {
    await forgetDelivered(this.#parts.pool, this.#parts.connectorId);
  }

  #moveOver(page: Page): void {
    const { checkpoint, window } = this.#parts;
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
    for (let row = 0; row < keys.length / 4; row++) this.#parts.window.add(keys, row);
    this.#saver.remember(keys);
    for (const row of rows) page.open.delete(row);
    page.delivered += keys.length / 4;
  }
}
