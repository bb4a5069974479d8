import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Column, columnsFrom, compileQuery, KqlError, type Row } from '../kql.ts';

const now = Date.UTC(2026, 2, 4, 10, 30);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Columns by KQL's own notation: `a:string, b:long`. */
function columns(text: string): Column[] {
  return columnsFrom(
    text.split(', ').map((column) => ({ name: column.split(':')[0] ?? '', type: column.split(':')[1] ?? '' })),
  );
}

const standard = columns('TenantId:string, Type:string, _ResourceId:string, _TimeReceived:datetime');
const okta = columnsFrom(JSON.parse(readFileSync(new URL('../../../deploy/columns.json', import.meta.url), 'utf8')));
const schema = new Map<string, Column[]>([
  ['OktaSystemLogs_CL', [...okta, ...standard]],
  ['DCRLogErrors', [...columns('TimeGenerated:datetime, InputStreamId:string, Message:string'), ...standard]],
  [
    'Operation',
    [
      ...columns('TimeGenerated:datetime, OperationCategory:string, OperationStatus:string, Detail:string'),
      ...standard,
    ],
  ],
  ['Okta_CL', [...columns('TimeGenerated:datetime, uuid_g:string'), ...standard]],
  ['T', columns('at:datetime, name:string, n:int, d:dynamic')],
  [
    'resources',
    columns('id:string, name:string, type:string, location:string, subscriptionId:string, properties:dynamic'),
  ],
  ['resourcecontainers', columns('id:string, name:string, type:string, subscriptionId:string')],
]);

function stored(
  connector: string,
  uid: string,
  times: { published: number; arrived: number; generated?: number },
): Row {
  const { published, arrived, generated = published } = times;
  return {
    TimeGenerated: generated,
    PublishedTime: published,
    ConnectorId: connector,
    EventOriginalUid: uid,
    $ingestionTime: arrived,
  };
}

const rows = new Map<string, Row[]>([
  [
    'OktaSystemLogs_CL',
    [
      stored('red', 'r1', { published: now - 10 * minute, arrived: now - 9 * minute }),
      stored('red', 'r2', { published: now - 40 * minute, arrived: now - 20 * minute }),
      stored('red', 'r2', { published: now - 40 * minute, arrived: now - 20 * minute }),
      stored('red', 'r0', { published: now - 3 * day, arrived: now - 3 * day }),
      stored('blue', 'b1', { published: now - 5 * day, arrived: now - 30 * minute, generated: now - 30 * minute }),
    ],
  ],
  [
    'DCRLogErrors',
    [
      { TimeGenerated: now - minute, InputStreamId: 'Custom-Okta', Message: 'too long', _ResourceId: '/SUB/dcr' },
      { TimeGenerated: now - minute, InputStreamId: 'Custom-Okta', Message: 'too long', _ResourceId: '/sub/DCR' },
      { TimeGenerated: now - minute, InputStreamId: 'Custom-Okta', Message: 'too long', _ResourceId: '/sub/other' },
    ],
  ],
  [
    'Operation',
    [
      {
        TimeGenerated: now - hour,
        OperationCategory: 'Data Collection Status',
        OperationStatus: 'Warning',
        Detail: 'OverQuota',
      },
      {
        TimeGenerated: now - 2 * hour,
        OperationCategory: 'Data Collection Status',
        OperationStatus: 'Info',
        Detail: 'on',
      },
    ],
  ],
  ['Okta_CL', [{ TimeGenerated: now - hour, uuid_g: 'r1' }]],
  [
    'T',
    [
      { at: now - 1000, name: 'Ada', n: 1, d: { list: ['p', 'q'], size: 5 } },
      { at: now - hour, name: 'bo Ek', n: null, d: null },
      { at: now - 2 * hour, name: 'Ada', n: 7, d: { list: [], size: '5' } },
    ],
  ],
]);

function query(text: string, tables = rows): Row[] {
  return compileQuery(text, schema)(tables, now).rows;
}

test('the clocks query gives the newest event, the newest arrival and the recent rows of each connector', () => {
  const text = `// newest event, newest arrival, recent rows
    OktaSystemLogs_CL | where TimeGenerated > ago(2d)
    | summarize LastEvent = max(PublishedTime), LastArrival = max(ingestion_time()), Rows15m = countif(ingestion_time() > ago(15m)) by ConnectorId`;
  const result = compileQuery(text, schema)(rows, now);
  assert.deepEqual(
    result.columns,
    columns('ConnectorId:string, LastEvent:datetime, LastArrival:datetime, Rows15m:long'),
  );
  assert.deepEqual(result.rows, [
    { ConnectorId: 'red', LastEvent: now - 10 * minute, LastArrival: now - 9 * minute, Rows15m: 1 },
    { ConnectorId: 'blue', LastEvent: now - 5 * day, LastArrival: now - 30 * minute, Rows15m: 0 },
  ]);
});

