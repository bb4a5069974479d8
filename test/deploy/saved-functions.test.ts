import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, compileQuery, KqlError, type Row, type SavedFunction } from '../sims/kql.ts';

const now = Date.UTC(2026, 2, 4, 10, 30);
const schema = new Map<string, Column[]>([
  [
    'T',
    [
      { name: 'at', type: 'datetime' },
      { name: 'name', type: 'string' },
      { name: 'n', type: 'int' },
    ],
  ],
]);
const tables = new Map<string, Row[]>([
  [
    'T',
    [
      { at: now - 1000, name: 'Ada Byron', n: 1 },
      { at: now - 90_000, name: 'Bo 10.0.0.7', n: 7 },
    ],
  ],
]);

const functions: SavedFunction[] = [
  {
    alias: 'Named',
    parameters: "since:datetime=datetime(null), any:dynamic=dynamic([]), sign:string='*', off:bool=false, least:long=0",
    query: `let everything = '*';
      T | where not(off) and (isnull(since) or at >= since) and n >= least
      | where array_length(any) == 0 or name has_any (any)
      | where sign == everything or name startswith sign`,
  },
  { alias: 'Names', parameters: '', query: '// who\nNamed(off=false) | project name' },
  { alias: 'Needs', parameters: 'least:int', query: 'T | where n > least | project n' },
  { alias: 'Broken', parameters: '', query: 'T | where absent == 1' },
  { alias: 'Strange', parameters: '', query: 'T | sample 1' },
  { alias: 'Outer', parameters: '', query: 'T | where n > limit' },
  { alias: 'Tabular', parameters: 'rows:(n:int)', query: 'rows | count' },
  { alias: 'Again', parameters: '', query: 'Again | take 1' },
  { alias: 'Two', parameters: '', query: '2' },
];

const query = (text: string) => compileQuery(text, schema, functions)(tables, now).rows;
const numbers = (text: string) => query(`${text} | project n`).map(({ n }) => n);

const calls: [text: string, expected: number[]][] = [
  ['Named', [1, 7]],
  ['Named()', [1, 7]],
  ['Named(since=ago(1m))', [1]],
  ['Named(ago(1m))', [1]],
  ["Named(any=dynamic(['ada', 'eve']))", [1]],
  ["Named(sign='bo', since=ago(1h))", [7]],
  ['Named(off=true)', []],
  ['Named(least=2)', [7]],
  ['let few = 5; Named(least=few)', [7]],
  ['Needs(1)', [7]],
  ['Named | union (Named(least=2))', [1, 7, 7]],
  ['Named | join kind=inner (Named(least=2)) on name', [7]],
];

for (const [text, expected] of calls) {
  test(`${text} calls a saved function`, () => assert.deepEqual(numbers(text), expected));
}

test('a saved function may call another one, and runs again at another time', () => {
  assert.deepEqual(query('Names | take 1'), [{ name: 'Ada Byron' }]);
  const run = compileQuery('Named(since=ago(1m)) | count', schema, functions);
  assert.deepEqual(run(tables, now).rows, [{ Count: 1 }]);
  assert.deepEqual(run(tables, now + 60_000).rows, [{ Count: 0 }]);
});

const refused: [text: string, code: string, message: RegExp][] = [
  ['Absent()', 'KS211', /Absent/],
  ['Broken | take 1', 'KS142', /absent/],
  ['T | take 1 | union Broken', 'KS142', /absent/],
  ['Strange', 'operator', /in Strange: cannot run SampleOperator/],
  ['let limit = 5; Outer', 'KS142', /limit/],
  ['Tabular(T)', 'function', /parameter rows/],
  ['Needs', 'KS117', /Needs/],
  ['Needs()', '', /./],
  ['Named(1)', 'type', /since is datetime, not long/],
  ["Named(any='ada')", 'type', /any is dynamic, not string/],
  ['Named(nothing=1)', 'KS196', /argument name/],
  ['Again', '', /./],
  ['T | extend x = Two()', 'function', /Two/],
];

for (const [text, code, message] of refused) {
  test(`${text} is refused before it runs`, () => {
    assert.throws(
      () => compileQuery(text, schema, functions),
      (error: unknown) => {
        assert.ok(error instanceof KqlError, String(error));
        assert.match(`${error.code} ${error.message}`, message);
        return error.code.startsWith(code);
      },
    );
  });
}

const prefixes: [expression: string, value: boolean][] = [
  ["has_ipv4_prefix('from 10.0.0.7, port 1', '10.0.')", true],
  ["has_ipv4_prefix('10.0.0.7', '10.0.0.7')", true],
  ["has_ipv4_prefix('10.0.0.77', '10.0.0.7')", false],
  ["has_ipv4_prefix('110.0.0.7', '10.0.')", false],
  ["has_ipv4_prefix('a10.0.0.7', '10.0.')", false],
  ["has_ipv4_prefix('10.0.0.700', '10.0.')", false],
  ["has_ipv4_prefix('10.0.0.7', '10.0')", false],
  ["has_any_ipv4_prefix('10.0.0.7', '192.168.', '10.')", true],
  ["has_any_ipv4_prefix('10.0.0.7', dynamic(['192.168.', '10.']))", true],
  ["has_any_ipv4_prefix('10.0.0.7', dynamic([]))", false],
  ["has_any_ipv4_prefix('2001:db8::1', dynamic(['2001:']))", false],
];

for (const [expression, value] of prefixes) {
  test(`${expression} is ${value}`, () => assert.deepEqual(query(`print x = ${expression}`), [{ x: value }]));
}
