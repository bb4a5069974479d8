import columns from '../../deploy/stream.json' with { type: 'json' };

/** The fields of an event that our stream declares. Azure drops every other one, and answers 204 all the same. */
const names = new Set(columns.map(({ name }) => name));

/** So many new names of a page are noted, and so much of each. */
const mostFields = 20;
const mostLetters = 100;

/** Notes a field of an event by its name, in a form that the store can keep, unless our stream declares it. Never throws. */
export function noteField(fields: Set<string>, name: string): void {
  if (fields.size < mostFields && !names.has(name)) fields.add(storable(name.slice(0, mostLetters)));
}

/** A text as the store can keep it: no NUL, no half characters. Never throws. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Clocks differ by seconds, and Azure takes a time for what it is up to a day ahead: what is later is none. */
const dayMs = 86_400_000;

/** The latest time, as Okta writes it, that an event can have at `now`. */
export function aheadOf(now: number): string {
  return new Date(now + dayMs).toISOString();
}

// Seventeen names are looked at in every event, so no string is made of them: each name has a slot of its own, by its length
// and first four bytes, and the rest is compared four bytes at a time, the last four once more where they overlap.

const slots = 64;
const slotBits = 6;
const shortest = 4;

type Declared = { size: number; words: Int32Array };

const declared = [...names].map((name): Declared => {
  const bytes = Buffer.from(name);
  if (bytes.length < shortest) throw new Error(`a field of fewer than ${shortest} bytes can't be told: ${name}`);
  return { size: bytes.length, words: Int32Array.from(wordsAt(bytes.length), (at) => bytes.readInt32LE(at)) };
});

const factor = factorFor(declared);
const sizes = new Uint8Array(slots);
const words: Int32Array[] = Array<Int32Array>(slots).fill(new Int32Array(0));
for (const each of declared) {
  const slot = slotOf(each.words[0] as number, each.size, factor);
  sizes[slot] = each.size;
  words[slot] = each.words;
}

/** Whether the key whose bytes are `start` to `end` of a page, without escapes, is a field that our stream declares. Never throws. */
export function isDeclared(view: DataView, start: number, end: number): boolean {
  const size = end - start;
  if (size < shortest) return false;
  const first = view.getInt32(start, true);
  const slot = slotOf(first, size, factor);
  if (sizes[slot] !== size) return false;
  const expected = words[slot] as Int32Array;
  if (expected[0] !== first) return false;
  const last = end - shortest;
  for (let word = 1; word < expected.length; word++) {
    const at = Math.min(start + shortest * word, last);
    if (view.getInt32(at, true) !== expected[word]) return false;
  }
  return true;
}

/** Where the words of a name of so many bytes begin; the last one ends where the name does. */
function wordsAt(size: number): number[] {
  return Array.from({ length: Math.ceil(size / shortest) }, (_, word) => Math.min(word * shortest, size - shortest));
}

function slotOf(first: number, size: number, by: number): number {
  return Math.imul(first + size, by) >>> (32 - slotBits);
}

/** A number that sends no two names to one slot; found once, when the process starts. */
function factorFor(all: Declared[]): number {
  for (let by = 0x9e3779b1; ; by = (Math.imul(by, 0x10dcd) + 1) | 1) {
    const taken = new Set(all.map((each) => slotOf(each.words[0] as number, each.size, by)));
    if (taken.size === all.length) return by;
  }
}
