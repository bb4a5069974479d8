import { createRequire } from 'node:module';
import { remembering } from './remembered.ts';
import { type Column, KqlError, type SavedFunction, type Type } from './schema.ts';

/** A node of Microsoft's syntax tree, as far as it is read here; its named parts are reached with `part` and `list`. */
export type Node = {
  readonly Kind: number;
  readonly TextStart: number;
  readonly Width: number;
  readonly ChildCount: number;
  readonly IsToken: boolean;
  readonly Text?: string;
  readonly ValueText?: string;
  readonly SimpleName?: string;
  readonly LiteralValue?: unknown;
  readonly ResultType?: SymbolLike | null;
  readonly ReferencedSymbol?: SymbolLike | null;
  GetCalledFunctionBody?(): Node | null;
  GetCalledFunctionDiagnostics?(): List<Diagnostic>;
  GetChild(index: number): Node | null;
  ToString(): string;
};
type List<T> = { readonly Count: number; getItem(index: number): T };
type SymbolLike = {
  readonly Name: string;
  readonly Type?: SymbolLike;
  readonly Columns?: List<ColumnLike>;
  readonly Signatures?: List<{ readonly Parameters: List<ParameterLike> }>;
};
type ParameterLike = {
  readonly Name: string;
  readonly DeclaredTypes: List<SymbolLike>;
  readonly DefaultValue?: Node | null;
};
type ColumnLike = { readonly Name: string; readonly Type: SymbolLike };
type Diagnostic = { Code: string; Severity: string; Start: number; Length: number; Message: string };
type Code = { Kind: string; Syntax: Node; ResultType: SymbolLike | null; GetDiagnostics(): List<Diagnostic> };
type Library = {
  KustoCode: { ParseAndAnalyze(text: string, globals: unknown): Code };
  GlobalState: { Default: { WithDatabase(database: unknown): unknown } };
  Symbols: {
    TableSymbol: { $ctor7: new (name: string, schema: string, description: null) => unknown };
    DatabaseSymbol: { $ctor1: new (name: string, members: unknown[], isOpen: boolean) => unknown };
    FunctionSymbol: { $ctor16: new (name: string, parameters: string, body: string, description: null) => unknown };
  };
  Syntax: { SyntaxKind: Record<string, unknown> };
};

/** Microsoft's library, and its names for kinds of nodes. */
type Loaded = { library: Library; kinds: Map<number, string> };

let loaded: Loaded | null = null;

/** Loads it when it is first asked for: a second of the processor, which not all who have an Azure here need. */
function microsofts(): Loaded {
  loaded ??= load();
  return loaded;
}

function load(): Loaded {
  // Two scripts that put `Bridge` and `Kusto` on the global object.
  const require = createRequire(import.meta.url);
  require('@kusto/language-service-next/bridge.min.js');
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  const library = (globalThis as unknown as { Kusto: { Language: Library } }).Kusto.Language;
  const numbered = Object.entries(library.Syntax.SyntaxKind).filter(([, value]) => typeof value === 'number');
  return { library, kinds: new Map(numbered.map(([name, value]) => [value as number, name])) };
}

/** The kind of a node by Microsoft's name, such as `FilterOperator`. */
export function kindOf(node: Node): string {
  return microsofts().kinds.get(node.Kind) ?? `kind ${node.Kind}`;
}

/** A part of a node that its kind always has. */
export function part(node: Node, name: string): Node {
  return optional(node, name) ?? fail('syntax', `${kindOf(node)} has no ${name}`, node);
}

/** A part of a node that may be absent. */
export function optional(node: Node, name: string): Node | null {
  return (node as unknown as Record<string, Node | null | undefined>)[name] ?? null;
}

/** The elements of a list part, without their separators. */
export function list(node: Node, name: string): Node[] {
  return children(part(node, name)).map(
    (item) => (kindOf(item) === 'SeparatedElement' ? item.GetChild(0) : item) ?? item,
  );
}

function items<T>(list: List<T> | undefined): T[] {
  return Array.from({ length: list?.Count ?? 0 }, (_, index) => (list as List<T>).getItem(index));
}

/** The children of a node that exist. */
export function children(node: Node): Node[] {
  return Array.from({ length: node.ChildCount }, (_, index) => node.GetChild(index)).filter((child) => child !== null);
}

/** The text of a node without the blanks and comments around it. */
export function textOf(node: Node): string {
  return node.IsToken ? (node.Text ?? '') : node.ToString().trim();
}

/** Stops with the place of a node. */
export function fail(code: string, message: string, node: Node): never {
  throw new KqlError(code, message, { start: node.TextStart, length: node.Width });
}

const scalarTypes: ReadonlySet<string> = new Set<Type>([
  'string',
  'dynamic',
  'int',
  'long',
  'real',
  'bool',
  'datetime',
  'timespan',
  'guid',
]);

