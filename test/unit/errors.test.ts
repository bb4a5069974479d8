import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import {
  AggregateAuthenticationError,
  AuthenticationError,
  AuthenticationRequiredError,
  CredentialUnavailableError,
} from '@azure/identity';
import { ConnectorError, packError, unpackError } from '../../ingestion/errors.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';

/** As between threads: only what can be cloned arrives. */
function crossed(error: unknown): Error {
  return unpackError(structuredClone(packError(error)));
}

test('an error crosses to another thread as its reason and evidence, whatever its words are', () => {
  const evidence = { status: 407, subject: 'login.microsoftonline.com', retryAfterMs: 1_500 };
  const arrived = crossed(new ConnectorError('proxy-refused', evidence, new Error('cause')));
  assert.ok(arrived instanceof ConnectorError);
  assert.deepEqual([arrived.reason, arrived.evidence], ['proxy-refused', evidence]);

  const other = crossed(new ConnectorError('azure-forbidden', { text: 'proxy-refused (403): no for example.com' }));
  assert.ok(other instanceof ConnectorError);
  assert.deepEqual([other.reason, other.evidence.status], ['azure-forbidden', undefined]);
});

test('a bug stays a bug on the other side, with its name and stack, though it speaks of reasons', () => {
  const bug = Object.assign(new TypeError('proxy-refused (403): no for example.com'), { client: () => undefined });
  const arrived = crossed(bug);
  assert.ok(!(arrived instanceof ConnectorError));
  assert.deepEqual([arrived.name, arrived.message, arrived.stack], ['TypeError', bug.message, bug.stack]);
  assert.equal(crossed('no error at all').message, 'no error at all');
});

test('each way in which the SDK says that there is no token is known at the edge, and nothing else is taken for it', async () => {
  const answered = (error: unknown) =>
    openIdentity({ http: createDefaultHttpClient(), deadline: realDeadline }, () => ({
      getToken: () => Promise.reject(error),
    }))
      .getToken('https://management.azure.com/.default')
      .catch((caught: unknown) => caught);
  for (const error of [
    new CredentialUnavailableError('there is no token'),
    new AuthenticationRequiredError({ scopes: [], message: 'there is no token' }),
    new AuthenticationError(400, { error: 'invalid_client', error_description: 'there is no token' }),
    new AggregateAuthenticationError([new Error('one')], 'there is no token'),
  ]) {
    const caught = await answered(error);
    assert.ok(caught instanceof ConnectorError, error.name);
    assert.equal(caught.reason, 'identity-failed');
    assert.match(caught.evidence.text ?? '', /there is no token/);
    assert.equal(caught.cause, error);
  }
  const bug = new TypeError('x is not a function');
  assert.equal(await answered(bug), bug);
});
