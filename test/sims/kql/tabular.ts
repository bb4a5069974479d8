import { columnReader, compile, type Eval, noRow, type Run, type Scope } from './expression.ts';
import { compileJoin } from './join.ts';
import { columnsOf, expansionOf, fail, kindOf, list, type Node, optional, part, textOf } from './language.ts';
import { rowStep } from './row-steps.ts';
import { compileSaved } from './saved.ts';
import { type Column, type Row, rowMaker } from './schema.ts';
import { compileSummarize, groupKey } from './summarize.ts';
import { compileUnion } from './union.ts';

/** A compiled tabular expression: its columns, whether its rows are those of a table, and the rows of this run. */
export type Relation = { columns: Column[]; stored: boolean; rows: () => Row[] };

/** What a query may refer to: the run, and what its `let` statements named. */
export type Names = { run: Run; scalars: Scope['scalars']; relations: Map<string, Relation> };

/** Names the values of the `let` statements, in order, beside what is named already. */
export function declare(lets: Node[], run: Run, scalars: Scope['scalars'] = new Map()): Names {
  const names: Names = { run, scalars, relations: new Map() };
  for (const statement of lets) {
    const name = part(statement, 'Name').SimpleName ?? '';
    const value = part(statement, 'Expression');
    if (kindOf(value) === 'FunctionDeclaration') fail('function', `cannot run a function of one's own: ${name}`, value);
    if (columnsOf(value) === null)
      names.scalars.set(name, compile(value, scopeOf(names, { columns: [], stored: false })));
    else names.relations.set(name, compileRelation(value, names));
  }
  return names;
}

/** The scope of expressions over the rows of a relation. */
export function scopeOf(
  { run, scalars }: Pick<Names, 'run' | 'scalars'>,
  { columns, stored }: Pick<Relation, 'columns' | 'stored'>,
): Scope {
  return { run, scalars, stored, columns: new Set(columns.map(({ name }) => name)) };
}

/** Compiles a tabular expression. */
export function compileRelation(node: Node, names: Names): Relation {
  const expansion = expansionOf(node);
  if (expansion !== null) return compileSaved(node, expansion, names);
  switch (kindOf(node)) {
    case 'ParenthesizedExpression':
      return compileRelation(part(node, 'Expression'), names);
    case 'NameReference':
      return tableOf(node, names);
    case 'PipeExpression':
      return compilePipe(node, names);
    case 'UnionOperator':
      return compileUnion(node, node, { names, left: null });
    case 'PrintOperator':
      return compilePrint(node, names);
    case 'DataTableExpression':
      return compileDatatable(node);
    default:
      return fail('operator', `cannot run ${kindOf(node)}`, node);
  }
}

function tableOf(node: Node, { relations, run }: Names): Relation {
  const name = node.SimpleName ?? '';
  const named = relations.get(name);
  if (named !== undefined) return named;
  const columns = columnsOf(node) ?? fail('table', `${name} is no table`, node);
  return { columns, stored: true, rows: () => run.tables.get(name) ?? [] };
}

function compilePipe(node: Node, names: Names): Relation {
  const operator = part(node, 'Operator');
  const kind = kindOf(operator);
  const input = compileRelation(part(node, 'Expression'), names);
  const columns = columnsOf(node) ?? fail('operator', `${kind} gives no table`, operator);
  const scope = scopeOf(names, input);
  const step = rowStep(operator, { input: input.columns, output: columns, scope });
  if (step !== null) {
    return {
      columns,
      stored: input.stored,
      rows: () =>
        input
          .rows()
          .map(step)
          .filter((row) => row !== null),
    };
  }
  const site: Site = { input, columns, scope, names, node };
  const make = operators.get(kind) ?? fail('operator', `cannot run ${kind}`, operator);
  return make(operator, site);
}

/** Where a table operator stands: what flows in, the columns that flow out, and what its expressions may refer to. */
export type Site = { input: Relation; columns: Column[]; scope: Scope; names: Names; node: Node };

const operators = new Map<string, (operator: Node, site: Site) => Relation>([
  ['SummarizeOperator', compileSummarize],
  ['JoinOperator', compileJoin],
  ['UnionOperator', (operator, { node, names, input }) => compileUnion(operator, node, { names, left: input })],
  ['CountOperator', (_, { input, columns }) => tally(input, columns)],
  ['TakeOperator', (operator, site) => take(site, countOf(part(operator, 'Expression'), site.scope))],
  ['SortOperator', (operator, site) => sort(site, list(operator, 'Expressions'))],
  ['TopOperator', top],
  ['DistinctOperator', distinct],
]);

