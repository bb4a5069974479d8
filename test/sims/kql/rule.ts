import { compile, type Run } from './expression.ts';
import { children, columnsOf, fail, kindOf, list, type Node, optional, parse, part, textOf } from './language.ts';
import { type RowStep, rowStep } from './row-steps.ts';
import { type Column, KqlError } from './schema.ts';
import { builder, declare, type Names, scopeOf } from './tabular.ts';

// The subset of KQL that a data collection rule takes, as listed in "Supported KQL features in Azure Monitor
// transformations" (learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations-kql,
// 2026-01-20). What is not on that page is refused, `iff`, `coalesce`, `between`, `in~`, `not()` and `trim` included: that the
// service lets `iff` pass in rules of Microsoft's own is seen, not promised. What is on it and cannot be run here (`parse`, a
// function of one's own, `parse_xml`, `geo_location` and others) is refused too, with words that say so.

/** The greatest length of a transform, in characters. */
export const transformLimit = 15_360;

const operators: ReadonlySet<string> = new Set([
  'ExtendOperator',
  'FilterOperator',
  'ParseOperator',
  'PrintOperator',
  'ProjectOperator',
  'ProjectAwayOperator',
  'ProjectRenameOperator',
  'DataTableExpression',
]);

// `and` and `or` are on no list of that page but in its examples.
const scalarOperators: ReadonlySet<string> = new Set(
  `+ - * / % < <= > >= == != and or =~ !~ contains !contains contains_cs !contains_cs has !has has_cs !has_cs
   startswith !startswith startswith_cs !startswith_cs endswith !endswith endswith_cs !endswith_cs matches|regex
   in !in`
    .split(/\s+/)
    .map((operator) => operator.replace('|', ' ')),
);

const functions: ReadonlySet<string> = new Set(
  `abs ago array_concat array_length base64_decodestring base64_encodestring bin binary_and binary_not binary_or
   binary_shift_left binary_shift_right binary_xor case ceiling columnifexists countof datetime_add datetime_diff
   datetime_part dayofmonth dayofweek dayofyear endofday endofmonth endofweek endofyear exp exp10 exp2 extract
   extract_all floor geo_location getmonth gettype getyear hash_sha256 hourofday iif indexof isempty isfinite isinf
   isnan isnotempty isnotnull isnull log log10 log2 make_datetime make_timespan max_of min_of now pack pack_array
   parse_cef_dictionary parse_json parse_xml pow round sign split startofday startofmonth startofweek startofyear
   strcat strcat_delim strlen substring tobool todatetime todouble toguid toint tolong tolower toreal tostring
   totimespan toupper weekofyear zip`.split(/\s+/),
);

/** A transform that keeps the rules: its `let` statements, where its rows start, and its operators in order. */
export type Rule = { lets: Node[]; base: Node; pipes: Node[] };

/** Checks a transform as the service does when the rule is written. */
export function checkRule(text: string, stream: readonly Column[], table: readonly Column[]): Rule {
  if (text.length > transformLimit) {
    const place = { start: transformLimit, length: text.length - transformLimit };
    throw new KqlError('length', `the transform has ${text.length} of at most ${transformLimit} characters`, place);
  }
  const { lets, result } = parse(text, new Map([['source', stream]]));
  const own = new Set(lets.filter(declaresFunction).map((statement) => part(statement, 'Name').SimpleName ?? ''));
  for (const node of [...lets, result]) checkNode(node, own);
  const pipes: Node[] = [];
  let base = result;
  while (kindOf(base) === 'PipeExpression') {
    pipes.unshift(base);
    base = part(base, 'Expression');
  }
  if (base.SimpleName !== 'source' && kindOf(base) !== 'PrintOperator')
    fail('source', 'a transform starts at source', base);
  checkOutput(result, table);
  return { lets, base, pipes };
}

function declaresFunction(statement: Node): boolean {
  return kindOf(part(statement, 'Expression')) === 'FunctionDeclaration';
}

function checkNode(node: Node, own: ReadonlySet<string>): void {
  const kind = kindOf(node);
  if (kind.endsWith('Operator') && !operators.has(kind))
    fail('operator', `a transform may not use ${nameOf(node)}`, node);
  if (kind === 'DynamicExpression') fail('dynamic', "a transform writes a dynamic literal as parse_json('…')", node);
  if (kind === 'FunctionCallExpression') {
    const name = part(node, 'Name').SimpleName ?? '';
    if (!functions.has(name) && !own.has(name)) fail('function', `a transform may not use ${name}()`, node);
  }
  if (optional(node, 'Left') !== null) {
    const operator = textOf(part(node, 'Operator'));
    if (!scalarOperators.has(operator)) fail('operator', `a transform may not use ${operator}`, node);
  }
  for (const child of children(node)) checkNode(child, own);
}

function nameOf(operator: Node): string {
  return textOf(operator.GetChild(0) ?? operator);
}

function checkOutput(result: Node, table: readonly Column[]): void {
  const declared = new Map(table.map(({ name, type }) => [name, type]));
  const wrong = (columnsOf(result) ?? []).flatMap(({ name, type }) => {
    const expected = declared.get(name);
    if (expected === type) return [];
    return [expected === undefined ? `${name} (not in the table)` : `${name} (${type}, in the table ${expected})`];
  });
  if (wrong.length > 0) fail('output', `the transform gives columns that do not fit: ${wrong.join(', ')}`, result);
}

/** Compiles the operators of a checked transform to steps of one row each. */
export function sourceSteps({ lets, base, pipes }: Rule, run: Run): { columns: Column[]; steps: RowStep[] } {
  const names = declare(lets, run);
  let columns = columnsOf(base) ?? [];
  const steps = kindOf(base) === 'PrintOperator' ? [printStep(base, columns, names)] : [];
  for (const pipe of pipes) {
    const operator = part(pipe, 'Operator');
    const output = columnsOf(pipe) ?? [];
    const scope = scopeOf(names, { columns, stored: false });
    steps.push(
      rowStep(operator, { input: columns, output, scope }) ??
        fail('operator', `cannot run ${nameOf(operator)}`, operator),
    );
    columns = output;
  }
  return { columns, steps };
}

function printStep(base: Node, columns: Column[], names: Names): RowStep {
  const scope = scopeOf(names, { columns: [], stored: false });
  return builder(
    columns,
    list(base, 'Expressions').map((item) => compile(item, scope).run),
  );
}
