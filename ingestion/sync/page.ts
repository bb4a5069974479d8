import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isGzip } from '../azure/logs-ingestion.ts';
import type { Evidence } from '../errors.ts';
import type { PageEvent } from '../okta/page-scanner.ts';
import type { Chunk, Source } from './chunks.ts';
import type { DedupWindow } from './dedup-window.ts';
import { KeySet, type Keys, keysOf } from './event-keys.ts';

const unzip = promisify(gunzip);

/** Pages on their way, most of them as compressed bodies. */
export const pagesInFlight = 4;

/** A page as it was read; all times are ms since the epoch. */
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

/** A page on its way. Its events are told by their rows. */
export type Page = ReadPage & {
  /** How often what is open of it was sent in vain before this poll, at most. */
  copies: number;
  keys: Keys;
  known: KeySet;
  /** Events that are delivered, by this page or before it; the rows of those that are still to be. */
  delivered: number;
  open: Set<number>;
  /** Refused by Azure, each by itself. */
  refusedAlone: { row: number; bytes: Buffer; evidence: Evidence }[];
  done: boolean;
};

/** Tells events that Azure has, and those that are on their way on `others`, from those that are still to be delivered. */
export function sortPage(read: ReadPage, window: DedupWindow, others: Page[]): Omit<Page, 'copies'> {
  const { body, events } = read;
  const keys = keysOf(body, events);
  const known = new KeySet(events.length);
  const open = new Set<number>();
  let delivered = 0;
  for (let row = 0; row < events.length; row++) {
    if (window.has(keys, row)) delivered++;
    else if (!known.has(keys, row) && !others.some((page) => page.known.has(keys, row))) open.add(row);
    known.add(keys, row);
  }
  return { ...read, keys, known, delivered, open, refusedAlone: [], done: false };
}

/** The bytes of one event, as Okta sent them: a view of the page's memory. */
export function bytesAt({ body, events }: Source, row: number): Buffer {
  const { start, end } = events[row] as PageEvent;
  return body.subarray(start, end);
}

/** The events of a chunk, found again in its body as it was sent, for when the page is no longer in memory. Keeps their rows. */
export async function unpack(events: PageEvent[], { rows }: Chunk, bytes: Buffer): Promise<Source> {
  const moved: PageEvent[] = [];
  let start = 1;
  for (const row of rows) {
    const event = events[row] as PageEvent;
    const end = start + event.end - event.start;
    moved[row] = { ...event, start, end };
    start = end + 1;
  }
  return { body: isGzip(bytes) ? await unzip(bytes) : bytes, events: moved };
}
