import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { columnsFrom, compileTransform, KqlError, type Row } from '../sims/kql.ts';

const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => readFileSync(here(path), 'utf8');
const json = <T>(path: string) => JSON.parse(read(path)) as T;

type Declared = { name: string; type: string };
const declared = json<(Declared & { description: string })[]>('../../deploy/columns.json');
const table = columnsFrom(declared);
const stream = columnsFrom(json<Declared[]>('../../deploy/stream.json'));
const connectorId = '7d1d3c5e-2f70-4c57-9b8e-0a6f3f0c1b2d';
const stamped = (domain: string) =>
  read('../../deploy/transform.kql').replace('{{ConnectorId}}', connectorId).replace('{{OktaDomain}}', domain);
const text = stamped('harbour.okta.com');
const transform = compileTransform(text, stream, table);

const shape = (columns: Declared[]) => columns.map(({ name, type }) => `${name}:${type}`).sort();
const names = (columns: Declared[]) => new Set(columns.map(({ name }) => name));
const data = here('../../../shared/data/');
const skip = existsSync(data) ? false : 'the shared data is not here';

test('the transform keeps the rule within its limits and fills every column of the table', () => {
  assert.ok(text.length < 15_360, `${text.length} characters`);
  assert.ok(!text.includes('{{'));
  assert.deepEqual(shape(transform.columns), shape(table), 'each with its type as the parser sees it');
});

test('every column is described once', () => {
  assert.equal(new Set(declared.map(({ name }) => name)).size, declared.length);
  for (const { name, description } of declared) assert.ok(description.length > 10, name);
});

/** An event and its row, written by hand: a column that the row does not name must be empty. */
type Fixture = { about: string; domain?: string; event: Row; row: Row };

const files = readdirSync(here('../fixtures/events/'));
const fixtures = files.map((file) => json<Fixture>(`../fixtures/events/${file}`));

for (const [index, { about, domain = 'harbour.okta.com', event, row }] of fixtures.entries()) {
  test(`${about} (${files[index]})`, () => {
    const { run } = domain === 'harbour.okta.com' ? transform : compileTransform(stamped(domain), stream, table);
    compare(run(event), { ...row, ConnectorId: connectorId, OktaDomain: domain });
  });
}

function compare(got: Row | null, expected: Row): void {
  assert.ok(got, 'no row');
  for (const name of Object.keys(expected)) assert.ok(name in got, `${name} is no column`);
  for (const { name, type } of table) {
    const value = expected[name];
    const empty = type === 'string' ? '' : null;
    const actual: unknown = type === 'datetime' && got[name] !== null ? Math.floor(got[name] as number) : got[name];
    assert.deepEqual(
      actual,
      value === undefined ? empty : type === 'datetime' ? Date.parse(value as string) : value,
      name,
    );
  }
}

test('the expectations are many, differ from each other, and see every column filled and empty', () => {
  assert.ok(fixtures.length >= 30, `${fixtures.length} events`);
  const shapes = fixtures.map(({ row: { EventOriginalUid, ...rest } }) => JSON.stringify(rest));
  assert.equal(new Set(shapes).size, fixtures.length);
  for (const { name } of declared) {
    if (name === 'ConnectorId' || name === 'OktaDomain') continue;
    assert.ok(
      fixtures.some(({ row }) => row[name] !== undefined),
      `${name} is nowhere filled`,
    );
    assert.ok(
      name === 'EventResult' || fixtures.some(({ row }) => row[name] === undefined),
      `${name} is nowhere empty`,
    );
  }
});

test('a text of any length goes through whole; what the table holds of it is cut where it is stored', () => {
  const long = '\u{1F6A2}x'.repeat(50_000);
  const row = transform.run({ uuid: 'a', displayMessage: long, client: { userAgent: { rawUserAgent: long } } });
  assert.equal(row?.EventMessage, long);
  assert.equal(row?.HttpUserAgent, long);
  assert.equal(row?.ActingAppType, 'Other');
});

test('an event that carries fields the stream does not declare loses them and nothing else', () => {
  const row = transform.run({ uuid: 'a', published: '2026-03-02T09:00:00Z', surprise: { uuid: 'b' } });
  assert.equal(row?.EventOriginalUid, 'a');
  assert.ok(!JSON.stringify(row).includes('surprise'));
});

test('keys that every object inherits are no part of an event', () => {
  const row = transform.run(JSON.parse('{"uuid":"a","actor":{"__proto__":{"id":"x"}},"client":[]}'));
  assert.equal(row?.ActorUserId, '');
  assert.equal(row?.SrcIpAddr, '');
});

