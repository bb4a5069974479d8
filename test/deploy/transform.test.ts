import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileTransform, KqlError, type Row } from '../sims/kql.ts';
import { connectorId, declared, ours, shape, stamped, stream, table, transform } from './transform.ts';

const fixturesFolder = new URL('../fixtures/events/', import.meta.url);
const text = stamped('harbour.okta.com');

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

const files = readdirSync(fixturesFolder);
const fixtures = files.map((file) => JSON.parse(readFileSync(new URL(file, fixturesFolder), 'utf8')) as Fixture);

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

test('the table has 57 columns of the built-in table, a misspelt one among them, and six of ours', () => {
  const theirs = table.filter(({ name }) => !ours.includes(name));
  assert.equal(theirs.length + ours.length, table.length);
  const counts = ['string', 'dynamic', 'int', 'real', 'bool', 'datetime'].map(
    (wanted) => theirs.filter(({ type }) => type === wanted).length,
  );
  assert.deepEqual(counts, [46, 5, 2, 2, 1, 1]);
  assert.ok(theirs.some(({ name, type }) => name === 'SrcGeoLongtitude' && type === 'real'));
});