/** The scalar type that the analyser gave to an expression. */
export function typeOf(node: Node): Type {
  const name = node.ResultType?.Name ?? 'nothing';
  if (!scalarTypes.has(name)) fail('type', `an expression of type ${name} cannot be run here`, node);
  return name as Type;
}

/** The columns that the analyser gave to a tabular or tuple expression; null for a scalar one. */
export function columnsOf(node: Node): Column[] | null {
  const columns = node.ResultType?.Columns;
  if (columns === undefined) return null;
  return items(columns).map(({ Name: name, Type: type }) => {
    if (!scalarTypes.has(type.Name)) fail('type', `column ${name} of type ${type.Name} cannot be run here`, node);
    return { name, type: type.Name as Type };
  });
}

// A fuzzy union names tables that do not exist on purpose.
const harmless: ReadonlySet<string> = new Set(['KS205']);

/** What a text was parsed to: its `let` statements and its result. */
export type Parsed = { lets: Node[]; result: Node };

// The simulators are asked the same few texts again and again, and what the analyser makes of one never changes: to analyse
// it is most of the work of a query. The declarations are apart, as the analyser keeps what it has found out about them.
const parsed = remembering<Parsed>(200);
const declared = remembering<unknown>(50);

/** Parses and type-checks one query against the declared tables and functions: its `let` statements and its result. */
export function parse(
  text: string,
  schema: ReadonlyMap<string, readonly Column[]>,
  functions: readonly SavedFunction[] = [],
): Parsed {
  const declarations = JSON.stringify([[...schema], functions]);
  return parsed(JSON.stringify([text, declarations]), () => {
    const globals = declared(declarations, () => declarationsOf(schema, functions));
    return statementsOf(text, microsofts().library.KustoCode.ParseAndAnalyze(text, globals));
  });
}

function declarationsOf(schema: ReadonlyMap<string, readonly Column[]>, functions: readonly SavedFunction[]): unknown {
  const { library } = microsofts();
  const tables = [...schema].map(([name, columns]) => {
    const declared = columns.map((column) => `['${column.name}']:${column.type}`).join(',');
    return new library.Symbols.TableSymbol.$ctor7(name, `(${declared})`, null);
  });
  const saved = functions.map(
    ({ alias, parameters, query }) => new library.Symbols.FunctionSymbol.$ctor16(alias, `(${parameters})`, query, null),
  );
  return library.GlobalState.Default.WithDatabase(
    new library.Symbols.DatabaseSymbol.$ctor1('db', [...tables, ...saved], false),
  );
}

function statementsOf(text: string, code: Code): Parsed {
  const whole = { start: 0, length: text.length };
  if (code.Kind !== 'Query') throw new KqlError('command', `a query is expected, not a ${code.Kind}`, whole);
  for (const { Code, Message, Start, Length } of items(code.GetDiagnostics())) {
    if (!harmless.has(Code)) throw new KqlError(Code, Message, { start: Start, length: Length });
  }
  const statements = list(code.Syntax, 'Statements');
  const result = statements.pop();
  if (result === undefined) throw new KqlError('empty', 'the query is empty', whole);
  checkLets(statements);
  if (kindOf(result) !== 'ExpressionStatement') fail('statement', 'the last statement must give a result', result);
  return { lets: statements, result: part(result, 'Expression') };
}

function checkLets(statements: Node[]): void {
  for (const statement of statements) {
    if (kindOf(statement) !== 'LetStatement')
      fail('statement', 'only let statements may stand before the result', statement);
  }
}

/** The body of a saved function as the analyser expanded it for one call, and its parameters. */
export type Expansion = { lets: Node[]; result: Node; parameters: Parameter[] };

/** A parameter of a saved function; the default is a literal that the analyser gives no type of its own. */
export type Parameter = { name: string; type: Type; byDefault: Node | null };

/** What a node that calls a saved function stands for; null for any other node. What its body lacks is an error here. */
export function expansionOf(node: Node): Expansion | null {
  const body = node.GetCalledFunctionBody?.() ?? null;
  if (body === null) return null;
  for (const { Code, Message } of items(node.GetCalledFunctionDiagnostics?.())) {
    if (!harmless.has(Code)) fail(Code, Message, node);
  }
  const lets = list(body, 'Statements');
  checkLets(lets);
  const called = kindOf(node) === 'FunctionCallExpression' ? part(node, 'Name') : node;
  const [signature] = items(called.ReferencedSymbol?.Signatures);
  const parameters = items(signature?.Parameters).map(({ Name: name, DeclaredTypes, DefaultValue }): Parameter => {
    const [type] = items(DeclaredTypes);
    if (!scalarTypes.has(type?.Name ?? ''))
      return fail('function', `cannot run a function with the parameter ${name}`, node);
    return { name, type: type?.Name as Type, byDefault: DefaultValue ?? null };
  });
  return { lets, result: part(body, 'Expression'), parameters };
}