test('the lag query gives the delay at two percentiles', () => {
  const text = `OktaSystemLogs_CL | where TimeGenerated > ago(2d) and ingestion_time() > ago(1h)
    | extend E2E = ingestion_time() - PublishedTime | summarize percentiles(E2E, 50, 95), Rows = count() by ConnectorId`;
  assert.deepEqual(query(text), [
    { ConnectorId: 'red', percentile_E2E_50: 20 * minute, percentile_E2E_95: 20 * minute, Rows: 3 },
    {
      ConnectorId: 'blue',
      percentile_E2E_50: 5 * day - 30 * minute,
      percentile_E2E_95: 5 * day - 30 * minute,
      Rows: 1,
    },
  ]);
});

test('the verify query tells rows from distinct events', () => {
  const text = `OktaSystemLogs_CL | where TimeGenerated > ago(2d) and ingestion_time() > ago(1h)
    | summarize Copies = count() by ConnectorId, EventOriginalUid
    | summarize Rows = sum(Copies), Distinct = count(), Extra = sum(Copies - 1) by ConnectorId`;
  assert.deepEqual(query(text), [
    { ConnectorId: 'red', Rows: 3, Distinct: 2, Extra: 1 },
    { ConnectorId: 'blue', Rows: 1, Distinct: 1, Extra: 0 },
  ]);
});

test('the replaced-times query finds rows whose TimeGenerated is not the published time', () => {
  const text = `OktaSystemLogs_CL | where TimeGenerated > ago(2d) and ingestion_time() > ago(1h)
    | where abs(datetime_diff('minute', TimeGenerated, PublishedTime)) > 5 | summarize Replaced = count(), Oldest = min(PublishedTime) by ConnectorId`;
  assert.deepEqual(query(text), [{ ConnectorId: 'blue', Replaced: 1, Oldest: now - 5 * day }]);
});

test('the quiet query compares this hour with the same hour of the weeks before', () => {
  const text = `let h = bin(now(), 1h);
    OktaSystemLogs_CL | where TimeGenerated between ((h - 29d) .. h)
    | summarize N = count() by ConnectorId, Hour = bin(TimeGenerated, 1h)
    | where hourofday(Hour) == hourofday(h - 1h) and dayofweek(Hour) == dayofweek(h - 1h)
    | summarize Current = sumif(N, Hour == h - 1h), Typical = avgif(todouble(N), Hour < h - 1h) by ConnectorId
    | where Typical > 20 and Current < 0.3 * Typical`;
  const lastHour = Date.UTC(2026, 2, 4, 9, 10);
  const many = (connector: string, at: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      stored(connector, `${index}`, { published: at + index, arrived: at + index }),
    );
  const history = (connector: string) => [1, 2, 3, 4].flatMap((week) => many(connector, lastHour - week * 7 * day, 30));
  const tables = new Map([
    [
      'OktaSystemLogs_CL',
      [
        ...history('red'),
        ...many('red', lastHour, 5),
        ...history('blue'),
        ...many('blue', lastHour, 25),
        ...many('green', lastHour, 3),
      ],
    ],
  ]);
  assert.deepEqual(query(text, tables), [{ ConnectorId: 'red', Current: 5, Typical: 30 }]);
});

test('the error query counts the errors of one rule, whatever the case of its id', () => {
  const text =
    'DCRLogErrors | where TimeGenerated > ago(1h) and _ResourceId =~ "/sub/dcr" | summarize Errors = count() by InputStreamId, Message';
  assert.deepEqual(query(text), [{ InputStreamId: 'Custom-Okta', Message: 'too long', Errors: 2 }]);
});

test('the daily-cap query gives the newest status', () => {
  const text = `Operation | where TimeGenerated > ago(1d) and OperationCategory == "Data Collection Status"
    | summarize arg_max(TimeGenerated, OperationStatus, Detail)`;
  assert.deepEqual(query(text), [{ TimeGenerated: now - hour, OperationStatus: 'Warning', Detail: 'OverQuota' }]);
});

test('the other-sources query leaves out tables that do not exist', () => {
  const text =
    'union isfuzzy=true withsource = Source Okta_CL, OktaV2_CL, OktaSystemLogs | where TimeGenerated > ago(1d) | summarize Rows = count() by Source';
  assert.deepEqual(query(text), [{ Source: 'Okta_CL', Rows: 1 }]);
});

