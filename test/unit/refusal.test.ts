import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { CredentialUnavailableError } from '@azure/identity';
import { azure } from '../../ingestion/azure/arm/client.ts';
import { refusalOf } from '../../ingestion/azure/arm/refusal.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';

const now = Date.parse('2026-03-02T14:00:00Z');

function answered(status: number, body: unknown, headers: Record<string, string> = {}): ConnectorError {
  const bodyAsText = typeof body === 'string' ? body : JSON.stringify(body);
  const request = createPipelineRequest({ url: 'https://management.azure.com' });
  return refusalOf({ status, headers: createHttpHeaders(headers), bodyAsText, request }, now);
}

test('the reason is the one of the most telling code, however deep Azure hides it', () => {
  const deep = {
    error: {
      code: 'InvalidTemplateDeployment',
      message: 'See inner errors.',
      details: [
        { code: 'BadRequest', message: 'Something.' },
        { code: 'Outer', details: [{ code: 'ScopeLocked', message: "scope(s) are locked: '/subscriptions/s'." }] },
      ],
    },
  };
  const { reason, evidence } = answered(400, deep);
  assert.equal(reason, 'scope-locked');
  assert.deepEqual([evidence.code, evidence.subject], ['ScopeLocked', '/subscriptions/s']);
  // Some providers leave the wrapper out.
  assert.equal(answered(404, { code: 'ResourceGroupNotFound', message: 'gone' }).reason, 'workspace-gone');
  assert.equal(answered(409, { error: { code: 'ResourceQuotaExceeded', message: 'full' } }).reason, 'azure-limit');
});

test('what is not in Azure’s form is judged by its status, and nothing in it can fail the judge', () => {
  const reasons = [401, 403, 404, 409, 429, 500, 503].map((status) => answered(status, '<html>').reason);
  assert.deepEqual(reasons, [
    'identity-failed',
    'azure-forbidden',
    'azure-refused',
    'azure-refused',
    'azure-throttled',
    'azure-unreachable',
    'azure-unreachable',
  ]);
  const strange = [null, 'text', 7, [], { error: null }, { error: { code: 7, details: 'none' } }, { error: 'no' }];
  for (const body of strange) assert.equal(answered(400, JSON.stringify(body)).reason, 'azure-refused');
  const policy = { code: 'RequestDisallowedByPolicy', message: 'no', additionalInfo: [null, { info: 'none' }] };
  assert.equal(answered(403, { error: policy }).evidence.subject, undefined);
});

test('a policy is named by its assignment, from the details or from the sentence', () => {
  const info = (names: object) => ({ type: 'PolicyViolation', info: names });
  const error = {
    code: 'RequestDisallowedByPolicy',
    message: 'Resource was disallowed by policy.',
    additionalInfo: [
      info({ policyAssignmentDisplayName: 'Allowed locations', policyDefinitionDisplayName: 'Locations' }),
      info({ policyAssignmentName: 'tags' }),
      info({ policyAssignmentName: 'tags' }),
    ],
  };
  assert.equal(answered(403, { error }).evidence.subject, 'Allowed locations, tags');
  const message = `Policy identifiers: '[{"policyAssignment":{"name":"Only EU","id":"/x"}}]'.`;
  assert.equal(answered(403, { error: { code: error.code, message } }).evidence.subject, 'Only EU');
});

test('how long Azure wants to rest is read as seconds or as a date, and anything else is not believed', () => {
  const waits = ['7', '0', 'Mon, 02 Mar 2026 14:01:00 GMT', 'Mon, 02 Mar 2026 13:00:00 GMT', 'soon', '-5', '1e3'];
  const read = waits.map((wait) => answered(429, '', { 'retry-after': wait }).evidence.retryAfterMs);
  assert.deepEqual(read.slice(0, 5), [7000, 0, 60_000, 0, undefined]);
  for (const wait of read.slice(5)) assert.ok(wait === undefined || wait === 0);
});

test('whatever a client of Azure throws for Azure’s sake becomes a reason; a bug of ours stays a bug', async () => {
  const thrown = (error: unknown) => azure(() => Promise.reject(error)).catch((caught: unknown) => caught);
  const reasonOf = async (error: unknown) => {
    const caught = await thrown(error);
    return caught instanceof ConnectorError ? [caught.reason, caught.evidence.code] : caught;
  };
  const identity = openIdentity({ http: createDefaultHttpClient(), deadline: realDeadline }, () => ({
    getToken: () => Promise.reject(new CredentialUnavailableError('no endpoint')),
  }));
  const noToken = await identity.getToken('https://management.azure.com/.default').catch((caught: unknown) => caught);
  assert.deepEqual(await reasonOf(noToken), ['identity-failed', undefined]);
  const failed = 'The long-running operation has failed';
  assert.deepEqual(await reasonOf(new Error(failed)), ['operation-failed', undefined]);
  assert.deepEqual(await reasonOf(new Error(`${failed}. TableQuotaExceeded. Too many.`)), [
    'azure-limit',
    'TableQuotaExceeded',
  ]);
  assert.deepEqual(await reasonOf(new Error('Operation was canceled')), ['operation-failed', 'Canceled']);
  assert.deepEqual(await reasonOf(new Error('Polling was unsuccessful. Expected status')), [
    'operation-failed',
    undefined,
  ]);
  const bug = new TypeError('x is not a function');
  assert.equal(await reasonOf(bug), bug);
});
