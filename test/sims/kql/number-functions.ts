import { numeric } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import type { Builder } from './functions.ts';
import { yearOne } from './values.ts';

function ofNumber(apply: (value: number) => unknown): Builder {
  return ([arg]) => {
    const read = numeric(arg as Arg);
    return (row) => {
      const value = read(row);
      return value === null ? null : apply(value);
    };
  };
}

// Times are binned from year 1: a bin of seven days starts on a Monday.
const bin: Builder = ([value, size]): Eval => {
  const [read, step] = [numeric(value as Arg), numeric(size as Arg)];
  const origin = (value as Arg).type === 'datetime' ? yearOne : 0;
  return (row) => {
    const [at, by] = [read(row), step(row)];
    return at === null || by === null || by <= 0 ? null : Math.floor((at - origin) / by) * by + origin;
  };
};

const round: Builder = ([value, precision]) => {
  const read = numeric(value as Arg);
  const digits = precision === undefined ? () => 0 : numeric(precision);
  return (row) => {
    const number = read(row);
    if (number === null) return null;
    const scale = 10 ** (digits(row) ?? 0);
    return (Math.sign(number) * Math.round(Math.abs(number) * scale)) / scale;
  };
};

const extreme = (better: (a: number, b: number) => boolean): Builder => {
  return (args) => {
    const runs = args.map((arg) => (arg.type === 'dynamic' ? numeric(arg) : arg.run));
    return (row) => {
      let best: unknown = null;
      for (const run of runs) {
        const value = run(row) ?? null;
        if (value !== null && (best === null || better(value as number, best as number))) best = value;
      }
      return best;
    };
  };
};

/** Functions of numbers, and of times and timespans where they mean the same. */
export const numberFunctions = new Map<string, Builder>([
  ['bin', bin],
  ['floor', bin],
  ['round', round],
  ['abs', ofNumber(Math.abs)],
  ['ceiling', ofNumber(Math.ceil)],
  ['sign', ofNumber(Math.sign)],
  ['sqrt', ofNumber((value) => (value < 0 ? null : Math.sqrt(value)))],
  ['exp', ofNumber(Math.exp)],
  ['log', ofNumber((value) => (value <= 0 ? null : Math.log(value)))],
  ['log2', ofNumber((value) => (value <= 0 ? null : Math.log2(value)))],
  ['log10', ofNumber((value) => (value <= 0 ? null : Math.log10(value)))],
  ['isnan', ofNumber(Number.isNaN)],
  ['isfinite', ofNumber(Number.isFinite)],
  ['max_of', extreme((a, b) => a > b)],
  ['min_of', extreme((a, b) => a < b)],
]);
