import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { misfit, readableOnly, type Shape } from '../../ingestion/azure/arm/answers.ts';
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

async function outcome(body: string, { url = asked, status = 200, method = 'GET' as const } = {}): Promise<string> {
  const request = createPipelineRequest({ url, method });
  const response: PipelineResponse = { request, status, headers: createHttpHeaders(), bodyAsText: body };
  try {
    await readableOnly('azure-unreachable').sendRequest(request, async () => response);
    return 'read';
  } catch (error) {
    assert.ok(error instanceof ConnectorError);
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