test('the workspace query of Resource Graph joins workspaces with solutions and subscriptions', () => {
  const text = `resources
    | where type =~ 'microsoft.operationalinsights/workspaces'
    | extend key = tolower(id)
    | join kind=inner (resources
        | where type =~ 'Microsoft.OperationsManagement/solutions' and name startswith 'SecurityInsights('
        | project key = tolower(tostring(properties.workspaceResourceId))) on key
    | join kind=leftouter (resourcecontainers
        | where type =~ 'microsoft.resources/subscriptions'
        | project folder = subscriptionId, subscription = name) on $left.subscriptionId == $right.folder
    | project id, name, location, subscription, customerId = tostring(properties.customerId), retention = toint(properties.retentionInDays)
    | order by name asc`;
  const workspace = (name: string, subscriptionId: string): Row => ({
    id: `/Sub/${name}`,
    name,
    type: 'Microsoft.OperationalInsights/workspaces',
    location: 'westeurope',
    subscriptionId,
    properties: { customerId: `c-${name}`, retentionInDays: 90 },
  });
  const solution = (name: string): Row => ({
    id: `/sub/s-${name}`,
    name: `SecurityInsights(${name})`,
    type: 'microsoft.operationsmanagement/solutions',
    properties: { workspaceResourceId: `/sub/${name}` },
  });
  const tables = new Map([
    [
      'resources',
      [workspace('soc', '1'), workspace('bare', '1'), workspace('lab', '2'), solution('SOC'), solution('lab')],
    ],
    [
      'resourcecontainers',
      [{ id: '/1', name: 'Production', type: 'microsoft.resources/subscriptions', subscriptionId: '1' }],
    ],
  ]);
  const common = { location: 'westeurope', retention: 90 };
  assert.deepEqual(query(text, tables), [
    { id: '/Sub/lab', name: 'lab', subscription: '', customerId: 'c-lab', ...common },
    { id: '/Sub/soc', name: 'soc', subscription: 'Production', customerId: 'c-soc', ...common },
  ]);
});

const counted: [condition: string, names: string[]][] = [
  ["name == 'ada'", []],
  ["name =~ 'ada'", ['Ada', 'Ada']],
  ["name !~ 'ada'", ['bo Ek']],
  ["name has 'ek'", ['bo Ek']],
  ["name has 'k'", []],
  ["name contains 'K'", ['bo Ek']],
  ["name !contains_cs 'K'", ['Ada', 'bo Ek', 'Ada']],
  ["name startswith 'A'", ['Ada', 'Ada']],
  ["name !endswith 'K'", ['Ada', 'Ada']],
  ["name in ('ada', 'bo Ek')", ['bo Ek']],
  ["name in~ ('ada')", ['Ada', 'Ada']],
  ["name !in ('Ada')", ['bo Ek']],
  ["name has_any ('EK', 'zz')", ['bo Ek']],
  ["name matches regex '^b.*k$'", ['bo Ek']],
  ['n == 1', ['Ada']],
  ['n != 1', ['bo Ek', 'Ada']],
  ['n < 5 or n >= 5', ['Ada', 'Ada']],
  ['not(n < 5)', ['Ada']],
  ['isnull(n)', ['bo Ek']],
  ['isnull(name)', []],
  ['n between (1 .. 6)', ['Ada']],
  ['at between (ago(90m) .. 1h)', ['bo Ek']],
  ['d.size == 5', ['Ada', 'Ada']],
  ["d.list[-1] == 'q'", ['Ada']],
  ["d['list'][0] == 'p'", ['Ada']],
  ['isempty(d.size)', ['bo Ek']],
  ['isnotnull(d.toString)', []],
  ['array_length(d.list) == 0', ['Ada']],
];

for (const [condition, names] of counted) {
  test(`where ${condition} gives ${names.length} rows`, () => {
    assert.deepEqual(
      query(`T | where ${condition} | project name`).map((row) => row.name),
      names,
    );
  });
}

