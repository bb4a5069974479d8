import { isDeclared, noteField } from './event-fields.ts';

/**
 * One element of a page: its bytes are `page.subarray(start, end)`; a missing or unusual `uuid` or `published` is ''. One that does
 * not begin with a brace is no event at all.
 */
export type PageEvent = { start: number; end: number; uuid: string; published: string };

/** Thrown by `scanPage` for a body that is not one whole JSON array; nothing of it may be delivered. */
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
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const SMALL_D = 0x64;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What four bytes of a page are as a number where these stand. */
const NULL = fourBytes('null');
const TRUE = fourBytes('true');
const FALS = fourBytes('fals');
const UUID = fourBytes('uuid');
const PUBL = fourBytes('publ');
const ISHE = fourBytes('ishe');

/** The keys of an event whose texts are kept, by their index; any other key. */
const UUID_KEY = 0;
const PUBLISHED_KEY = 1;
const OTHER_KEY = -1;
const ownKeys = ['uuid', 'published'];

/** What may follow a backslash, `u` aside. */
const ESCAPES = [...Buffer.from('"\\/bfnrt')];
const HEX = /^[0-9a-fA-F]{4}$/;

// A page is megabytes, so nothing of its size is made of it: one string of it, to be searched natively, costs as much again
// in page faults and garbage. One loop over the members of an event and all within, because calls between functions would cost
// half as much again; spaces are looked for where something else stands than Okta's own JSON has.

/**
 * Finds the events of a System Log page in one pass, without making objects of them. Accepts what JSON.parse accepts and
 * is an array, and takes `uuid` and `published` as JSON.parse would: the last of repeated keys, however they
 * are spelt. Adds to `fields` the names of those that our stream does not declare. Throws PageError for anything else, so that no
 * page is ever delivered in part.
 */
export function scanPage(page: Buffer, fields = new Set<string>()): PageEvent[] {
  const scan: Scan = { view: new DataView(page.buffer, page.byteOffset, page.length), open: [], texts: [], fields };
  const events: PageEvent[] = [];
  let at = skipSpace(page, expect(page, 0, list) + 1);
  if (page[at] === CLOSE_LIST) return atEnd(page, at + 1, events);
  for (; ; at += 1) {
    const start = skipSpace(page, at);
    scan.texts = ['', ''];
    at = skipElement(page, start, scan);
    events.push({ start, end: at, uuid: scan.texts[0] as string, published: scan.texts[1] as string });
    if (page[at] !== COMMA) at = expect(page, at, { byte: CLOSE_LIST, ...behindValue });
    if (page[at] === CLOSE_LIST) return atEnd(page, at + 1, events);
  }
}

/** What goes along a page: its bytes as numbers, the brackets that are open, the texts of the event at hand, names that are new. */
type Scan = { view: DataView; open: number[]; texts: string[]; fields: Set<string> };

/**
 * Past one element of a page; notes the texts of its own keys. `open` holds the closing brackets around `close`: no depth of nesting
 * overflows anything. Behind a value it goes out of all that ends there, then on to the next member or element of what is still open.
 */
function skipElement(page: Buffer, start: number, { view, open, texts, fields }: Scan): number {
  let at = start;
  let close = 0;
  let depth = 0;
  let key = OTHER_KEY;
  for (;;) {
    if (close === CLOSE_OBJECT) {
      if (page[at] !== QUOTE) at = expect(page, at, memberKey);
      const plain = skipPlain(page, view, at + 1);
      const end = page[plain] === QUOTE ? plain : skipEscapes(page, view, plain);
      if (depth === 1) {
        key = end === plain ? ownKey(view, at + 1, end) : ownKeys.indexOf(textOf(page, at + 1, end));
        if (key !== OTHER_KEY) texts[key] = '';
        else if (end !== plain || !isDeclared(view, at + 1, end)) noteField(fields, textOf(page, at + 1, end));
      }
      at = end + 1;
      if (page[at] !== COLON) at = expect(page, at, colon);
      at += 1;
    }
    if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
    const first = page[at];
    if (first === QUOTE) {
      const end = endOfText(page, view, at + 1);
      if (depth === 1 && key !== OTHER_KEY) texts[key] = textOf(page, at + 1, end);
      at = end + 1;
    } else if (first === OPEN_OBJECT || first === OPEN_LIST) {
      depth = open.push(close);
      close = first + 2;
      at += 1;
      if ((page[at] as number) <= SPACE) at = skipSpace(page, at);
      if (page[at] !== close) continue;
    } else at = skipScalar(page, view, at);
    for (; depth > 0 && page[at] !== COMMA; at += 1) {
      if (page[at] !== close) at = expect(page, at, { byte: close, ...behindValue });
      if (page[at] === COMMA) break;
      close = open.pop() as number;
      depth -= 1;
    }
    if (depth === 0) return at;
    at += 1;
  }
}

