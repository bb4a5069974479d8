import { functions } from './functions.ts';
import { fail, kindOf, list, type Node, optional, part, textOf, typeOf } from './language.ts';
import { between, valueIn } from './membership.ts';
import { binary, unary } from './operators.ts';
import { type Row, rowMaker, type Type } from './schema.ts';
import { convert } from './values.ts';

/** A compiled expression: its value for a row. */
export type Eval = (row: Row) => unknown;

/** A compiled expression with its type; a constant one gives the same value for every row and every run. */
export type Arg = { type: Type; run: Eval; constant: boolean; node: Node };

/** What a run is given; compiled expressions read it through the scope they were compiled in. */
export type Run = { now: number; tables: ReadonlyMap<string, Row[]> };

/** What an expression may refer to: the run, the scalars named by `let`, the columns of its rows. */
export type Scope = {
  run: Run;
  scalars: Map<string, Arg>;
  columns: ReadonlySet<string>;
  /** Whether the rows still are those of one table, so that `ingestion_time()` has a value. */
  stored: boolean;
  /** In `summarize`: turns a call of an aggregate into the reading of its result. */
  aggregate?: (node: Node, name: string) => Arg | undefined;
};

/** Where a function is called: its node, the type of its result and what it may refer to. */
export type Call = { node: Node; type: Type; scope: Scope };

/** The row for expressions that read none. */
export const noRow: Row = rowMaker([])();

/** Compiles a scalar expression of the syntax tree to a function of the row. */
export function compile(node: Node, scope: Scope): Arg {
  const kind = kindOf(node);
  const provisioning = builders.get(kind) ?? (kind.endsWith('LiteralExpression') ? literal : undefined);
  if (provisioning !== undefined) return fold(provisioning(node, scope));
  const operator = optional(node, 'Operator');
  const text = operator === null ? '' : textOf(operator);
  const left = optional(node, 'Left');
  if (left !== null) return fold(compileBinary(node, text, scope));
  const make = unary.get(text);
  if (make === undefined) return fail('expression', `cannot run ${kind}`, node);
  const operand = compile(part(node, 'Expression'), scope);
  return fold({ type: typeOf(node), run: make(operand), constant: operand.constant, node });
}

function compileBinary(node: Node, operator: string, scope: Scope): Arg {
  const right = part(node, 'Right');
  const type = typeOf(node);
  const left = compile(part(node, 'Left'), scope);
  if (kindOf(right) === 'ExpressionCouple') {
    const low = compile(part(right, 'First'), scope);
    const high = compile(part(right, 'Second'), scope);
    const constant = left.constant && low.constant && high.constant;
    return { type, run: between(left, [low, high], operator.startsWith('!')), constant, node };
  }
  if (kindOf(right) === 'ExpressionList') {
    const values = list(right, 'Expressions').map((item) => compile(item, scope));
    const constant = left.constant && values.every((value) => value.constant);
    return { type, run: valueIn(operator, left, values, node), constant, node };
  }
  const make = binary.get(operator);
  if (make === undefined) return fail('operator', `cannot run the operator ${operator}`, node);
  const operand = compile(right, scope);
  return { type, run: make(left, operand, node), constant: left.constant && operand.constant, node };
}

function fold(arg: Arg): Arg {
  if (!arg.constant) return arg;
  const value = arg.run(noRow);
  return { ...arg, run: () => value };
}

const builders = new Map<string, (node: Node, scope: Scope) => Arg>([
  ['ParenthesizedExpression', (node, scope) => compile(part(node, 'Expression'), scope)],
  ['SimpleNamedExpression', (node, scope) => compile(part(node, 'Expression'), scope)],
  ['NameReference', compileName],
  ['PathExpression', compilePath],
  ['ElementExpression', compilePath],
  ['FunctionCallExpression', compileCall],
  ['DynamicExpression', (node) => constantOf(node, jsonValue(part(node, 'Expression')), 'dynamic')],
]);

function constantOf(node: Node, value: unknown, type: Type): Arg {
  return { type, run: () => value, constant: true, node };
}

function literal(node: Node): Arg {
  return constantOf(node, literalValue(node), kindOf(node) === 'NullLiteralExpression' ? 'dynamic' : typeOf(node));
}

