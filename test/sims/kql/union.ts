import { columnReader, type Eval } from './expression.ts';
import { columnsOf, fail, kindOf, list, type Node } from './language.ts';
import { ingestionTime, type Row, rowMaker } from './schema.ts';
import { compileRelation, type Names, parameters, type Relation } from './tabular.ts';

/** Compiles `union`: the rows of all its tables; with `isfuzzy=true` tables that do not exist are left out. */
export function compileUnion(
  operator: Node,
  result: Node,
  { names, left }: { names: Names; left: Relation | null },
): Relation {
  const options = parameters(operator);
  for (const name of options.keys()) {
    if (!['isfuzzy', 'withsource', 'kind'].includes(name)) fail('union', `cannot run union with ${name}`, operator);
  }
  const columns = columnsOf(result) ?? [];
  const source = options.get('withsource');
  const parts = list(operator, 'Expressions').flatMap((node, index): [string, Relation][] => {
    // A table without columns is an unknown name, which the analyser refuses unless the union is fuzzy.
    if (kindOf(node) === 'NameReference' && (columnsOf(node) ?? []).length === 0) return [];
    const name = kindOf(node) === 'NameReference' ? (node.SimpleName ?? '') : `union_arg${index}`;
    return [[name, compileRelation(node, names)]];
  });
  if (left !== null) parts.unshift(['union_arg0', left]);
  if (parts.length === 0) fail('union', 'none of the tables of the union exists', operator);
  const declared = new Set(parts.flatMap(([, relation]) => relation.columns.map(({ name }) => name)));
  const strange = columns.find(({ name }) => name !== source && !declared.has(name));
  if (strange !== undefined) fail('union', `a column has several types: ${strange.name}`, operator);
  const make = rowMaker([...columns.map(({ name }) => name), ingestionTime]);
  const rows = () =>
    parts.flatMap(([table, relation]) => {
      const own = new Set(relation.columns.map(({ name }) => name));
      const pairs = columns.map(({ name, type }): [string, Eval] => {
        if (name === source) return [name, () => table];
        return [name, own.has(name) ? columnReader(name, type) : () => (type === 'string' ? '' : null)];
      });
      return relation.rows().map((row): Row => {
        const made = make();
        for (const [name, run] of pairs) made[name] = run(row);
        made[ingestionTime] = row[ingestionTime] ?? null;
        return made;
      });
    });
  return { columns, stored: parts.every(([, relation]) => relation.stored), rows };
}
