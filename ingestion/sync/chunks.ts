import type { PageEvent } from '../okta/page-scanner.ts';

/** Bytes, and where in them the events of a page, or some of them, are. */
export type Source = { body: Buffer; events: PageEvent[] };

/** The body of one upload, not yet made: these events of a page, by their row, as a JSON array of so many bytes. */
export type Chunk = { rows: number[]; bytes: number };

const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/**
 * Splits events of a page, in their order, into as few chunks of at most `sizes.bytes` as fit, brackets and commas counted.
 * One that is larger by itself gets a chunk of its own; one above `sizes.most` is in `oversize` and in no chunk. Azure takes
 * 1 MB a call, and does not say of what: MicrosoftDocs/azure-monitor-docs,
 * articles/azure-monitor/logs/includes/azure-monitor-limits-custom-logs.md.
 */
export function splitChunks(
  events: PageEvent[],
  rows: Iterable<number>,
  sizes: { bytes: number; most: number },
): { chunks: Chunk[]; oversize: number[] } {
  const chunks: Chunk[] = [];
  const oversize: number[] = [];
  let chunk: Chunk = { rows: [], bytes: 1 };
  for (const row of rows) {
    const { start, end } = events[row] as PageEvent;
    const size = end - start + 1;
    if (size + 1 > sizes.most) {
      oversize.push(row);
      continue;
    }
    if (chunk.rows.length > 0 && chunk.bytes + size > sizes.bytes) {
      chunks.push(chunk);
      chunk = { rows: [], bytes: 1 };
    }
    chunk.rows.push(row);
    chunk.bytes += size;
  }
  if (chunk.rows.length > 0) chunks.push(chunk);
  return { chunks, oversize };
}

/**
 * Writes a chunk to the start of `into`, and returns that part of it: the events' bytes exactly as Okta sent them, one byte
 * before each, `[` or `,`, and one behind the last. Neighbours in the page are copied at once, with the commas between them.
 */
export function writeChunk({ body, events }: Source, { rows, bytes }: Chunk, into: Buffer): Buffer {
  let at = 0;
  for (let index = 0; index < rows.length; ) {
    const { start, end } = events[rows[index++] as number] as PageEvent;
    let runEnd = end;
    // One byte between two events of a page can only be their comma.
    while (events[rows[index] ?? -1]?.start === runEnd + 1) runEnd = (events[rows[index++] as number] as PageEvent).end;
    into[at] = at === 0 ? OPEN_LIST : COMMA;
    body.copy(into, at + 1, start, runEnd);
    at += 1 + runEnd - start;
  }
  into[at] = CLOSE_LIST;
  return into.subarray(0, bytes);
}
