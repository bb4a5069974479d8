import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import { AzureSim } from '../azure.ts';
import { simulatedIdentity } from '../credential.ts';
import { loopback } from '../network.ts';
import type { KeyVault } from './vault.ts';

let azure: AzureSim;
let vault: KeyVault;
let client: SecretClient;
const url = 'https://vault-one.vault.azure.net';
let now = Date.now();

before(async () => {
  azure = await AzureSim.open({ now: () => now });
  vault = azure.addVault('vault-one', azure.addSubscription('Security'), 'soc');
  azure.grant(azure.identity.principalId, 'Key Vault Secrets Officer', vault.id);
  client = opened();
});
after(() => azure.close());

function opened(to = url): SecretClient {
  const options = { httpClient: loopback(() => azure.url), retryOptions: { maxRetries: 0 } };
  return new SecretClient(to, simulatedIdentity(azure), options);
}

/** What the service says when it refuses. */
async function refused(call: PromiseLike<unknown>): Promise<[status?: number, code?: string, inner?: string]> {
  const error = await Promise.resolve(call).then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) =>
      thrown as { statusCode: number; code: string; details: { error: { innerError?: { code: string } } } },
  );
  return [error.statusCode, error.code, error.details.error.innerError?.code];
}

test("a secret lives as Microsoft's client expects: challenge, versions, attributes, soft delete, recovery, purge", async () => {
  const first = await client.setSecret('okta-one', 'a', { contentType: 'text', tags: { product: 'Patchbay' } });
  const [challenged, set] = azure.requests.filter(({ host }) => host.startsWith('vault-one'));
  assert.deepEqual(
    [challenged?.status, challenged?.bytes, set?.status],
    [401, 0, 200],
    'no value before the challenge',
  );
  assert.equal(set?.body, undefined, 'no value in the record');
  assert.match(first.properties.version ?? '', /^[0-9a-f]{32}$/);
  for (const value of ['b', 'c']) await client.setSecret('okta-one', value);
  assert.equal((await client.getSecret('OKTA-ONE')).value, 'c');
  const old = await client.getSecret('okta-one', { version: first.properties.version ?? '' });
  assert.deepEqual(
    [old.value, old.properties.tags, old.properties.recoveryLevel],
    ['a', { product: 'Patchbay' }, 'Recoverable+Purgeable'],
  );
  let listed = 0;
  for await (const each of client.listPropertiesOfSecretVersions('okta-one')) listed += each.enabled ? 1 : 0;
  assert.equal(listed, 3);
  await client.updateSecretProperties('okta-one', first.properties.version ?? '', { enabled: false });
  const disabled = client.getSecret('okta-one', { version: first.properties.version ?? '' });
  assert.deepEqual(await refused(disabled), [403, 'Forbidden', 'SecretDisabled']);

  vault.deletionMs = 5_000;
  const poller = await client.beginDeleteSecret('okta-one');
  assert.equal(poller.isDone(), false);
  assert.deepEqual(await refused(client.setSecret('okta-one', 'd')), [409, 'Conflict', 'ObjectIsBeingDeleted']);
  assert.deepEqual(await refused(client.purgeDeletedSecret('okta-one')), [409, 'Conflict', 'ObjectIsBeingDeleted']);
  now += 6_000;
  const gone = await client.getDeletedSecret('okta-one');
  const days = (Number(gone.scheduledPurgeDate) - Number(gone.deletedOn)) / 86_400_000;
  assert.deepEqual([days, gone.recoveryId], [90, `${url}/deletedsecrets/okta-one`]);
  assert.deepEqual(await refused(client.setSecret('okta-one', 'd')), [
    409,
    'Conflict',
    'ObjectIsDeletedButRecoverable',
  ]);
  assert.deepEqual(await refused(client.getSecret('okta-one')), [404, 'SecretNotFound', undefined]);
  vault.deletionMs = 0;
  await client.beginRecoverDeletedSecret('okta-one');
  assert.equal((await client.getSecret('okta-one')).value, 'c');

  await client.beginDeleteSecret('okta-one');
  vault.purgeProtection = true;
  assert.deepEqual(await refused(client.purgeDeletedSecret('okta-one')), [403, 'Forbidden', undefined]);
  vault.purgeProtection = false;
  await client.purgeDeletedSecret('okta-one');
  assert.equal(vault.secrets.size, 0);
  assert.deepEqual(await refused(client.purgeDeletedSecret('okta-one')), [404, 'SecretNotFound', undefined]);
  assert.deepEqual(azure.unexpected, []);
});

test('each deed needs its own data action, the firewall and access policies come before it', async () => {
  const { principalId } = azure.identity;
  await client.setSecret('okta-two', 'a');
  azure.revoke(principalId);
  assert.deepEqual(await refused(client.getSecret('okta-two')), [403, 'Forbidden', 'ForbiddenByRbac']);
  azure.grant(principalId, 'Key Vault Secrets User', vault.id);
  assert.equal((await client.getSecret('okta-two')).value, 'a');
  for (const call of [client.setSecret('okta-two', 'b'), client.beginDeleteSecret('okta-two')])
    assert.deepEqual(await refused(call), [403, 'Forbidden', 'ForbiddenByRbac']);
  azure.grant(principalId, 'Key Vault Secrets Officer', vault.id);
  vault.open = false;
  assert.deepEqual(await refused(client.getSecret('okta-two')), [403, 'Forbidden', 'ForbiddenByFirewall']);
  vault.open = true;
  vault.rbac = false;
  assert.deepEqual(await refused(client.getSecret('okta-two')), [403, 'Forbidden', 'ForbiddenByPolicy']);
  vault.rbac = true;
});

test('a token for another service is refused, and what no vault knows is noted', async () => {
  const { principalId } = azure.identity;
  const call = loopback(() => azure.url);
  const send = (path: string, audience: string) =>
    call.sendRequest(
      createPipelineRequest({
        url: `${url}${path}`,
        headers: createHttpHeaders({ authorization: `Bearer ${azure.tokenFor(principalId, audience)}` }),
      }),
    );
  assert.equal((await send('/secrets/okta-two?api-version=7.6', 'https://management.azure.com')).status, 401);
  const known = azure.unexpected.length;
  assert.equal((await send('/secrets/okta-two?api-version=1.0', 'https://vault.azure.net')).status, 400);
  assert.equal((await send('/secrets/okta_two?api-version=7.6', 'https://vault.azure.net')).status, 404);
  assert.equal(azure.unexpected.length, known + 2);
});
