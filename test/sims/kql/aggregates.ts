import { numeric } from './arguments.ts';
import { asDynamic } from './dynamic-functions.ts';
import { type Arg, compile, type Eval, type Scope } from './expression.ts';
import { columnsOf, fail, kindOf, list, type Node, part } from './language.ts';
import type { Row } from './schema.ts';

/** One group's running value; `result` is an array for an aggregate that gives several columns. */
export type Accumulator = { add(row: Row): void; result(): unknown };

/** Starts the running value of a new group. */
export type Aggregate = () => Accumulator;

/** Says whether a function of this name is an aggregate that can be run. */
export function isAggregate(name: string): boolean {
  return aggregates.has(name);
}

/** Compiles the call of an aggregate over rows of this scope. */
export function compileAggregate(node: Node, scope: Scope): Aggregate {
  const name = part(node, 'Name').SimpleName ?? '';
  const make = aggregates.get(name) ?? fail('aggregate', `cannot run the aggregate ${name}()`, node);
  const nodes = list(part(node, 'ArgumentList'), 'Expressions');
  return make(nodes, { node, scope });
}

type Site = { node: Node; scope: Scope };
type Maker = (nodes: Node[], site: Site) => Aggregate;

/** An aggregate of the non-null values of its first argument, for the rows that its condition lets through. */
function ofValues<T>(
  conditional: boolean,
  { start, add, result }: { start: () => T; add: (state: T, value: unknown) => T; result: (state: T) => unknown },
): Maker {
  return (nodes, { scope }) => {
    const value = compile(nodes[0] as Node, scope);
    const read = value.type === 'dynamic' ? numeric(value) : value.run;
    const condition = conditional ? compile(nodes[1] as Node, scope).run : null;
    return () => {
      let state = start();
      return {
        add(row) {
          if (condition !== null && condition(row) !== true) return;
          const found = read(row) ?? null;
          if (found !== null) state = add(state, found);
        },
        result: () => result(state),
      };
    };
  };
}

const sum = (conditional: boolean) =>
  ofValues(conditional, { start: () => 0, add: (total, value) => total + Number(value), result: (total) => total });

const average = (conditional: boolean) =>
  ofValues(conditional, {
    start: () => ({ total: 0, count: 0 }),
    add: ({ total, count }, value) => ({ total: total + (value as number), count: count + 1 }),
    // Over no value at all the service gives NaN.
    result: ({ total, count }) => (count === 0 ? Number.NaN : total / count),
  });

const extreme = (conditional: boolean, better: (a: number, b: number) => boolean) =>
  ofValues<unknown>(conditional, {
    start: () => null,
    add: (best, value) => (best === null || better(value as number, best as number) ? value : best),
    result: (best) => best,
  });

const distinctCount = (conditional: boolean) =>
  ofValues(conditional, {
    start: () => new Set<unknown>(),
    add: (values, value) => values.add(value),
    result: (values) => values.size,
  });

function counter(conditional: boolean): Maker {
  return (nodes, { scope }) => {
    const condition = conditional ? compile(nodes[0] as Node, scope).run : null;
    return () => {
      let count = 0;
      return {
        add(row) {
          if (condition === null || condition(row) === true) count++;
        },
        result: () => count,
      };
    };
  };
}

function constantNumber(node: Node | undefined, scope: Scope, absent: number): number {
  if (node === undefined) return absent;
  const arg = compile(node, scope);
  return arg.constant ? Number(arg.run({})) : fail('argument', 'a constant is expected', node);
}

function collect(unique: boolean): Maker {
  return (nodes, { scope }) => {
    const { run, type } = compile(nodes[0] as Node, scope);
    const limit = constantNumber(nodes[1], scope, 1_048_576);
    return () => {
      const values: unknown[] = [];
      const seen = new Set<unknown>();
      return {
        add(row) {
          const value = asDynamic(run(row), type);
          if (value === null || values.length >= limit) return;
          const key = typeof value === 'object' ? JSON.stringify(value) : value;
          if (unique && seen.has(key)) return;
          seen.add(key);
          values.push(value);
        },
        result: () => values,
      };
    };
  };
}

// The service estimates large sets; here the value at the nearest rank is exact.
function ranked(nodes: Node[], { scope }: Site): { read: Eval; ranks: number[] } {
  const [value, ...rest] = nodes as [Node, ...Node[]];
  return { read: numeric(compile(value, scope)), ranks: rest.map((node) => constantNumber(node, scope, 50)) };
}

function percentiles(single: boolean): Maker {
  return (nodes, site) => {
    const { read, ranks } = ranked(nodes, site);
    return () => {
      const values: number[] = [];
      return {
        add(row) {
          const value = read(row);
          if (value !== null) values.push(value as number);
        },
        result() {
          values.sort((a, b) => a - b);
          const found = ranks.map((rank) => values[Math.max(0, Math.ceil((rank / 100) * values.length) - 1)] ?? null);
          return single ? found[0] : found;
        },
      };
    };
  };
}

/** `arg_max`, `arg_min`: the values of the row where the first argument is greatest or least. */
function argument(better: (a: number, b: number) => boolean): Maker {
  return (nodes, { node, scope }) => {
    const [by, ...returned] = nodes as [Node, ...Node[]];
    const ranked = compile(by, scope);
    const star = returned.length === 1 && kindOf(returned[0] as Node) === 'StarExpression';
    const columns = columnsOf(node) ?? [];
    const reads = star
      ? columns.slice(1).map(
          ({ name }): Eval =>
            (row) =>
              row[name] ?? null,
        )
      : returned.map((item) => compile(item, scope).run);
    return () => {
      let best: unknown = null;
      let chosen: Row | null = null;
      return {
        add(row) {
          const value = ranked.run(row) ?? null;
          if (chosen !== null && (value === null || (best !== null && !better(value as number, best as number))))
            return;
          best = value;
          chosen = row;
        },
        result: () => [best, ...reads.map((read) => (chosen === null ? null : read(chosen)))],
      };
    };
  };
}

function takeAny(nodes: Node[], { scope, node }: Site): Aggregate {
  if (nodes.length !== 1 || kindOf(nodes[0] as Node) === 'StarExpression') {
    return fail('aggregate', 'take_any() of one expression can be run here, not of several', node);
  }
  const read: Arg = compile(nodes[0] as Node, scope);
  return () => {
    let found: unknown = null;
    return {
      add(row) {
        if (found === null || found === '') found = read.run(row) ?? null;
      },
      result: () => found,
    };
  };
}

const greater = (a: number, b: number) => a > b;
const less = (a: number, b: number) => a < b;

const aggregates = new Map<string, Maker>([
  ['count', counter(false)],
  ['countif', counter(true)],
  ['sum', sum(false)],
  ['sumif', sum(true)],
  ['avg', average(false)],
  ['avgif', average(true)],
  ['min', extreme(false, less)],
  ['minif', extreme(true, less)],
  ['max', extreme(false, greater)],
  ['maxif', extreme(true, greater)],
  ['dcount', distinctCount(false)],
  ['dcountif', distinctCount(true)],
  ['count_distinct', distinctCount(false)],
  ['count_distinctif', distinctCount(true)],
  ['make_set', collect(true)],
  ['make_list', collect(false)],
  ['percentile', percentiles(true)],
  ['percentiles', percentiles(false)],
  ['arg_max', argument(greater)],
  ['arg_min', argument(less)],
  ['take_any', takeAny],
  ['any', takeAny],
]);