const values: [expression: string, value: unknown][] = [
  ['toint(4200000000)', null],
  ['toint(-2147483648)', -2_147_483_648],
  ["toint('12')", 12],
  ["toint('twelve')", null],
  ["tolong('0x10')", 16],
  ["toreal('1e3')", 1000],
  ['toint(7.9)', 7],
  ['7 / 2', 3],
  ['7 / 2.0', 3.5],
  ['1 / 0', null],
  ['1h / 30m', 2],
  ['real(null) == 1', false],
  ['int(null) > 1', null],
  ['int(null) == int(null)', null],
  ['false and (int(null) > 1)', false],
  ['true or (int(null) > 1)', true],
  ["tobool('TRUE')", true],
  ['tostring(5.0)', '5.0'],
  ['tostring(timespan(1.02:03:04))', '1.02:03:04'],
  ['tostring(datetime(2026-03-04 05:06))', '2026-03-04T05:06:00.0000000Z'],
  [`tostring(dynamic({"a":[1,-2,null,true,"x"]}))`, '{"a":[1,-2,null,true,"x"]}'],
  ['tostring(dynamic(null))', ''],
  ["todatetime('redacted')", null],
  ["todatetime('2026-02-30')", null],
  ["todatetime('2026-03-04T05:06:07.089Z')", Date.UTC(2026, 2, 4, 5, 6, 7, 89)],
  ["todatetime('2026-03-04T05:06:07+02:00')", Date.UTC(2026, 2, 4, 3, 6, 7)],
  ['now() - ago(90s)', 90_000],
  ['bin(now(), 1h)', Date.UTC(2026, 2, 4, 10)],
  ['bin(datetime(2026-03-04), 7d)', Date.UTC(2026, 2, 2)],
  ['bin(-7, 5)', -10],
  ['round(2.345, 2)', 2.35],
  ['abs(-5m)', 5 * minute],
  ['startofday(now())', Date.UTC(2026, 2, 4)],
  ['startofweek(now())', Date.UTC(2026, 2, 1)],
  ['dayofweek(now())', 3 * day],
  ['dayofyear(now())', 63],
  ['hourofday(now())', 10],
  ["datetime_diff('hour', datetime(2026-03-04 01:01), datetime(2026-03-04 00:59))", 1],
  ["datetime_diff('month', datetime(2026-03-01), datetime(2025-12-31))", 3],
  ["datetime_add('month', 1, datetime(2026-01-31))", Date.UTC(2026, 1, 28)],
  ["format_datetime(datetime(2026-03-04 05:06:07.089), 'yyyy-MM-dd HH:mm:ss.fff')", '2026-03-04 05:06:07.089'],
  ["strcat('a', 1, 2.5, true)", 'a12.5true'],
  ["substring('hello', 1, 3)", 'ell'],
  ["split('a,b,c', ',')[1]", 'b'],
  ["extract('([0-9]+)', 1, 'ab12')", '12'],
  ["trim('-', '--a-b--')", 'a-b'],
  ["replace_string('a.a', '.', '$&')", 'a$&a'],
  ["indexof('hello', 'l')", 2],
  ["toupper('straße')", 'STRASSE'],
  ["hash_sha256('World')", '78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524'],
  ['parse_json(\'{"a":{"b":[1]}}\').a.b[0]', 1],
  ["tostring(parse_json('no json'))", 'no json'],
  ["bag_keys(dynamic({'a':1,'b':2}))", ['a', 'b']],
  ["bag_pack('at', now(), 'n', 1)", { at: '2026-03-04T10:30:00.0000000Z', n: 1 }],
  ['gettype(dynamic([1]))', 'array'],
  ["coalesce('', 'x')", 'x'],
  ['coalesce(int(null), 3)', 3],
  ['iff(int(null) > 1, 1, 2)', 2],
  ["case(false, 'a', int(null) > 1, 'b', 'c')", 'c'],
  ['max_of(1, 2.5)', 2.5],
  ["column_ifexists('absent', 'none')", 'none'],
  ["'a-b' has 'b' and 'a-b' !has 'a-'", false],
];

