/** One element of a page: its bytes are `page.subarray(start, end)`; a missing or unusual `uuid` or `published` is ''. */
export type PageEvent = { start: number; end: number; uuid: string; published: string };

/** A body for one upload: a JSON array of the events beside it, their bytes exactly as Okta sent them. */
export type Chunk = { body: Buffer; events: PageEvent[] };

/** The body is not one whole JSON array of objects; nothing of it may be delivered. */
export class PageError extends Error {
  override name = 'PageError';
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const ESCAPES = '"\\/bfnrt';
const HEX = /^[0-9a-fA-F]{4}$/;

/** The JSON words by their first byte. */
const words = new Map(['null', 'true', 'false'].map((word) => [word.charCodeAt(0), word]));

/**
 * Finds the events of a System Log page in one pass, without making objects of them. Accepts what JSON.parse accepts and
 * is an array of objects, and takes `uuid` and `published` as JSON.parse would: the last of repeated keys, however they
 * are spelt. Throws PageError for anything else, so that no page is ever delivered in part.
 */
// One loop over the tokens, because functions between them would take half as long again. `text` has a character for
// each byte: to search it for the closing quote takes 10 ns, a loop over the bytes 1 ns for each. `open` holds the
// brackets still to be closed, first the page's own, then the event's: no depth of nesting overflows anything.
export function scanPage(page: Buffer): PageEvent[] {
  const text = page.toString('latin1');
  const controls = hasControls(page);
  const events: PageEvent[] = [];
  const open: number[] = [];
  let backslash = find(text, '\\', 0);
  let event: PageEvent = { start: 0, end: 0, uuid: '', published: '' };
  let key: 'uuid' | 'published' | undefined;
  let keyNext = false;
  let at = skipSpace(page, 0);
  if (page[at] !== OPEN_LIST) throw failure(page, at, 'the body is not an array');
  for (;;) {
    const first = page[at];
    if (open.length === 1) {
      if (first !== OPEN_OBJECT) throw failure(page, at, 'an element is not an object');
      event = { start: at, end: 0, uuid: '', published: '' };
    }
    if (first === QUOTE) {
      const start = at;
      let quote = find(text, '"', start + 1);
      const escaped = backslash < quote;
      if (escaped) {
        quote = skipEscapes(page, text, backslash, quote);
        backslash = find(text, '\\', quote);
      }
      if (quote === page.length) throw failure(page, quote, 'a string does not end');
      if (controls) refuseControls(page, start + 1, quote);
      at = quote + 1;
      if (keyNext) {
        key = open.length === 2 ? ownKey(page, text, start, at, escaped) : undefined;
        if (key) event[key] = '';
        if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
        if (page[at] !== COLON) throw failure(page, at, 'no colon after a key');
        at += 1;
        if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
        keyNext = false;
        continue;
      }
      if (key && open.length === 2) event[key] = stringAt(page, start, at);
    } else if (keyNext) {
      throw failure(page, at, 'no key where one must be');
    } else if (first === OPEN_OBJECT || first === OPEN_LIST) {
      open.push(first + 2);
      at += 1;
      if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
      if (page[at] !== first + 2) {
        keyNext = first === OPEN_OBJECT;
        continue;
      }
    } else at = skipScalar(page, text, at);
    // Behind a value: out of all that ends here, then on to the next key or value of what is still open.
    for (;;) {
      if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
      const close = open[open.length - 1];
      if (page[at] !== close) break;
      at += 1;
      open.pop();
      if (open.length === 1) {
        event.end = at;
        events.push(event);
      } else if (open.length === 0) return atEnd(page, at, events);
    }
    if (page[at] !== COMMA) throw failure(page, at, 'no comma after a value');
    at += 1;
    if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
    keyNext = open[open.length - 1] === CLOSE_OBJECT;
  }
}

/**
 * Packs events of a page, in their order, into as few bodies as fit: each a JSON array of at most `maxBytes`, brackets and
 * commas counted. An event that does not fit alone is in `oversize` and in no chunk. Neighbours in the page are copied at
 * once, with the commas between them.
 */
export function packChunks(
  page: Buffer,
  events: PageEvent[],
  maxBytes: number,
): { chunks: Chunk[]; oversize: PageEvent[] } {
  const chunks: Chunk[] = [];
  const oversize: PageEvent[] = [];
  let packed: PageEvent[] = [];
  let bytes = 1;
  for (const event of events) {
    const size = event.end - event.start + 1;
    if (size + 1 > maxBytes) {
      oversize.push(event);
      continue;
    }
    if (bytes + size > maxBytes) {
      chunks.push({ body: bodyOf(page, packed, bytes), events: packed });
      packed = [];
      bytes = 1;
    }
    packed.push(event);
    bytes += size;
  }
  if (packed.length > 0) chunks.push({ body: bodyOf(page, packed, bytes), events: packed });
  return { chunks, oversize };
}

/** One byte goes before each event, `[` or `,`, and one behind the last. */
function bodyOf(page: Buffer, events: PageEvent[], bytes: number): Buffer {
  const body = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let index = 0; index < events.length; ) {
    const { start, end } = events[index++] as PageEvent;
    let runEnd = end;
    // One byte between two events of a page can only be their comma.
    while (events[index]?.start === runEnd + 1) runEnd = (events[index++] as PageEvent).end;
    body[at] = at === 0 ? OPEN_LIST : COMMA;
    page.copy(body, at + 1, start, runEnd);
    at += 1 + runEnd - start;
  }
  body[at] = CLOSE_LIST;
  return body;
}

