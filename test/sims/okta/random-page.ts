import { Random } from './random.ts';

const KEYS = [
  'uuid',
  'published',
  'uu\\u0069d',
  'p\\u0075blished',
  'UUID',
  'uuidx',
  'a',
  '',
  '\\"uuid',
  'é',
  '__proto__',
  '\\\\',
];
const TEXTS = [
  '',
  'x',
  '\\"',
  '\\\\',
  'é',
  '😀',
  '\\ud83d',
  '\\u2028',
  '}],[{',
  'a\\/b',
  '\\n',
  'uuid',
  '\u2028',
  'a'.repeat(40),
];
const SPACES = ['', '', '', '', ' ', '\n', '\t\r ', '  '];
const SCALARS = ['0', '-0', '12', '1.5', '-1e9', '2E-3', '1e+400', '9007199254740993', 'true', 'false', 'null'];
const DAMAGE = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ' ',
  '\n',
  '\0',
  'u',
  '0',
  '-',
  '.',
  'e',
  '\x7f',
  'null',
  '\\u00',
  '{}',
  '[]',
];

/** A page of random JSON, the same for the same seed and index; in half of them a few bytes are damaged. */
export function randomPage(seed: number, index: number): Buffer {
  const random = new Random(seed, index);
  const events = Array.from({ length: random.below(6) }, () => object(random, 0));
  const space = () => random.pick(SPACES);
  let page: Buffer = Buffer.from(`${space()}[${space()}${events.join(`${space()},${space()}`)}${space()}]${space()}`);
  if (random.chance(0.5)) for (let times = random.below(3); times >= 0; times--) page = damage(page, random);
  return page;
}

function damage(page: Buffer, random: Random): Buffer {
  const at = random.below(page.length + 1);
  const until = Math.min(page.length, at + random.below(random.pick([2, 4, 30])));
  switch (random.below(6)) {
    case 0:
      return page.subarray(0, at);
    case 1:
      return Buffer.concat([page.subarray(0, at), page.subarray(until)]);
    case 2:
      return Buffer.concat([page.subarray(0, until), page.subarray(at)]);
    case 3:
      return Buffer.concat([page.subarray(0, at), Buffer.from([random.below(256)]), page.subarray(until)]);
    default:
      return Buffer.concat([page.subarray(0, at), Buffer.from(random.pick(DAMAGE)), page.subarray(until)]);
  }
}

function object(random: Random, depth: number): string {
  const space = () => random.pick(SPACES);
  const members = Array.from({ length: random.below(5) }, () => {
    return `${space()}"${random.pick(KEYS)}"${space()}:${space()}${value(random, depth)}${space()}`;
  });
  return `{${members.length === 0 ? space() : members.join(',')}}`;
}

function value(random: Random, depth: number): string {
  if (random.chance(0.5)) return `"${random.pick(TEXTS)}${random.pick(TEXTS)}${random.pick(TEXTS)}"`;
  if (depth > 4 || random.chance(0.5)) return random.pick(SCALARS);
  if (random.chance(0.5)) return object(random, depth + 1);
  const space = () => random.pick(SPACES);
  const values = Array.from({ length: random.below(4) }, () => `${space()}${value(random, depth + 1)}${space()}`);
  return `[${values.length === 0 ? space() : values.join(',')}]`;
}