const refused: [what: string, code: string, kql: string][] = [
  ['summarize', 'operator', 'source | summarize count() by uuid'],
  ['a join', 'operator', 'source | join kind=inner (source) on uuid'],
  ['a union', 'operator', 'union source, (source | where uuid == "a")'],
  ['mv-expand', 'operator', 'source | mv-expand target'],
  ['take', 'operator', 'source | take 1'],
  ['iff', 'function', 'source | project Version = iff(uuid == "a", "b", "c")'],
  ['coalesce', 'function', 'source | project Version = coalesce(uuid, "c")'],
  ['a bag function', 'function', 'source | project DebugData = bag_merge(debugContext, actor)'],
  ['column_ifexists', 'function', 'source | project Version = column_ifexists("version", "")'],
  ['trim', 'function', 'source | project Version = trim(" ", uuid)'],
  ['a dynamic literal', 'dynamic', 'source | project DebugData = dynamic({"a":1})'],
  ['between', 'operator', 'source | where toint(version) between (1 .. 2) | project Version = uuid'],
  ['a case-blind in', 'operator', 'source | where uuid in~ ("a") | project Version = uuid'],
  ['another table', 'KS204', 'OktaSystemLogs_CL | project Version'],
  ['a column the stream lacks', 'KS142', 'source | project Version = vers'],
  ['a column the table lacks', 'output', 'source | project Versions = uuid'],
  ['another type than the table has', 'output', 'source | project Version = 1'],
  ['has_any', 'operator', 'source | where uuid has_any ("a") | project Version = uuid'],
  ['a lookup', 'operator', 'source | lookup kind=leftouter (source) on uuid'],
  ['mv-apply', 'operator', 'source | mv-apply t = target on (take 1)'],
  ['a series', 'operator', 'source | make-series n = count() on todatetime(published) step 1h'],
  ['an order', 'operator', 'source | order by uuid asc'],
  ['distinct', 'operator', 'source | distinct uuid'],
  ['project-keep', 'operator', 'source | project-keep uuid'],
  ['a plugin', 'operator', 'source | evaluate bag_unpack(actor)'],
  ['parse-where', 'operator', 'source | parse-where displayMessage with * "a" Version'],
  ['a search', 'operator', 'search "a"'],
  ['a range', 'operator', 'range x from 1 to 3 step 1'],
  ['a source of its own', 'source', 'datatable(Version:string)["a"]'],
  ['a source on the web', 'source', 'externaldata(Version:string)["https://example.com/x"]'],
  ['a source named by let', 'source', 'let x = source | project Version = uuid; x'],
  ['not()', 'function', 'source | where not(uuid == "a") | project Version = uuid'],
  ['column names in another case', 'KS142', 'source | project Version = UUID'],
  ['a function that nobody has', 'KS211', 'source | project Version = nosuch(uuid)'],
  ['a function in another case', 'KS211', 'source | project Version = ToString(uuid)'],
  ['a function of queries', 'function', 'source | project Version = tostring(ingestion_time())'],
  ['todynamic', 'function', 'source | project DebugData = todynamic(uuid)'],
  ['another database', 'KS208', 'database("x").source'],
  ['an option', 'statement', 'set notruncation; source | project Version = uuid'],
  ['a second statement', 'statement', 'source | project Version = uuid; source | project Version = uuid'],
  ['a command', 'command', '.drop table source'],
  ['nothing', 'empty', ''],
];

for (const [what, code, kql] of refused) {
  test(`a rule refuses a transform with ${what}`, () => {
    assert.throws(
      () => compileTransform(kql, stream, table),
      (error: unknown) => error instanceof KqlError && error.code === code,
    );
  });
}

test('a refused transform names every column that does not fit', () => {
  assert.throws(() => compileTransform('source | project Nope = uuid, Version = 1, Request = request', stream, table), {
    message:
      'the transform gives columns that do not fit: Nope (not in the table), Version (long, in the table string)',
  });
});

const beyond: [what: string, code: string, message: RegExp, kql: string][] = [
  ['parse', 'operator', /^cannot run parse$/, 'source | parse displayMessage with * "a" Version | project Version'],
  ['parse_xml', 'function', /^cannot run/, 'source | project Version = tostring(parse_xml(uuid))'],
  ['toscalar', 'expression', /^cannot run/, 'source | project Version = tostring(toscalar(source | project uuid))'],
  ['every column', 'expression', /^cannot run/, 'source | where * has "a" | project Version = uuid'],
  [
    'its own function',
    'function',
    /^cannot run a function of one's own: f$/,
    'let f = (a:string) { strcat(a, "x") }; source | project Version = f(uuid)',
  ],
];