function atEnd(page: Buffer, end: number, events: PageEvent[]): PageEvent[] {
  const at = skipSpace(page, end);
  if (at < page.length) throw failure(page, at, 'something follows the array');
  return events;
}

/** Which of the two keys stands between these quotes; one with an escape may be either. */
function ownKey(
  page: Buffer,
  text: string,
  start: number,
  end: number,
  escaped: boolean,
): 'uuid' | 'published' | undefined {
  if (!escaped) {
    if (end - start === 6 && text.startsWith('uuid', start + 1)) return 'uuid';
    return end - start === 11 && text.startsWith('published', start + 1) ? 'published' : undefined;
  }
  const key = stringAt(page, start, end);
  return key === 'uuid' || key === 'published' ? key : undefined;
}

function stringAt(page: Buffer, start: number, end: number): string {
  const written = page.toString('utf8', start + 1, end - 1);
  return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
}

/** From the first escape of a string, and the quote that may end it, to the quote that does. */
function skipEscapes(page: Buffer, text: string, first: number, quote: number): number {
  let end = quote;
  for (let at = first; at < end; ) {
    const unicode = page[at + 1] === SMALL_U;
    const good = unicode ? HEX.test(text.slice(at + 2, at + 6)) : ESCAPES.includes(text[at + 1] ?? ' ');
    if (!good) throw failure(page, at, 'a bad escape');
    const behind = at + (unicode ? 6 : 2);
    if (behind > end) end = find(text, '"', behind);
    at = find(text, '\\', behind);
  }
  return end;
}

function refuseControls(page: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if ((page[at] as number) < SPACE) throw failure(page, at, 'a control character in a string');
  }
}

function skipScalar(page: Buffer, text: string, at: number): number {
  const word = words.get(page[at] as number);
  if (word && text.startsWith(word, at)) return at + word.length;
  let end = page[at] === MINUS ? at + 1 : at;
  end = page[end] === ZERO ? end + 1 : skipDigits(page, end);
  if (page[end] === POINT) end = skipDigits(page, end + 1);
  if (((page[end] ?? 0) | 0x20) !== SMALL_E) return end;
  const sign = page[end + 1];
  return skipDigits(page, sign === PLUS || sign === MINUS ? end + 2 : end + 1);
}

function skipDigits(page: Buffer, start: number): number {
  let at = start;
  while (at < page.length && (page[at] as number) >= ZERO && (page[at] as number) <= NINE) at += 1;
  if (at === start) throw failure(page, at, 'not a JSON value');
  return at;
}

function skipSpace(page: Buffer, start: number): number {
  let at = start;
  while (at < page.length && (page[at] as number) <= SPACE) {
    const byte = page[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== RETURN && byte !== TAB) break;
    at += 1;
  }
  return at;
}

function find(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
}

/** Whether any byte is below 0x20, four at a time; most pages have none, and then no string has to be looked through. */
function hasControls(page: Buffer): boolean {
  const ahead = Math.min(page.length, -page.byteOffset & 3);
  const fours = new Int32Array(page.buffer, page.byteOffset + ahead, (page.length - ahead) >> 2);
  let found = 0;
  for (let index = 0; index < fours.length; index++) {
    const four = fours[index] as number;
    found |= (four - 0x20202020) & ~four;
  }
  for (const edge of [page.subarray(0, ahead), page.subarray(ahead + fours.length * 4)]) {
    for (const byte of edge) found |= (byte - SPACE) & ~byte;
  }
  return (found & 0x80808080) !== 0;
}

function failure(page: Buffer, at: number, reason: string): PageError {
  return new PageError(
    at >= page.length ? `${reason}: cut off after ${page.length} bytes` : `${reason}: at byte ${at}`,
  );
}
