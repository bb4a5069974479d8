import { type Accumulator, type Aggregate, compileAggregate, isAggregate } from './aggregates.ts';
import { compile, type Eval, type Scope } from './expression.ts';
import { columnsOf, fail, kindOf, list, type Node, optional, part, typeOf } from './language.ts';
import { type Row, rowMaker } from './schema.ts';
import type { Relation, Site } from './tabular.ts';

/** A key that is equal for rows with equal values. */
export function groupKey(runs: Eval[], row: Row): string {
  let key = '';
  for (const run of runs) {
    const value = run(row);
    // The length keeps ('a', 'bc') apart from ('ab', 'c').
    key += typeof value === 'string' ? `${value.length}:${value}` : `${value};`;
  }
  return key;
}

/** Turns the results of the aggregates of a group, in the order of `aggregates`, into values of columns. */
type Plan = { aggregates: Aggregate[]; outputs: ((results: Row) => unknown[])[] };

/** Compiles `summarize`: one row a group, first the group's values, then the aggregates. */
export function compileSummarize(operator: Node, { input, columns, scope }: Site): Relation {
  const byClause = optional(operator, 'ByClause');
  const by = byClause === null ? [] : list(byClause, 'Expressions').map((node) => compile(node, scope).run);
  const plan = planOf(list(operator, 'Aggregates'), scope);
  const names = columns.map(({ name }) => name);
  const make = rowMaker(names);
  const finish = (key: unknown[], group: Accumulator[]): Row => {
    const results: Row = Object.fromEntries(group.map((accumulator, index) => [index, accumulator.result()]));
    const values = [...key, ...plan.outputs.flatMap((output) => output(results))];
    if (values.length !== names.length) fail('summarize', 'the columns of summarize cannot be told apart', operator);
    const row = make();
    for (const [index, name] of names.entries()) row[name] = values[index];
    return row;
  };
  const rows = () => {
    const groups = new Map<string, { key: unknown[]; group: Accumulator[] }>();
    const start = () => plan.aggregates.map((aggregate) => aggregate());
    for (const row of input.rows()) {
      const id = groupKey(by, row);
      const found = groups.get(id) ?? { key: by.map((run) => run(row)), group: start() };
      if (!groups.has(id)) groups.set(id, found);
      for (const accumulator of found.group) accumulator.add(row);
    }
    if (groups.size === 0 && by.length === 0) return [emptied(finish([], start()))];
    return [...groups.values()].map(({ key, group }) => finish(key, group));
  };
  return { columns, stored: false, rows };
}

// Over no row at all an average is null, while over a group without values it is NaN.
function emptied(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number.isNaN(value) ? null : value]));
}

function planOf(nodes: Node[], scope: Scope): Plan {
  const plan: Plan = { aggregates: [], outputs: [] };
  const add = (node: Node): number => plan.aggregates.push(compileAggregate(node, scope)) - 1;
  for (const named of nodes) {
    const node = kindOf(named) === 'SimpleNamedExpression' ? part(named, 'Expression') : named;
    if (columnsOf(node) !== null) {
      if (node !== named) fail('summarize', 'a name for several columns cannot be run here', named);
      const slot = add(node);
      plan.outputs.push((results) => results[slot] as unknown[]);
      continue;
    }
    // Around the aggregates any expression may stand: it is computed over their results.
    const outer: Scope = {
      ...scope,
      columns: new Set(),
      stored: false,
      aggregate: (call, name) => {
        if (!isAggregate(name)) return undefined;
        const slot = add(call);
        return { type: typeOf(call), run: (results) => results[slot], constant: false, node: call };
      },
    };
    const { run } = compile(node, outer);
    plan.outputs.push((results) => [run(results)]);
  }
  return plan;
}