for (const [what, code, message, kql] of beyond) {
  test(`what cannot be run here fails loudly: ${what}`, () => {
    assert.throws(() => compileTransform(kql, stream, table), { code, message });
  });
}

test('a transform of 15,360 characters is taken, one of 15,361 refused', () => {
  const long = (length: number) => 'source | project Version = uuid // '.padEnd(length, 'x');
  assert.equal(compileTransform(long(15_360), stream, table).run({ uuid: 'a' })?.Version, 'a');
  assert.throws(() => compileTransform(long(15_361), stream, table), { code: 'length', position: 15_360 });
});

test('a transform may drop a row, name scalars and rename columns', () => {
  const kql =
    'let wanted = "a"; source | where uuid == wanted | project-rename EventOriginalUid = uuid | project EventOriginalUid';
  const { run } = compileTransform(kql, stream, table);
  assert.deepEqual(run({ uuid: 'a' }), { EventOriginalUid: 'a' });
  assert.equal(run({ uuid: 'b' }), null);
});

const ours = ['ConnectorId', 'OktaDomain', 'PublishedTime'];

test('the table has 57 columns of the built-in table, a misspelt one among them, and three of ours', () => {
  const theirs = table.filter(({ name }) => !ours.includes(name));
  assert.equal(theirs.length + ours.length, table.length);
  const counts = ['string', 'dynamic', 'int', 'real', 'bool', 'datetime'].map(
    (wanted) => theirs.filter(({ type }) => type === wanted).length,
  );
  assert.deepEqual(counts, [46, 5, 2, 2, 1, 1]);
  assert.ok(theirs.some(({ name, type }) => name === 'SrcGeoLongtitude' && type === 'real'));
});

test('the built-in table has 62 columns: 57 that we declare, and five that Azure gives every table', { skip }, () => {
  const azureOwn = ['TenantId', 'Type', 'SourceSystem', '_BilledSize', '_IsBillable'];
  const rows = read('../../../shared/data/azure/OktaSystemLogs.columns.csv').trim().split('\n').slice(1);
  const builtIn = rows.map((row) => row.split(',', 2)).map(([name = '', type = '']) => ({ name, type }));
  assert.equal(builtIn.length, 62);
  for (const name of azureOwn) assert.ok(builtIn.some((column) => column.name === name) && !names(table).has(name));
  const user = columnsFrom(builtIn.filter(({ name }) => !azureOwn.includes(name)));
  assert.equal(user.length, 57);
  assert.deepEqual(shape(user), shape(table.filter(({ name }) => !ours.includes(name))));
});

test('columns.json has the names and types of the built-in table and our three', { skip }, () => {
  const body = json<{ properties: { schema: { columns: Declared[] } } }>(
    '../../../shared/data/azure/table_PUT_OktaSystemLogs_CL.json',
  );
  const extra = json<Declared[]>('../../../shared/data/azure/table_extra_columns.json');
  assert.deepEqual(shape(declared), shape([...body.properties.schema.columns, ...extra]));
});

test('every public sample event goes through, and what has no value rule arrives as Okta sent it', { skip }, () => {
  const facts = read('../../../shared/data/azure/okta_field_to_column.csv').trim().split('\n').slice(1);
  const samples = here('../../../shared/data/okta/samples/');
  let events = 0;
  for (const file of readdirSync(samples)) {
    for (const line of readFileSync(new URL(file, samples), 'utf8').trim().split('\n')) {
      const event = JSON.parse(line) as Row;
      const row = transform.run(event) ?? assert.fail('no row');
      for (const fact of facts) checkFact(fact, event, row);
      events++;
    }
  }
  assert.ok(events >= 49, `${events} events`);
});

function checkFact(fact: string, event: Row, row: Row): void {
  const [column = '', , path = '', rule] = fact.split(',');
  // The rules of these two are remarks that change no value of the samples.
  const plain = rule === '' || column === 'SecurityContextAsNumber' || column === 'SrcGeoLongtitude';
  if (!plain) return;
  const source =
    path.split('.').reduce<unknown>((value, key) => (value as Row | null | undefined)?.[key], event) ?? null;
  if (column === 'DebugData' && Array.isArray(event.debugContext)) return;
  const type = table.find(({ name }) => name === column)?.type ?? assert.fail(`${column} is no column`);
  const expected = type !== 'string' || typeof source === 'string' ? source : source === null ? '' : String(source);
  assert.deepEqual(row[column], expected, column);
}