// The values that the library gives for literals are wrong in places (`0x10`, `timespan(1.02:03:04)`, `real(nan)`
// all read as 0), so the text is read here.
function literalValue(node: Node, as?: Type): unknown {
  const kind = kindOf(node);
  if (kind === 'StringLiteralExpression' || kind === 'CompoundStringLiteralExpression')
    return String(node.LiteralValue);
  if (kind === 'NullLiteralExpression') return null;
  const text = textOf(node)
    .replace(/^[a-z]+\s*\(\s*(.*?)\s*\)$/i, '$1')
    .replace(/^(['"])(.*)\1$/, '$2');
  const type = as ?? typeOf(node);
  if (text.toLowerCase() === 'null') return type === 'string' ? '' : null;
  const value = convert(text, 'string', type);
  return value ?? fail('literal', `cannot read ${textOf(node)} as ${type}`, node);
}

/** The value of a literal that the analyser has not looked at, such as the default of a parameter. */
export function defaultValue(node: Node, type: Type): Arg {
  if (kindOf(node) === 'DynamicExpression') return constantOf(node, jsonValue(part(node, 'Expression')), type);
  if (!kindOf(node).endsWith('LiteralExpression')) fail('function', `cannot run the default ${textOf(node)}`, node);
  return constantOf(node, literalValue(node, type), type);
}

function jsonValue(node: Node): unknown {
  switch (kindOf(node)) {
    case 'JsonObjectExpression':
      return Object.fromEntries(
        list(node, 'Pairs').map((pair) => [part(pair, 'Name').ValueText ?? '', jsonValue(part(pair, 'Value'))]),
      );
    case 'JsonArrayExpression':
      return list(node, 'Values').map(jsonValue);
    case 'UnaryMinusExpression':
      return -Number(jsonValue(part(node, 'Expression')));
    default:
      return literalValue(node);
  }
}

function compileName(node: Node, scope: Scope): Arg {
  const name = node.SimpleName ?? '';
  const type = typeOf(node);
  if (scope.columns.has(name)) return { type, run: columnReader(name, type), constant: false, node };
  const scalar = scope.scalars.get(name);
  return scalar === undefined ? fail('name', `${name} is no column and no scalar here`, node) : { ...scalar, node };
}

/** Reads a column; a stored row may lack it. */
export function columnReader(name: string, type: Type): Eval {
  return type === 'string' ? (row) => row[name] ?? '' : (row) => row[name] ?? null;
}

function compilePath(node: Node, scope: Scope): Arg {
  const keys: Eval[] = [];
  let fixed: (string | number)[] | null = [];
  let root = node;
  while (kindOf(root) === 'PathExpression' || kindOf(root) === 'ElementExpression') {
    const key = compileSelector(part(root, 'Selector'), scope);
    keys.unshift(key.run);
    fixed = fixed === null || !key.constant ? null : [key.run(noRow) as string | number, ...fixed];
    root = part(root, 'Expression');
  }
  const from = compile(root, scope);
  if (from.type !== 'dynamic') fail('path', `${textOf(root)} is ${from.type}, not dynamic: it has no parts`, node);
  const run = fixed === null ? computedPath(from.run, keys) : fixedPath(from.run, fixed);
  return { type: typeOf(node), run, constant: from.constant && fixed !== null, node };
}

function compileSelector(node: Node, scope: Scope): Arg {
  if (kindOf(node) === 'BracketedExpression') return compile(part(node, 'Expression'), scope);
  if (kindOf(node) !== 'NameReference') fail('path', `cannot run ${kindOf(node)} as a part`, node);
  return constantOf(node, node.SimpleName, 'string');
}

function fixedPath(from: Eval, keys: (string | number)[]): Eval {
  return (row) => {
    let value = from(row);
    for (const key of keys) {
      if (value === null || typeof value !== 'object') return null;
      value = element(value, key);
    }
    return value;
  };
}

function computedPath(from: Eval, keys: Eval[]): Eval {
  return (row) => keys.reduce((value, key) => element(value, key(row)), from(row));
}

function element(value: unknown, key: unknown): unknown {
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value)) return typeof key === 'number' ? (value.at(key) ?? null) : null;
  if (typeof key !== 'string') return null;
  const found = (value as Row)[key];
  if (found === undefined) return null;
  // What every object inherits is no part of the event.
  return typeof found === 'function' || key === '__proto__' ? (Object.hasOwn(value, key) ? found : null) : found;
}

function compileCall(node: Node, scope: Scope): Arg {
  const name = part(node, 'Name').SimpleName ?? '';
  const aggregate = scope.aggregate?.(node, name);
  if (aggregate !== undefined) return aggregate;
  const make = functions.get(name);
  if (make === undefined) return fail('function', `cannot run the function ${name}()`, node);
  const args = list(part(node, 'ArgumentList'), 'Expressions').map((item) => compile(item, scope));
  const type = typeOf(node);
  const run = make.provisioning(args, { node, type, scope });
  return { type, run, constant: make.pure && args.every((arg) => arg.constant), node };
}
