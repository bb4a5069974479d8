import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn } from '../../ingestion/azure/content/kql-names.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { children, kindOf, type Node, parse } from '../sims/kql/language.ts';
import { columnsFrom, KqlError } from '../sims/kql.ts';

// Only what concerns Okta: the words of the language and the columns are among the names too.
const okta = (text: string, parameters = '') =>
  [...namesIn(text, parameters)].filter((name) => /Okta/.test(name)).sort();

const texts: [what: string, text: string, names: string[]][] = [
  ['a table', 'Okta_CL | take 1', ['Okta_CL']],
  ['a table behind a pipe', 'Heartbeat | join (Okta_CL) on x', ['Okta_CL']],
  ['names that another name holds', 'MyOkta_CL | union Okta_CL2', ['MyOkta_CL', 'Okta_CL2']],
  ['letters in another case', 'okta_cl | union OKTA_CL', []],
  ['a function with arguments', 'OktaSSO() | union OktaSSO2(ago(1d))', ['OktaSSO', 'OktaSSO2']],
  ['single quotes', "T | where a == 'Okta_CL'", []],
  ['double quotes', 'T | where a == "Okta_CL | OktaSSO"', []],
  ['an escaped quote', "T | where a == 'it\\'s Okta_CL' and Okta_A == 1", ['Okta_A']],
  ['a verbatim text that ends in a backslash', "T | where a == @'C:\\' | union Okta_CL", ['Okta_CL']],
  ['a verbatim text with a doubled quote', "T | where a == @'it''s Okta_CL'", []],
  ['a hidden text', 'T | where a == h\'Okta_CL\' or b == h@"Okta_CL"', []],
  ['a text of several lines', 'let a = ```\nOkta_CL\n"`` OktaSSO```; T | union OktaV2_CL', ['OktaV2_CL']],
  ['a text of several lines with tildes', 'let a = ~~~\nOkta_CL\n~~~; OktaSSO', ['OktaSSO']],
  ['a text that nobody closes', "T | where a == 'Okta_CL\n| union OktaSSO", ['OktaSSO']],
  ['a comment', 'T // Okta_CL\n| take 1 // "\n| union OktaSSO', ['OktaSSO']],
  ['an address in a text', "T | where a == 'https://x' | union OktaSSO // y", ['OktaSSO']],
  ['a comment at the end', '// OktaSSO', []],
  ['a quoted name', 'T | union [\'Okta_CL\'], ["Okta B"]', ['Okta B', 'Okta_CL']],
  ['a key of a value', "T | extend a = d['Okta_CL'], b = d.OktaSSO, c = d[0]['Okta_A'], e = f(d)['Okta_B']", []],
  ['a table of another workspace', "workspace('other').Okta_CL", []],
  ['a table by its name as a text', "table('Okta_CL') | take 1", ['Okta_CL']],
  ['a range', 'T | where a between (1 ..Okta_high)', ['Okta_high']],
  ['a timespan and a number', 'T | where a > 1d and b > 0x1F and OktaA > 2', ['OktaA']],
  ['a list', 'T | where a in (dynamic(["Okta_CL", ["OktaSSO"]])) | union OktaV2_CL', ['OktaV2_CL']],
  ['a new column', 'T | extend OktaSSO = 1 | summarize Okta_CL = count() by OktaDay=bin(a, 1d)', []],
  ['a comparison', 'T | where OktaA == 1 or OktaB =~ "x" or OktaC != 2', ['OktaA', 'OktaB', 'OktaC']],
  ['a name of its own', 'let OktaSSO = T | where a == 1; OktaSSO | take 1', []],
  ['a name of its own, quoted', "let ['OktaSSO'] = T; ['OktaSSO'] | take 1", []],
  ['a name that is made of itself', 'let OktaSSO = OktaSSO | where a == 1; OktaSSO', ['OktaSSO']],
  ['a name that is used before it is made', 'let x = OktaSSO; let OktaSSO = x; OktaSSO', ['OktaSSO']],
  ['a name within a function', 'let f = () { let OktaSSO = T; OktaSSO }; union f(), OktaSSO', ['OktaSSO']],
  ['a name within a function only', 'let f = () { let OktaSSO = T; OktaSSO }; f()', []],
  ['two names, one with a semicolon in a text', "let a = ';'; let OktaSSO = T; OktaSSO", []],
  ['every table that begins so', 'union isfuzzy=true Okta*, T', ['Okta*']],
  ['a product', 'T | extend a = Okta_a*Okta_b', ['Okta_a', 'Okta_b']],
  ['a type of union', 'union kind=outer withsource=t Okta_CL', ['Okta_CL']],
  ['broken text', "let let = ; ))]} ['Okta_CL'", []],
  ['nothing', '', []],
];

for (const [what, text, names] of texts) {
  test(`${what}: ${text.replaceAll('\n', '⏎')} reads ${names.join(' and ') || 'nothing of Okta'}`, () => {
    assert.deepEqual(okta(text), names);
  });
}

test('what a parameter is called is no table', () => {
  assert.deepEqual(okta('OktaSSO | union Okta_CL', 'OktaSSO:(a:string), pack:bool=false'), ['Okta_CL']);
});

test('a long text of nothing but quotes and brackets has an answer at once', () => {
  for (const sign of ["'", '"', '`', '[', '(', '{', 'let a=', "['", '@"', '//', '*', '.']) {
    const began = performance.now();
    namesIn(sign.repeat(100_000));
    assert.ok(performance.now() - began < 2_000, sign);
  }
});

/** The tables and functions that Microsoft's parser finds a text to refer to. */
function referred(node: Node): string[] {
  const symbol = (node as { ReferencedSymbol?: { Name: string; Kind?: unknown } | null }).ReferencedSymbol;
  const name = kindOf(node) === 'NameReference' ? symbol?.Name : undefined;
  return [...(name ? [name] : []), ...children(node).flatMap(referred)];
}

// A name that `let` makes has the same symbol name as a table, and table() names its table in a text.
const unlike = /let \W*OktaSSO|table\(/;

test('of texts that Microsoft’s parser takes it reads the same tables', () => {
  const columns = columnsFrom(['TimeGenerated', 'a', 'b', 'd', 'x'].map((name) => ({ name, type: 'dynamic' })));
  const tables = new Map(['Okta_CL', 'OktaV2_CL', 'OktaSSO', 'T', 'Heartbeat'].map((name) => [name, columns]));
  let compared = 0;
  for (const [what, text, names] of texts.filter(([, each]) => !unlike.test(each))) {
    const parsed = accepted(text, tables);
    if (!parsed) continue;
    const tablesOf = (all: string[]) => all.filter((name) => tables.has(name) && /Okta/.test(name)).sort();
    assert.deepEqual([...new Set(tablesOf(parsed.flatMap(referred)))], tablesOf(names), what);
    compared++;
  }
  assert.ok(compared >= 10, `${compared} texts`);
});

function accepted(text: string, tables: Parameters<typeof parse>[1]): Node[] | null {
  try {
    const { lets, result } = parse(text, tables);
    return [...lets, result];
  } catch (error) {
    if (error instanceof KqlError) return null;
    throw error;
  }
}

test('each of our own functions reads our table, or another one of ours', () => {
  for (const { query, parameters, alias } of savedFunctions) {
    const inside = okta(query, parameters).filter((name) => name !== 'OktaDomain');
    const expected = alias.startsWith('ASim') ? 'vimAuthenticationOktaPatchbay' : 'OktaSystemLogs_CL';
    assert.deepEqual(inside, [expected], alias);
  }
});