function tally(input: Relation, columns: Column[]): Relation {
  const name = columns[0]?.name ?? 'Count';
  return { columns, stored: false, rows: () => [{ [name]: input.rows().length }] };
}

function countOf(node: Node, scope: Scope): number {
  const arg = compile(node, scope);
  return arg.constant ? Number(arg.run(noRow)) : fail('argument', 'a constant number of rows is expected', node);
}

function take({ input, columns }: Site, count: number): Relation {
  return { columns, stored: input.stored, rows: () => input.rows().slice(0, count) };
}

function sort({ input, columns, scope }: Site, by: Node[]): Relation {
  const orders = by.map((node) => orderOf(node, scope));
  const compare = (a: Row, b: Row): number => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return { columns, stored: input.stored, rows: () => input.rows().toSorted(compare) };
}

// Descending unless said otherwise; nulls come first when ascending and last when descending.
function orderOf(node: Node, scope: Scope): (a: Row, b: Row) => number {
  const ordered = kindOf(node) === 'OrderedExpression';
  const { run } = compile(ordered ? part(node, 'Expression') : node, scope);
  const clause = ordered ? textOf(part(node, 'Ordering')).replaceAll(/\s/g, '') : '';
  const direction = clause.startsWith('asc') ? 1 : -1;
  const nulls = clause.includes('nullsfirst') ? -1 : clause.includes('nullslast') ? 1 : -direction;
  return (a, b) => {
    const [left, right] = [run(a) ?? null, run(b) ?? null] as [number | null, number | null];
    if (left === right) return 0;
    if (left === null) return nulls;
    if (right === null) return -nulls;
    return left < right ? -direction : left > right ? direction : 0;
  };
}

function top(operator: Node, site: Site): Relation {
  const sorted = sort(site, [part(operator, 'ByExpression')]);
  return take({ ...site, input: sorted }, countOf(part(operator, 'Expression'), site.scope));
}

function distinct(operator: Node, { input, columns, scope }: Site): Relation {
  const nodes = list(operator, 'Expressions');
  const all = nodes.some((node) => kindOf(node) === 'StarExpression');
  const runs = all
    ? columns.map(({ name, type }) => columnReader(name, type))
    : nodes.map((node) => compile(node, scope).run);
  const provisioning = builder(columns, runs);
  const rows = () => {
    const found = new Map<string, Row>();
    for (const row of input.rows()) {
      const key = groupKey(runs, row);
      if (!found.has(key)) found.set(key, provisioning(row));
    }
    return [...found.values()];
  };
  return { columns, stored: false, rows };
}

/** Makes a row of these columns from one value each. */
export function builder(columns: Column[], runs: Eval[]): (row: Row) => Row {
  const make = rowMaker(columns.map(({ name }) => name));
  const pairs = columns.map(({ name }, index): [string, Eval] => [name, runs[index] as Eval]);
  return (row) => {
    const made = make();
    for (const [name, run] of pairs) made[name] = run(row);
    return made;
  };
}

function compilePrint(node: Node, names: Names): Relation {
  const columns = columnsOf(node) ?? [];
  const scope = scopeOf(names, { columns: [], stored: false });
  const provisioning = builder(
    columns,
    list(node, 'Expressions').map((item) => compile(item, scope).run),
  );
  return { columns, stored: false, rows: () => [provisioning(noRow)] };
}

function compileDatatable(node: Node): Relation {
  const columns = columnsOf(node) ?? [];
  const scope: Scope = { run: { now: 0, tables: new Map() }, scalars: new Map(), columns: new Set(), stored: false };
  const cells = list(node, 'Values').map((value) => compile(value, scope));
  if (cells.length % columns.length !== 0) fail('datatable', 'the last row of the datatable is not complete', node);
  const rows: Row[] = [];
  for (let index = 0; index < cells.length; index += columns.length) {
    const values = cells.slice(index, index + columns.length).map((cell) => cell.run);
    rows.push(builder(columns, values)(noRow));
  }
  return { columns, stored: false, rows: () => rows };
}

/** The parameters of an operator, such as `kind=inner`. */
export function parameters(operator: Node): Map<string, string> {
  const all = optional(operator, 'Parameters') === null ? [] : list(operator, 'Parameters');
  return new Map(all.map((item) => [part(item, 'Name').SimpleName ?? '', textOf(part(item, 'Expression'))]));
}