function atEnd(page: Buffer, end: number, events: PageEvent[]): PageEvent[] {
  const at = skipSpace(page, end);
  if (at < page.length) throw failure(page, at, 'something follows the array');
  return events;
}

/** The end of a string that begins at `start`: where its closing quote is. */
function endOfText(page: Buffer, view: DataView, start: number): number {
  const plain = skipPlain(page, view, start);
  return page[plain] === QUOTE ? plain : skipEscapes(page, view, plain);
}

/** Whether what begins at this byte of a page is an event, and not another value of JSON. */
export function isObject(page: Buffer, { start }: PageEvent): boolean {
  return page[start] === OPEN_OBJECT;
}

/** Which of the two keys stands here, as an index of what is kept of them. */
function ownKey(view: DataView, start: number, end: number): number {
  const size = end - start;
  if (size === 4 && view.getInt32(start, true) === UUID) return UUID_KEY;
  const published = size === 9 && view.getInt32(start, true) === PUBL && view.getInt32(start + 4, true) === ISHE;
  return published && view.getUint8(start + 8) === SMALL_D ? PUBLISHED_KEY : OTHER_KEY;
}

/** A copy, so that what keeps a text does not keep its page. */
function textOf(page: Buffer, start: number, end: number): string {
  const written = page.toString('utf8', start, end);
  return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
}

/** To the first quote, backslash or control character, or to the end of the page. */
// Four bytes at a time. What stops is below 0x21 once xor 0x02 has swapped the quote, 0x22, and the space, 0x20, or is 0
// after xor 0x5c. The subtraction sets the top bit of each such byte and may, by its borrow, set it in bytes behind the
// first one, which does no harm. Bytes above 0x7f, whose top bit is set anyway, never stop. `| 0` keeps the negation an
// integer for the compiler.
function skipPlain(page: Buffer, view: DataView, start: number): number {
  let at = start;
  for (const last = page.length - 4; at <= last; at += 4) {
    const four = view.getInt32(at, true);
    const low = (four ^ 0x02020202) - 0x21212121;
    const backslash = (four ^ 0x5c5c5c5c) - 0x01010101;
    const stops = (low | backslash) & ~four & 0x80808080;
    if (stops !== 0) return at + 3 - (Math.clz32(stops & ((0 - stops) | 0)) >> 3);
  }
  while (at < page.length && page[at] !== QUOTE && page[at] !== BACKSLASH && (page[at] as number) >= SPACE) at += 1;
  return at;
}

/** From where a string stops being plain to the quote that ends it. */
function skipEscapes(page: Buffer, view: DataView, first: number): number {
  let at = first;
  while (page[at] === BACKSLASH) {
    const unicode = page[at + 1] === SMALL_U;
    const good = unicode ? HEX.test(page.toString('latin1', at + 2, at + 6)) : ESCAPES.includes(page[at + 1] as number);
    if (!good) throw failure(page, at, 'a bad escape');
    at = skipPlain(page, view, at + (unicode ? 6 : 2));
  }
  if (page[at] === QUOTE) return at;
  throw failure(page, at, at < page.length ? 'a control character in a string' : 'a string does not end');
}

function skipScalar(page: Buffer, view: DataView, at: number): number {
  const four = at + 4 <= page.length ? view.getInt32(at, true) : 0;
  if (four === NULL || four === TRUE) return at + 4;
  if (four === FALS && page[at + 4] === SMALL_E) return at + 5;
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

/** A byte that must be there, another that may be in its place, and what is said where neither is. */
type Wanted = { byte: number; or: number; missing: string };

const list = { byte: OPEN_LIST, or: OPEN_LIST, missing: 'the body is not an array' };
const memberKey = { byte: QUOTE, or: QUOTE, missing: 'no key where one must be' };
const colon = { byte: COLON, or: COLON, missing: 'no colon after a key' };
const behindValue = { or: COMMA, missing: 'no comma after a value' };

/** Past spaces to what must be there. */
function expect(page: Buffer, from: number, { byte, or, missing }: Wanted): number {
  const at = skipSpace(page, from);
  if (page[at] !== byte && page[at] !== or) throw failure(page, at, missing);
  return at;
}

function skipSpace(page: Buffer, start: number): number {
  let at = start;
  while (at < page.length) {
    const byte = page[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== RETURN && byte !== TAB) break;
    at += 1;
  }
  return at;
}

function fourBytes(text: string): number {
  return Buffer.from(text).readInt32LE();
}

function failure(page: Buffer, at: number, reason: string): PageError {
  return new PageError(
    at >= page.length ? `${reason}: cut off after ${page.length} bytes` : `${reason}: at byte ${at}`,
  );
}
