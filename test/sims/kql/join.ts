import { columnReader, compile, type Eval } from './expression.ts';
import { fail, kindOf, list, type Node, part, textOf } from './language.ts';
import type { Column, Row } from './schema.ts';
import { groupKey } from './summarize.ts';
import { builder, compileRelation, parameters, type Relation, type Site, scopeOf } from './tabular.ts';

type Key = { left: Eval; right: Eval };

/** Compiles `join kind=inner` and `kind=leftouter` on equal columns; the left columns come first. */
export function compileJoin(operator: Node, site: Site): Relation {
  const { input, columns } = site;
  const kind = parameters(operator).get('kind') ?? 'innerunique';
  if (kind !== 'inner' && kind !== 'leftouter') fail('join', `cannot run join kind=${kind}`, operator);
  const right = compileRelation(part(operator, 'Expression'), site.names);
  const keys = keysOf(operator, site, right);
  const width = input.columns.length;
  if (columns.length !== width + right.columns.length)
    fail('join', 'the columns of the join cannot be told apart', operator);
  const [first, second] = [readers(input.columns), readers(right.columns)];
  const pair = builder(columns, [
    ...first.map(
      (read): Eval =>
        (both) =>
          read(both.left as Row),
    ),
    ...second.map(
      (read): Eval =>
        (both) =>
          read(both.right as Row),
    ),
  ]);
  const rows = () => {
    const matches = Map.groupBy(
      right.rows().filter((row) => matchable(keys, 'right', row)),
      (row) =>
        groupKey(
          keys.map((key) => key.right),
          row,
        ),
    );
    return input.rows().flatMap((left) => {
      const found = matchable(keys, 'left', left)
        ? matches.get(
            groupKey(
              keys.map((key) => key.left),
              left,
            ),
          )
        : undefined;
      if (found !== undefined) return found.map((row) => pair({ left, right: row }));
      return kind === 'leftouter' ? [pair({ left, right: {} })] : [];
    });
  };
  return { columns, stored: false, rows };
}

function readers(columns: Column[]): Eval[] {
  return columns.map(({ name, type }) => columnReader(name, type));
}

// A null is equal to nothing, so it joins nothing.
function matchable(keys: Key[], side: keyof Key, row: Row): boolean {
  return keys.every((key) => key[side](row) !== null);
}

function keysOf(operator: Node, { names, input }: Site, right: Relation): Key[] {
  const clause = part(operator, 'ConditionClause');
  if (kindOf(clause) !== 'JoinOnClause') fail('join', 'a join needs an on clause here', operator);
  return list(clause, 'Expressions').map((node): Key => {
    if (kindOf(node) === 'NameReference') {
      const read = (relation: Relation) => compile(node, scopeOf(names, relation)).run;
      return { left: read(input), right: read(right) };
    }
    if (kindOf(node) !== 'EqualExpression') fail('join', 'a join can be run on equal columns only', node);
    const sides = [part(node, 'Left'), part(node, 'Right')];
    const side = (name: string, relation: Relation): Eval => {
      const path = sides.find((item) => kindOf(item) === 'PathExpression' && textOf(part(item, 'Expression')) === name);
      const column = path === undefined ? undefined : part(path, 'Selector').SimpleName;
      const found = relation.columns.find((item) => item.name === column);
      if (found === undefined) return fail('join', 'a condition must read $left.x == $right.y here', node);
      return columnReader(found.name, found.type);
    };
    return { left: side('$left', input), right: side('$right', right) };
  });
}
