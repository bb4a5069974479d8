import { stripTypeScriptTypes } from 'node:module';

/** One small mistake in a file: what stood from `at` on, what stands there instead, and the file's text with it. */
export type Mistake = { file: string; at: number; was: string; is: string; text: string };

const tokens = new RegExp(
  [
    /\/\/.*|\/\*[\s\S]*?\*\//, // Comments, which no rule knows.
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/,
    /(?<=(?:[(,=:[!&|?{};]|return)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/,
    /0x[\da-f]+|\d[\d_]*(?:\.\d+)?(?!\w)/,
    /[\w$#]+/,
    /=>|\?\?|\?\.|[!=]==|[<>]=|\+\+|--|&&|\|\||\*\*|>>>|<<|>>|\.\.\.|[+\-*/%&|^]=|\S/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** What may stand instead of an operator or a name; templates are read too, for the SQL in them. */
const others = new Map<string, string[]>(
  Object.entries({
    '<': '<= >',
    '<=': '< >',
    '>': '>= <',
    '>=': '> <',
    '===': '!==',
    '!==': '===',
    '&&': '||',
    '||': '&&',
    '??': '&&',
    '+': '-',
    '-': '+',
    '*': '/',
    '/': '*',
    '%': '*',
    '**': '*',
    '+=': '-=',
    '-=': '+=',
    '++': '--',
    '--': '++',
    '&': '|',
    '|': '&',
    '^': '|',
    '>>>': '<<',
    '>>': '<<',
    '<<': '>>>',
    '?.': '.',
    '!': ' ',
    true: 'false',
    false: 'true',
    and: 'or',
    greatest: 'least',
    least: 'greatest',
    break: 'continue',
    continue: 'break',
    some: 'every',
    every: 'some',
    max: 'min',
    min: 'max',
    floor: 'ceil',
    ceil: 'floor',
    startsWith: 'endsWith',
    endsWith: 'startsWith',
    push: 'unshift',
    filter: 'map',
    toLowerCase: 'toUpperCase',
  }).map(([token, instead]) => [token, instead.split(' ')]),
); // prettier-ignore
others.set('?', ['&& false ?', '|| true ?']);

/** Mistakes that are no single token: the pattern finds the place, and its first group is what is replaced. */
const shapes: [pattern: RegExp, instead: string][] = [
  [/\b(return) (?!null|undefined|false)/g, 'return void'],
  [/\w(\.\w+\(\))/g, ''],
  [/^ *(?! |const|let|return|for|if|while|throw|import)([\w#.[\]]+(?:\(|\s[-+|^&]?=\s|\+\+|--)[^\n]*;)$/gm, ''],
];
const condition = /\b(?:if|while) \(/g;
const field = /\b(?!Math|Number|Array|Object|Date|JSON|Buffer)([\w#]+)\.(\w+)\b(?!\()/g;

/** All the small mistakes that this knows of in a file. Types, comments and imports are left alone. */
export function mistakesIn(file: string, text: string): Mistake[] {
  const code = blanked(blanked(stripTypeScriptTypes(text), /^import[^;]*;/gm), tokens, /^\/[/*]/);
  const found: [at: number, was: string, is: string][] = [];
  let before = '';
  for (const { 0: token, index } of code.matchAll(tokens)) {
    for (const instead of insteadOf(token, before)) found.push([index, token, instead]);
    before = token;
  }
  for (const [pattern, instead] of shapes)
    for (const { 1: part = '', 0: whole, index } of code.matchAll(pattern))
      found.push([index + whole.indexOf(part), part, instead]);
  for (const { 0: whole, index } of code.matchAll(condition)) {
    const given = enclosed(code, index + whole.length);
    for (const forced of ['true ||', 'false &&']) found.push([index + whole.length, given, `${forced} (${given})`]);
  }
  found.push(...otherFields(blanked(code, tokens, /^['"]/)));
  return found.flatMap(([at, was, is]) => {
    const changed = text.slice(0, at) + is + text.slice(at + was.length);
    return is !== was && parses(changed) ? [{ file, at, was, is, text: changed }] : [];
  });
}

/** The code with blanks in place of what the pattern finds, where that looks like `only`. */
function blanked(code: string, pattern: RegExp, only = /^/): string {
  return code.replace(pattern, (found) => (only.test(found) ? found.replace(/\S/g, ' ') : found));
}

/** From behind an opening bracket to the one that closes it. */
function enclosed(code: string, from: number): string {
  let at = from;
  for (let depth = 1; at < code.length; at++) {
    if (code[at] === '(') depth++;
    if (code[at] === ')' && --depth === 0) break;
  }
  return code.slice(from, at);
}

function insteadOf(token: string, before: string): string[] {
  if (/^['"]/.test(token)) return [token.length > 2 ? "''" : "'x'"];
  if (/^\/.+\/[a-z]*$/.test(token))
    return ['/(?:)/', token.replace('/^', '/'), token.replace(/\$(\/[a-z]*)$/, '$1'), token.replace(/[a-z]*$/, '')];
  if (/^\d/.test(token)) {
    const number = Number(token.replaceAll('_', ''));
    return [`${number + 1}`, number === 0 ? '(-1)' : `${number - 1}`];
  }
  if (token === '-' && !/[\w)\]]$/.test(before)) return [' '];
  return others.get(token) ?? [];
}

/** The field of a record that is read, and the next one that is read of the same record instead. */
function otherFields(code: string): [number, string, string][] {
  const reads = [...code.matchAll(field)];
  return reads.flatMap(({ 0: whole, 1: record = '', 2: name = '', index }) => {
    const names = [...new Set(reads.filter((read) => read[1] === record).map((read) => read[2] ?? ''))];
    const other = names[(names.indexOf(name) + 1) % names.length] ?? name;
    return [[index + whole.length - name.length, name, other]] satisfies [number, string, string][];
  });
}

function parses(text: string): boolean {
  try {
    stripTypeScriptTypes(text);
    return true;
  } catch {
    return false; // No program at all, which is no mistake that anybody could commit.
  }
}
