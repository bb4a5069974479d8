import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDefaultHttpClient, createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { CredentialUnavailableError } from '@azure/identity';
import { azure } from '../../ingestion/azure/arm/client.ts';
import { reasonOf, refusalOf } from '../../ingestion/azure/arm/refusal.ts';
import { uploadRefusal } from '../../ingestion/azure/upload-refusal.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
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
  const wrapped = (levels: number): object =>
    levels === 0 ? { code: 'ScopeLocked' } : { code: 'Outer', details: [wrapped(levels - 1)] };
  assert.equal(answered(400, { error: wrapped(10) }).reason, 'scope-locked');
  assert.equal(answered(400, { error: wrapped(11) }).reason, 'azure-refused', 'nobody hides it so deep');
  // Some providers leave the wrapper out.
  assert.equal(answered(404, { code: 'ResourceGroupNotFound', message: 'gone' }).reason, 'workspace-gone');
  assert.equal(answered(409, { error: { code: 'ResourceQuotaExceeded', message: 'full' } }).reason, 'azure-limit');
});

test('a redirection that leads nowhere is no word of Azure’s', () => {
  assert.equal(answered(302, '<html>Sign in to the guest network</html>').reason, 'azure-unreachable');
  assert.equal(answered(404, '<html>').reason, 'azure-refused');
});

test('Azure’s codes say what is to be done, whatever the status', () => {
  const rows: [code: string, reason: Reason][] = [
    ['RequestDisallowedByPolicy', 'policy-denies'],
    ['ScopeLocked', 'scope-locked'],
    ['DenyAssignmentAuthorizationFailed', 'assignment-denies'],
    ['MissingSubscriptionRegistration', 'provider-unregistered'],
    ['NoRegisteredProviderFound', 'provider-unregistered'],
    ['SubscriptionNotRegistered', 'provider-unregistered'],
    ['ReadOnlyDisabledSubscription', 'subscription-disabled'],
    ['ResourceNotFound', 'workspace-gone'],
    ['ParentResourceNotFound', 'workspace-gone'],
    ['ResourceGroupNotFound', 'workspace-gone'],
    ['ResourceGroupBeingDeleted', 'workspace-gone'],
    ['SubscriptionNotFound', 'workspace-gone'],
    ['LocationNotAvailableForResourceType', 'region-unfit'],
    ['Conflict', 'azure-busy'],
    ['AnotherOperationInProgress', 'azure-busy'],
    ['InvalidOutputTable', 'azure-busy'],
    ['PrincipalNotFound', 'azure-busy'],
    ['RoleAssignmentExists', 'azure-busy'],
    ['InvalidTransformQuery', 'azure-refused'],
    ['OperationNotFound', 'operation-failed'],
    ['RoleAssignmentLimitExceeded', 'azure-limit'],
    ['QuotaExceeded', 'azure-limit'],
    ['DataCollectionRulesLimitReached', 'azure-limit'],
    ['TableQuotaReached', 'azure-limit'],
  ];
  for (const [code, reason] of rows) {
    assert.equal(reasonOf(code), reason, code);
    for (const status of [400, 403, 404, 409, 503])
      assert.equal(answered(status, { error: { code, message: '' } }).reason, reason, `${code} ${status}`);
    assert.equal(answered(429, { error: { code, message: '' } }).reason, 'azure-throttled', 'a 429 passes');
  }
  for (const code of [undefined, '', 'BadRequest', 'LimitExceededTwice', 'Exceeded', 'conflict'])
    assert.equal(reasonOf(code), undefined, code);
});

test('without a code that tells more, the status decides', () => {
  const rows: [status: number, code: string | undefined, reason: Reason][] = [
    [400, 'BadRequest', 'azure-refused'],
    [401, 'ExpiredAuthenticationToken', 'identity-failed'],
    [403, 'AuthorizationFailed', 'azure-forbidden'],
    [404, 'WorkspaceNotFound', 'workspace-gone'],
    [404, undefined, 'azure-refused'],
    [404, '', 'azure-refused'],
    [409, 'Whatever', 'azure-refused'],
    [499, undefined, 'azure-refused'],
    [500, 'InternalServerError', 'azure-unreachable'],
    [599, undefined, 'azure-unreachable'],
  ];
  for (const [status, code, reason] of rows)
    assert.equal(answered(status, { error: { code, message: 'x' } }).reason, reason, `${status} ${code}`);
});

test('the evidence is the code and words of the entry that tells most, cut to 300 letters, and the request’s id', () => {
  const entry = (code: unknown, message: unknown, details?: unknown) => ({ code, message, details });
  const of = (body: unknown, headers = {}) => answered(400, { error: body }, headers).evidence;
  assert.deepEqual(of(entry('A', 'one')), { status: 400, code: 'A', text: 'one' });
  assert.deepEqual(of(entry('A', 'one', [entry('B', 'two')])), { status: 400, code: 'A', text: 'one' });
  const deep = entry('A', 'one', [entry('B', 'two', [entry('Conflict', 'three')]), entry('QuotaExceeded', 'four')]);
  assert.deepEqual(of(deep), { status: 400, code: 'Conflict', text: 'three' });
  assert.deepEqual(of(entry('ScopeLocked', 'one', [entry('Conflict', 'two')])), {
    status: 400,
    code: 'ScopeLocked',
    text: 'one',
  });
  assert.deepEqual(of(entry(7, 8)), { status: 400, text: '' });
  assert.deepEqual(of(entry('', 'one')), { status: 400, text: 'one' });
  assert.equal(of(entry('A', `${'x'.repeat(299)}yz`)).text, `${'x'.repeat(299)}y`);
  const ids = { 'x-ms-request-id': 'r', 'x-ms-correlation-request-id': 'c' };
  assert.equal(of({}, ids).requestId, 'r');
  assert.equal(of({}, { 'x-ms-correlation-request-id': 'c' }).requestId, 'c');
  const { status } = answered(503, '', { 'retry-after': '7' }).evidence;
  assert.equal(status, 503);
  const request = createPipelineRequest({ url: 'https://management.azure.com' });
  assert.equal(refusalOf({ status: 500, headers: createHttpHeaders(), request }, now).reason, 'azure-unreachable');
});

