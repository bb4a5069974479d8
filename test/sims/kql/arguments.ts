import type { Arg } from './expression.ts';
import { fail } from './language.ts';
import type { Row } from './schema.ts';
import { convert, toText } from './values.ts';

/** Reads an argument as text, whatever its type. */
export function text(arg: Arg): (row: Row) => string {
  const { run, type } = arg;
  if (type === 'string') return (row) => (run(row) as string | null) ?? '';
  return (row) => toText(run(row), type);
}

/** Reads an argument as a number (or milliseconds), or null. */
export function numeric(arg: Arg): (row: Row) => number | null {
  const { run, type } = arg;
  if (type === 'dynamic' || type === 'bool') return (row) => convert(run(row), type, 'real') as number | null;
  return (row) => (run(row) as number | null | undefined) ?? null;
}

const patterns = new Map<string, RegExp>();

/** An RE2 pattern as a regular expression of ours; what it cannot say stops the query. */
function pattern(source: string, arg: Arg): RegExp {
  let regex = patterns.get(source);
  if (regex === undefined) {
    const flags = /^\(\?([ims]+)\)/.exec(source);
    try {
      regex = new RegExp(source.slice(flags?.[0].length ?? 0).replaceAll('(?P<', '(?<'), flags?.[1] ?? '');
    } catch (cause) {
      fail('regex', `cannot run the pattern ${source}: ${cause instanceof Error ? cause.message : cause}`, arg.node);
    }
    patterns.set(source, regex);
  }
  return regex;
}

/** Reads an argument as a pattern; a constant one is checked at once. */
export function patternOf(arg: Arg, wrap = (source: string) => source): (row: Row) => RegExp {
  const read = text(arg);
  if (!arg.constant) return (row) => pattern(wrap(read(row)), arg);
  const regex = pattern(wrap(read({})), arg);
  return () => regex;
}
