/** One element of a JSON array of objects: its bytes are `body.subarray(start, end)`; `uuid` is its own top-level one. */
export type Element = { start: number; end: number; uuid: string | undefined };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const U = 0x75;
const I = 0x69;
const D = 0x64;

/**
 * Finds the elements of a JSON array of objects without parsing them. What lies inside an element is not checked; anything
 * else than objects, or an array that does not end where the body ends, is a SyntaxError.
 */
export function splitArray(body: Buffer): Element[] {
  const elements: Element[] = [];
  let at = skipBlanks(body, 0);
  if (body[at] !== OPEN_ARRAY) throw new SyntaxError('not a JSON array');
  at = skipBlanks(body, at + 1);
  if (body[at] === CLOSE_ARRAY) return endOf(body, at + 1, elements);
  for (;;) {
    if (body[at] !== OPEN) throw new SyntaxError(`an object is expected at byte ${at}`);
    const element = readElement(body, at);
    elements.push(element);
    at = skipBlanks(body, element.end);
    if (body[at] === CLOSE_ARRAY) return endOf(body, at + 1, elements);
    if (body[at] !== COMMA) throw new SyntaxError(`a comma is expected at byte ${at}`);
    at = skipBlanks(body, at + 1);
  }
}

function readElement(body: Buffer, start: number): Element {
  let depth = 1;
  let at = start + 1;
  let uuid: string | undefined;
  let keyNext = true;
  for (; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = endOfString(body, at);
      if (depth === 1 && keyNext) {
        keyNext = false;
        if (isUuidKey(body, at, end)) uuid = readString(body, skipBlanks(body, end)) ?? uuid;
      }
      at = end - 1;
    } else if (byte === COMMA) keyNext = true;
    else if (byte === OPEN || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return { start, end: at + 1, uuid };
    }
  }
  throw new SyntaxError('the body ends inside an element');
}

/** The byte after the closing quote of the string that starts at `at`. */
function endOfString(body: Buffer, at: number): number {
  for (let next = at + 1; next < body.length; next++) {
    const byte = body[next];
    if (byte === BACKSLASH) next += 1;
    else if (byte === QUOTE) return next + 1;
  }
  throw new SyntaxError('the body ends inside a string');
}

function isUuidKey(body: Buffer, at: number, end: number): boolean {
  return end - at === 6 && body[at + 1] === U && body[at + 2] === U && body[at + 3] === I && body[at + 4] === D;
}

function readString(body: Buffer, colon: number): string | undefined {
  const at = skipBlanks(body, colon + 1);
  if (body[colon] !== COLON || body[at] !== QUOTE) return undefined;
  const text = body.toString('utf8', at + 1, endOfString(body, at) - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function skipBlanks(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += 1;
  return at;
}

function endOf(body: Buffer, from: number, elements: Element[]): Element[] {
  if (skipBlanks(body, from) < body.length) throw new SyntaxError('something follows the array');
  return elements;
}