for (const [expression, value] of values) {
  test(`${expression} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(query(`print x = ${expression}`), [{ x: value }]);
  });
}

const tabular: [text: string, expected: Row[]][] = [
  ['T | count', [{ Count: 3 }]],
  ['T | take 1 | project name', [{ name: 'Ada' }]],
  ['T | distinct name', [{ name: 'Ada' }, { name: 'bo Ek' }]],
  ['T | order by n asc | project n', [{ n: null }, { n: 1 }, { n: 7 }]],
  ['T | sort by n | project n', [{ n: 7 }, { n: 1 }, { n: null }]],
  ['T | sort by n nulls first | project n', [{ n: null }, { n: 7 }, { n: 1 }]],
  ['T | top 1 by at asc | project n', [{ n: 7 }]],
  ['T | project-away d, at | project-rename who = name | where n == 1', [{ who: 'Ada', n: 1 }]],
  ['T | project-keep n | take 1', [{ n: 1 }]],
  ['T | extend n = n + 1 | where n == 8 | project n', [{ n: 8 }]],
  ['T | summarize by name', [{ name: 'Ada' }, { name: 'bo Ek' }]],
  [
    'T | summarize sum(n), avg(n), min(n), max(n), dcount(name), count_distinct(name), make_list(n), make_set(name)',
    [
      {
        sum_n: 8,
        avg_n: 4,
        min_n: 1,
        max_n: 7,
        dcount_name: 2,
        count_distinct_name: 2,
        list_n: [1, 7],
        set_name: ['Ada', 'bo Ek'],
      },
    ],
  ],
  ['T | summarize span = max(at) - min(at), twice = round(avg(n) * 2, 1)', [{ span: 2 * hour - 1000, twice: 8 }]],
  [
    "T | where name == 'none' | summarize count(), sum(n), avg(n), max(n)",
    [{ count_: 0, sum_n: 0, avg_n: null, max_n: null }],
  ],
  ["T | where name == 'none' | summarize count() by name", []],
  ['T | where isnull(n) | summarize avg(n) by name', [{ name: 'bo Ek', avg_n: Number.NaN }]],
  ['T | summarize arg_min(at, *) | project n, size = tostring(d.size)', [{ n: 7, size: '5' }]],
  ['T | summarize percentile(n, 50), take_any(name)', [{ percentile_n_50: 1, name: 'Ada' }]],
  ['let limit = 5; let few = T | where n < limit; few | project n', [{ n: 1 }]],
  ["datatable(x:string, y:long)['a', 1, 'b', 2] | where y > 1", [{ x: 'b', y: 2 }]],
  [
    "union (print x = 1), (print y = 'a')",
    [
      { x: 1, y: '' },
      { x: null, y: 'a' },
    ],
  ],
  [
    'T | project name, n | join kind=leftouter (T | where n == 7 | project name, m = n) on name',
    [
      { name: 'Ada', n: 1, name1: 'Ada', m: 7 },
      { name: 'bo Ek', n: null, name1: '', m: null },
      { name: 'Ada', n: 7, name1: 'Ada', m: 7 },
    ],
  ],
];

for (const [text, expected] of tabular) {
  test(`${text} runs`, () => {
    assert.deepEqual(query(text), expected);
  });
}

const refused: [text: string, code: string, position?: number][] = [
  ['T | where absent == 1', 'KS142', 10],
  ['Absent | take 1', 'KS204', 0],
  ["T | where name + 1 == 'a'", 'KS106'],
  ['T | extend x = startofhour(at)', 'KS211'],
  ['T | where', 'KS006'],
  ['T | where d.list == d.size', 'type', 10],
  ['T | where name == 1', 'type'],
  ['T | make-series count() on at step 1h', 'operator', 4],
  ['T | mv-expand d', 'operator', 4],
  ['T | join T on name', 'join'],
  ['T | join kind=fullouter T on name', 'join'],
  ['T | extend x = series_stats(d)', 'function', 15],
  ['T | extend x = parse_path(name)', 'function', 15],
  ['T | summarize stdev(n)', 'function'],
  ["T | where name matches regex '('", 'regex', 29],
  ["T | extend x = extract('[', 0, name)", 'regex'],
  ['T | summarize by name | extend x = ingestion_time()', 'ingestion_time'],
  ['let f = (x:int) { x + 1 }; print f(1)', 'function'],
  ['T | count; T | take 1', 'statement'],
  ['set notruncation; T', 'statement'],
  ['.show tables', 'command'],
  ['.drop table T', 'command'],
  ['union isfuzzy=true No1, No2 | count', 'union'],
  ['union (print x = 1), (print x = "a")', 'union'],
  ['', 'empty'],
];

for (const [text, code, position] of refused) {
  test(`${text || 'an empty query'} is refused before it runs`, () => {
    assert.throws(
      () => compileQuery(text, schema),
      (error: unknown) => {
        assert.ok(error instanceof KqlError, String(error));
        assert.equal(error.code.startsWith(code), true, `${error.code}: ${error.message}`);
        if (position !== undefined) assert.equal(error.position, position);
        return error.message !== '';
      },
    );
  });
}

test('a compiled query runs again over other rows at another time', () => {
  const run = compileQuery('T | where at > ago(1h) | project name', schema);
  assert.deepEqual(run(rows, now).rows, [{ name: 'Ada' }]);
  assert.deepEqual(run(rows, now + 2 * hour).rows, []);
  assert.deepEqual(run(new Map(), now).rows, []);
});

test('a result has its columns only, and never the hidden arrival time', () => {
  const result = query('OktaSystemLogs_CL | take 1');
  assert.deepEqual(Object.keys(result[0] ?? {}).length, okta.length + standard.length);
  assert.equal(result[0]?.Version, '');
  assert.equal(result[0]?.SrcGeoLatitude, null);
});
