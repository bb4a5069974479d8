import { columnReader, compile, type Eval, type Scope } from './expression.ts';
import { fail, kindOf, list, type Node, part } from './language.ts';
import { type Column, ingestionTime, type Row, rowMaker } from './schema.ts';

/** Makes at most one row of one row. */
export type RowStep = (row: Row) => Row | null;

/** Where a step stands: the columns that flow in and out, and what its expressions may refer to. */
export type StepSite = { input: Column[]; output: Column[]; scope: Scope };

/** Compiles an operator that makes at most one row of each row; null for any other. */
export function rowStep(operator: Node, site: StepSite): RowStep | null {
  return makers.get(kindOf(operator))?.(operator, site) ?? null;
}

const makers = new Map<string, (operator: Node, site: StepSite) => RowStep>([
  ['FilterOperator', where],
  ['ExtendOperator', extend],
  ['ProjectOperator', project],
  ['ProjectAwayOperator', (_, site) => reshape(site, new Map())],
  ['ProjectKeepOperator', (_, site) => reshape(site, new Map())],
  ['ProjectRenameOperator', rename],
]);

function where(operator: Node, { scope }: StepSite): RowStep {
  const { run } = compile(part(operator, 'Condition'), scope);
  return (row) => (run(row) === true ? row : null);
}

function extend(operator: Node, site: StepSite): RowStep {
  const values = new Map<string, Eval>();
  for (const node of list(operator, 'Expressions')) {
    if (kindOf(node) !== 'SimpleNamedExpression') fail('extend', 'extend needs a name for the new column here', node);
    values.set(part(node, 'Name').SimpleName ?? '', compile(part(node, 'Expression'), site.scope).run);
  }
  return reshape(site, values);
}

function project(operator: Node, site: StepSite): RowStep {
  const nodes = list(operator, 'Expressions');
  if (nodes.length !== site.output.length)
    fail('project', 'project needs one column for each expression here', operator);
  const values = site.output.map(({ name }, index): [string, Eval] => {
    return [name, compile(nodes[index] as Node, site.scope).run];
  });
  return reshape(site, new Map(values));
}

function rename(operator: Node, site: StepSite): RowStep {
  const values = list(operator, 'Expressions').map((node): [string, Eval] => {
    return [part(node, 'Name').SimpleName ?? '', compile(part(node, 'Expression'), site.scope).run];
  });
  return reshape(site, new Map(values));
}

/** Makes a row of the output columns: given values, and copies of the columns that go through unchanged. */
function reshape({ output, scope }: StepSite, values: Map<string, Eval>): RowStep {
  const hidden: [string, Eval][] = scope.stored ? [[ingestionTime, (row) => row[ingestionTime] ?? null]] : [];
  const pairs = output.map(({ name, type }): [string, Eval] => [name, values.get(name) ?? columnReader(name, type)]);
  const names = [...pairs, ...hidden].map(([name]) => name);
  const runs = [...pairs, ...hidden].map(([, run]) => run);
  const make = rowMaker(names);
  return (row) => {
    const made = make();
    for (let index = 0; index < names.length; index++) made[names[index] as string] = (runs[index] as Eval)(row);
    return made;
  };
}
