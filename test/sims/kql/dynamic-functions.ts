import { text } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import type { Builder } from './functions.ts';
import type { Type } from './schema.ts';
import { formatDatetime, formatTimespan } from './values.ts';

/** A value as it stands inside a dynamic: times become text, because JSON has none. */
export function asDynamic(value: unknown, type: Type): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'datetime') return formatDatetime(value as number);
  return type === 'timespan' ? formatTimespan(value as number) : value;
}

// A text that is no JSON becomes a dynamic text.
const parseJson: Builder = ([arg]) => {
  const { run, type } = arg as Arg;
  if (type === 'dynamic') return run;
  const read = text(arg as Arg);
  return (row) => {
    const source = read(row);
    if (source.trim() === '') return null;
    try {
      return JSON.parse(source);
    } catch {
      return source;
    }
  };
};

const pack: Builder = (args) => {
  const pairs: [name: Eval, value: Arg][] = [];
  for (let index = 0; index + 1 < args.length; index += 2)
    pairs.push([text(args[index] as Arg), args[index + 1] as Arg]);
  return (row) => Object.fromEntries(pairs.map(([name, { run, type }]) => [name(row), asDynamic(run(row), type)]));
};

const packArray: Builder = (args) => (row) => args.map(({ run, type }) => asDynamic(run(row), type));

function ofDynamic(apply: (value: unknown) => unknown): Builder {
  return ([arg]) => {
    const { run } = arg as Arg;
    return (row) => apply(run(row) ?? null);
  };
}

const getType: Builder = ([arg]) => {
  const { run, type } = arg as Arg;
  return (row) => {
    const value = run(row) ?? null;
    if (value === null) return 'null';
    return type === 'dynamic' ? dynamicType(value) : type;
  };
};

function dynamicType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'dictionary';
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

const isBag = (value: unknown): value is object => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Functions that make or read dynamic values. */
export const dynamicFunctions = new Map<string, Builder>([
  ['parse_json', parseJson],
  ['todynamic', parseJson],
  ['pack', pack],
  ['bag_pack', pack],
  ['pack_array', packArray],
  ['array_length', ofDynamic((value) => (Array.isArray(value) ? value.length : null))],
  ['array_concat', (args) => (row) => args.flatMap(({ run }) => (run(row) as unknown[] | null) ?? [])],
  ['bag_keys', ofDynamic((value) => (isBag(value) ? Object.keys(value) : null))],
  ['gettype', getType],
]);
