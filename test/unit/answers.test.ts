import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { readableOnly } from '../../ingestion/azure/arm/answers.ts';
import { misfit, type Shape } from '../../ingestion/azure/arm/shape.ts';
import { ConnectorError } from '../../ingestion/errors.ts';

const rows: [what: string, value: unknown, shape: Shape, odd: string | null][] = [
  ['a text', 'x', 'text', null],
  ['a number for a text', 7, 'text', 'all of it is a number, and no text'],
  ['null for a text', null, 'text', 'all of it is null, and no text'],
  ['nothing', undefined, { a: 'text' }, 'all of it is missing, and no object'],
  ['no number', Number.NaN, 'number', 'all of it is a number, and no number'],
  ['a list for an object', [], {}, 'all of it is a list, and no object'],
  ['an object for a list', {}, ['text'], 'all of it is an object, and no list'],
  ['an odd element', { a: [{ b: 'x' }, { b: 7 }] }, { a: [{ b: 'text' }] }, 'a[1].b is a number, and no text'],
  ['null among elements', { a: [null] }, { a: [{}] }, 'a[0] is null, and no object'],
  ['a field that is not there', {}, { a: 'text' }, 'a is missing, and no text'],
  ['a field that need not be there', {}, { 'a?': 'text' }, null],
  ['null for one that need not be there', { a: null }, { 'a?': 'text' }, null],
  ['an odd one that need not be there', { a: 7 }, { 'a?': 'text' }, 'a is a number, and no text'],
  ['what everything inherits', {}, JSON.parse('{"toString":"text"}'), 'toString is missing, and no text'],
  ['a time', '2026-03-02T09:00:00Z', 'time', null],
  ['a date', new Date(0), 'time', null],
  ['no time', new Date(Number.NaN), 'time', 'all of it is an object, and no time'],
  ['an address', 'https://a.example/x', 'address', null],
  ['an open address', 'http://a.example/x', 'address', 'all of it is a text, and no https address'],
];

test('the first thing that is odd about an answer is told by its place', () => {
  for (const [what, value, shape, odd] of rows) assert.equal(misfit(value, shape), odd, what);
});

const asked = 'https://management.azure.com/subscriptions/s/providers/Microsoft.Authorization/roleAssignments?a=1';

type Answered = { url?: string; status?: number; method?: 'GET' | 'PUT' | 'DELETE' };

/** What a client gets to read. */
async function read(body: string, { url = asked, status = 200, method = 'GET' }: Answered = {}) {
  const request = createPipelineRequest({ url, method });
  const response: PipelineResponse = { request, status, headers: createHttpHeaders(), bodyAsText: body };
  const { bodyAsText } = await readableOnly('azure-unreachable').sendRequest(request, async () => response);
  return bodyAsText ?? '';
}

async function outcome(body: string, answered: Answered = {}): Promise<string> {
  try {
    await read(body, answered);
    return 'read';
  } catch (error) {
    assert.ok(error instanceof ConnectorError);
    assert.equal(error.evidence.status, answered.status ?? 200);
    return error.evidence.text ?? '';
  }
}

test('a list may go on at the host that was asked, and nowhere else, as the token goes there too', async () => {
  const list = (nextLink: unknown) => JSON.stringify({ value: [], nextLink });
  assert.equal(await outcome(list(undefined)), 'read');
  assert.equal(await outcome(list(asked.replace('a=1', 'a=2'))), 'read');
  for (const link of ['https://evil.example/x', 'http://management.azure.com/x', 'x', 7, asked])
    assert.match(await outcome(list(link)), /nextLink is/, String(link));
});

test('what was cut off, or is no JSON, is told as an answer that can’t be read; refusals are left to others', async () => {
  for (const body of ['', '{"value":[', '<html>', 'null', '[]', '"x"', '{"value":null}'])
    assert.match(await outcome(body), /^An answer that can’t be read: /, body);
  for (const body of ['{"value":[],"nextLink":null}', '{"value":[{"properties":null}]}'])
    assert.equal(await outcome(body), 'read', body);
  assert.match(await outcome('{"value":[{},null]}'), /value\[1\] is missing, and no object/);
  assert.equal(await outcome('<html>', { status: 500 }), 'read');
  assert.equal(await outcome('<html>', { url: 'https://management.azure.com/x' }), 'read');
});

test('a client gets the fields that are looked at and no others, of which it might make what they are not', async () => {
  const odd = { scope: '/x', dataFlows: 7, principalId: [] };
  assert.deepEqual(JSON.parse(await read(JSON.stringify({ value: [{ properties: odd, tags: 'x' }], more: {} }))), {
    value: [{ properties: { scope: '/x' } }],
  });
});

test('what is written back with a column or a search comes through as it is', async () => {
  const base = 'https://management.azure.com/workspaces/soc';
  const column = { name: 'A', type: 'string', dataTypeHint: 'uri', displayName: 'a', description: 'An a' };
  const columns = [{ ...column, isDefaultDisplay: true, isHidden: false }];
  const table = JSON.stringify({ properties: { schema: { columns } } });
  assert.equal(await read(table, { url: `${base}/tables/A_CL` }), table);
  const search = { category: 'c', displayName: 'd', query: 'T', functionAlias: 'F', functionParameters: 'p:string' };
  const saved = { id: '/x', etag: 'W/1', properties: { ...search, version: 2, tags: [{ name: 'n', value: 'v' }] } };
  const list = await read(JSON.stringify({ value: [saved] }), { url: `${base}/savedSearches` });
  assert.deepEqual(JSON.parse(list), { value: [saved] });
});

test('the page of a guest network is no answer to whatever is asked of Azure, also where a resource is made or removed', async () => {
  const page = '<html>Sign in to the network</html>';
  const resources = ['roleAssignments', 'dataCollectionRules', 'savedSearches', 'diagnosticSettings', 'tables'];
  for (const resource of resources)
    for (const method of ['GET', 'PUT', 'DELETE'] as const)
      assert.match(
        await outcome(page, { url: `https://a.example/x/${resource}/y`, method }),
        /it is no JSON/,
        resource,
      );
});

test('a good status that no document names is an answer that can’t be read, as clients take it for a refusal', async () => {
  const none = '{"value":[]}';
  for (const status of [201, 203, 204, 206]) assert.match(await outcome(none, { status }), /its status is 20/);
  assert.match(await outcome(none, { status: 204, method: 'PUT' }), /its status is 204/);
  assert.equal(await outcome(none, { status: 201, method: 'PUT' }), 'read');
  assert.equal(await outcome('', { status: 204, method: 'DELETE' }), 'read');
  assert.equal(await outcome('', { status: 202 }), 'read');
});