test('what the sentence is about is taken from Azure’s words', () => {
  const rows: [code: string, message: string, subject: string | undefined][] = [
    ['ScopeLocked', "The scope(s) are locked: '/subscriptions/s/rg'. Remove the lock.", '/subscriptions/s/rg'],
    ['ScopeLocked', 'The scope is locked.', undefined],
    [
      'DenyAssignmentAuthorizationFailed',
      "has permission, but is denied by the deny assignment with name 'Managed app' and Id 'd'.",
      'Managed app',
    ],
    [
      'MissingSubscriptionRegistration',
      "The subscription is not registered to use namespace 'Microsoft.Insights'. See https://aka.ms/rps.",
      'Microsoft.Insights',
    ],
    ['NoRegisteredProviderFound', "No provider for 'Microsoft.Insights/dataCollectionRules'.", 'Microsoft.Insights'],
    ['SubscriptionNotRegistered', "No 'Microsoft_Insights' and 'Other.Name'.", undefined],
    [
      'LocationNotAvailableForResourceType',
      "The provided location 'brazilus' is not available for resource type 'x'.",
      'brazilus',
    ],
    ['Conflict', "locked: 'x' location 'y' 'Microsoft.Insights'", undefined],
  ];
  for (const [code, message, subject] of rows)
    assert.equal(answered(400, { error: { code, message } }).evidence.subject, subject, message);
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

test('of the names of a policy the one is told that people see, and each once', () => {
  const named = (...infos: unknown[]) => {
    const error = { code: 'RequestDisallowedByPolicy', message: '', additionalInfo: infos };
    return answered(403, { error }).evidence.subject;
  };
  const all = { policyAssignmentDisplayName: 'A', policyAssignmentName: 'B', policyDefinitionDisplayName: 'C' };
  const rows: [unknown[], string | undefined][] = [
    [[{ info: all }], 'A'],
    [[{ info: { ...all, policyAssignmentDisplayName: '' } }], 'B'],
    [[{ info: { ...all, policyAssignmentDisplayName: 7, policyAssignmentName: undefined } }], 'C'],
    [[{ info: all }, { info: { policyAssignmentName: 'A' } }, { info: { policyAssignmentName: 'D' } }], 'A, D'],
    [[{ info: {} }], undefined],
    [['A', 7, null, { info: null }], undefined],
    [[], undefined],
  ];
  for (const [infos, subject] of rows) assert.equal(named(...infos), subject, JSON.stringify(infos));
  const error = { code: 'RequestDisallowedByPolicy', message: '', additionalInfo: { info: all } };
  assert.equal(answered(403, { error }).evidence.subject, undefined, 'no list');
  const other = { code: 'ScopeLocked', message: '', additionalInfo: [{ info: all }] };
  assert.equal(answered(409, { error: other }).evidence.subject, undefined, 'no policy');
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

test('an upload that is refused for good is told by its status, and a 403 by what Azure says of it', () => {
  const dcr =
    '/subscriptions/s/resourceGroups/rg-firewall/providers/Microsoft.Insights/dataCollectionRules/private-link';
  const noRole = `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id 'dcr-1' PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, IsDcrDceBindingValid: , DcrArmId: ${dcr}, Message: Required authorization action was not found.`;
  const rows: [status: number, code: string | undefined, text: string | undefined, Reason | null][] = [
    [401, undefined, undefined, 'identity-failed'],
    [404, 'NotFound', "Stream 's' was not found.", 'rule-missing'],
    [400, 'InvalidStream', 'The stream is not configured.', 'rule-missing'],
    [400, 'InvalidPayload', 'Not an array.', null],
    [413, 'ContentLengthLimitExceeded', undefined, null],
    [429, undefined, undefined, null],
    [503, undefined, undefined, null],
    [403, undefined, undefined, 'role-missing'],
    [403, 'OperationFailed', noRole, 'role-missing'],
    [403, 'OperationFailed', 'Something new.', 'role-missing'],
    [403, 'OperationFailed', `Denied on ${dcr}`, 'role-missing'],
    [403, 'Forbidden', 'Public network access to the workspace is disabled.', 'network-closed'],
    [403, 'PublicNetworkAccessDisabled', undefined, 'network-closed'],
    [403, 'InaccessibleFromPublicNetwork', 'Denied.', 'network-closed'],
    [403, 'Forbidden', 'Use a private link to reach it.', 'network-closed'],
    [403, 'Forbidden', 'Access is allowed through private endpoints only.', 'network-closed'],
    [403, 'AuthorizationFailure', 'Denied by the network security perimeter.', 'network-closed'],
    [403, 'NspDenied', 'Traffic is denied by NSP rules.', 'network-closed'],
    [403, 'ForbiddenByFirewall', 'Client address is not authorized.', 'network-closed'],
    [403, 'ForbiddenByConnection', undefined, 'network-closed'],
    [403, 'Forbidden', 'The client IP address 20.1.2.3 may not call.', 'network-closed'],
    [403, 'RequestDisallowedByPolicy', 'Resource was disallowed by policy.', 'policy-denies'],
  ];
  for (const [status, code, text, reason] of rows) {
    const evidence = { status, ...(code && { code }), ...(text && { text: text.slice(0, 300) }) };
    assert.equal(uploadRefusal(evidence), reason, JSON.stringify(evidence));
  }
});
