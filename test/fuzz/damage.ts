import type { Random } from '../sims/okta/random.ts';

const half = '\ud800';
const odd: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  '0',
  '*'.repeat(300),
  '<'.repeat(300),
  `a\0${half}`,
  '__proto__',
  'https://evil.example/',
  '2026-13-45T99:99:99Z',
  [],
  {},
  [null],
  [[]],
  { toString: 7 },
  { length: 1e9 },
];

/** The value with one to three of its parts gone, doubled, or of another kind. */
export function damaged(value: unknown, random: Random): unknown {
  let result = value;
  for (let times = 1 + random.below(3); times > 0; times--) result = damagedOnce(result, random);
  return result;
}

function damagedOnce(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.08)) return structuredClone(random.pick(odd));
  if (Array.isArray(value)) return damagedList(value, random);
  const keys = Object.keys(value);
  if (keys.length === 0) return { x: structuredClone(random.pick(odd)) };
  const key = random.pick(keys);
  const { [key]: part, ...rest } = value as Record<string, unknown>;
  if (random.chance(0.15)) return rest;
  if (random.chance(0.05)) return { ...rest, [`${key}x`]: part };
  return { ...value, [key]: damagedOnce(part, random) };
}

function damagedList(list: unknown[], random: Random): unknown[] {
  const at = random.below(list.length + 1);
  if (at === list.length) return [...list, structuredClone(random.pick(odd))];
  if (random.chance(0.1)) return list.toSpliced(at, 1);
  if (random.chance(0.1)) return [...list, ...list];
  return list.toSpliced(at, 1, damagedOnce(list[at], random));
}

/** JSON of the value as it may arrive: damaged, cut off, or a page of something in between. */
export function damagedText(value: unknown, random: Random): string {
  const text = JSON.stringify(random.chance(0.75) ? damaged(value, random) : value) ?? '';
  const kind = random.next();
  if (kind < 0.1) return text.slice(0, random.below(text.length + 1));
  if (kind < 0.15) return random.pick(['', 'null', '<html>no</html>', '[', '{}', '[]', '"x"', '7', '\u0000']);
  return text;
}

const signs = [
  ...'abcXYZ019 \t\n<>;,:="\'/\\?#&%@*()[]{}|.-_`~^$+!',
  '\0',
  half,
  'é',
  '\u200b',
  '🙂',
  '&amp;',
  '</at>',
];

/** A text of up to `most` pieces: runs of one, of any, and of `words`. */
export function oddText(random: Random, { words, most = 12 }: { words: readonly string[]; most?: number }): string {
  let text = '';
  for (let pieces = random.below(most); pieces >= 0; pieces--) {
    const piece = random.chance(0.5) ? random.pick(words) : random.pick(signs);
    text += random.chance(0.03) ? piece.repeat(random.below(2_000)) : piece;
  }
  return text;
}
