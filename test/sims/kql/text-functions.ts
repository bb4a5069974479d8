import { createHash } from 'node:crypto';
import { numeric, patternOf, text } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import type { Builder } from './functions.ts';
import { fail } from './language.ts';
import { convert } from './values.ts';

/** A function of texts: every argument is read as text. */
function ofTexts(apply: (...texts: string[]) => unknown): Builder {
  return (args) => {
    const [first, second, third] = args.map(text);
    if (first === undefined) return () => apply();
    if (second === undefined) return (row) => apply(first(row));
    if (third === undefined) return (row) => apply(first(row), second(row));
    const reads = args.map(text);
    return (row) => apply(...reads.map((read) => read(row)));
  };
}

// Positions and lengths are UTF-16 units, here and in strlen().
const substring: Builder = ([source, start, length]) => {
  const read = text(source as Arg);
  const from = numeric(start as Arg);
  const size = length === undefined ? () => Number.POSITIVE_INFINITY : numeric(length);
  return (row) => {
    const value = read(row);
    const at = from(row) ?? 0;
    const begin = at < 0 ? Math.max(0, value.length + at) : at;
    return value.slice(begin, begin + Math.max(0, size(row) ?? 0));
  };
};

const split: Builder = ([source, delimiter, index]) => {
  const [read, by] = [text(source as Arg), text(delimiter as Arg)];
  const at = index === undefined ? null : numeric(index);
  return (row) => {
    const parts = by(row) === '' ? [read(row)] : read(row).split(by(row));
    if (at === null) return parts;
    const part = parts[at(row) ?? -1];
    return part === undefined ? [] : [part];
  };
};

const extract: Builder = ([regex, group, source, typed], { node, type }) => {
  if (typed !== undefined) return fail('argument', 'extract() with a type cannot be run here', node);
  const [expression, read, number] = [patternOf(regex as Arg), text(source as Arg), numeric(group as Arg)];
  return (row) => {
    const match = expression(row).exec(read(row));
    return convert(match?.[number(row) ?? 0] ?? '', 'string', type);
  };
};

const trim = (atStart: boolean, atEnd: boolean): Builder => {
  return ([regex, source]) => {
    const read = text(source as Arg);
    const start = patternOf(regex as Arg, (found) => (atStart ? `^(?:${found})+` : '^'));
    const end = patternOf(regex as Arg, (found) => (atEnd ? `(?:${found})+$` : '$'));
    return (row) => read(row).replace(start(row), '').replace(end(row), '');
  };
};

const indexOf: Builder = ([source, needle, start]) => {
  const [read, of] = [text(source as Arg), text(needle as Arg)];
  const from = start === undefined ? () => 0 : numeric(start);
  return (row) => read(row).indexOf(of(row), from(row) ?? 0);
};

const replaceRegex: Builder = ([source, regex, replacement]) => {
  const [read, expression, by] = [text(source as Arg), patternOf(regex as Arg), text(replacement as Arg)];
  return (row) => {
    const found = expression(row);
    // RE2 writes groups as \1, JavaScript as $1.
    const template = by(row)
      .replaceAll('$', '$$$$')
      .replace(/\\(\d)/g, (_, digit) => (digit === '0' ? '$&' : `$${digit}`));
    return read(row).replace(new RegExp(found.source, `${found.flags}g`), template);
  };
};

function hash(algorithm: string): Builder {
  return ([arg]): Eval => {
    const read = text(arg as Arg);
    return (row) => createHash(algorithm).update(read(row)).digest('hex');
  };
}

/** Functions that read or write text. */
export const textFunctions = new Map<string, Builder>([
  ['strcat', (args) => concatenate(args)],
  ['strcat_delim', ofTexts((delimiter, ...texts) => texts.join(delimiter))],
  ['strlen', ofTexts((value = '') => value.length)],
  ['tolower', ofTexts((value = '') => value.toLowerCase())],
  ['toupper', ofTexts((value = '') => value.toUpperCase())],
  [
    'replace_string',
    ofTexts((value = '', from = '', by = '') => (from === '' ? value : value.replaceAll(from, () => by))),
  ],
  ['replace_regex', replaceRegex],
  ['countof', ofTexts((value = '', needle = '') => (needle === '' ? 0 : value.split(needle).length - 1))],
  ['reverse', ofTexts((value = '') => [...value].reverse().join(''))],
  ['substring', substring],
  ['split', split],
  ['extract', extract],
  ['indexof', indexOf],
  ['trim', trim(true, true)],
  ['trim_start', trim(true, false)],
  ['trim_end', trim(false, true)],
  ['hash_sha256', hash('sha256')],
  ['hash_md5', hash('md5')],
]);

function concatenate(args: Arg[]): Eval {
  const reads = args.map(text);
  return (row) => {
    let joined = '';
    for (const read of reads) joined += read(row);
    return joined;
  };
}
