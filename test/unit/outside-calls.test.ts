import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import { listWorkspaces } from '../../ingestion/azure/access/workspaces.ts';
import { Vault } from '../../ingestion/azure/key-vault.ts';
import { LogsIngestion } from '../../ingestion/azure/logs-ingestion.ts';
import { queryWorkspace } from '../../ingestion/azure/workspace-query.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { requestAccessToken } from '../../ingestion/okta/access-token.ts';
import { makeKey } from '../../ingestion/okta/key-pair.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';

/** How every call goes wrong: an answer with a status, the code of a fault of the network, or nothing. */
type Failure = number | string | null;

const now = Date.parse('2026-03-02T09:00:00Z');
const { signal } = new AbortController();
const guid = '22222222-2222-4222-8222-222222222222';

/** Where every call meets `failure`, and no time passes but that which is waited for in vain. */
function failing(failure: Failure): Runtime {
  const http: HttpClient = {
    async sendRequest(request) {
      if (failure === null) throw Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' });
      if (typeof failure === 'string') throw new RestError(`${failure} (made)`, { code: failure, request });
      const headers = createHttpHeaders({ 'content-type': 'application/json' });
      return { request, status: failure, headers, bodyAsText: '{"error":{"code":"Made","message":"made"}}' };
    },
  };
  return {
    now: () => now,
    sleep: async () => undefined,
    deadline: () => ({ signal, leftMs: () => 30_000 }),
    http,
    metrics: openMetrics(),
    credential: { getToken: async () => ({ token: 'x.x.x', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    cloud: clouds.public,
  };
}

const rule = { id: '/x', immutableId: 'dcr-1', endpoint: 'https://soc.westeurope-1.ingest.monitor.azure.com' };
const calls = {
  page: async (runtime: Runtime) => {
    const answer = await fetchPage(runtime, {
      domain: 'acme.okta.com',
      authorization: { scheme: 'SSWS', token: 'x' },
      url: firstUrl('acme.okta.com', now),
    });
    return answer.kind === 'limited' ? 'waits' : 'a page';
  },
  token: (runtime: Runtime) =>
    requestAccessToken(runtime, { domain: 'acme.okta.com', clientId: '0oa1', key: makeKey(now), timeoutMs: 10_000 }),
  upload: async (runtime: Runtime) => {
    const result = await new LogsIngestion(runtime, rule).upload(Buffer.from('x'), { signal });
    return result.kind === 'failed' ? result.error.reason : result.kind;
  },
  manager: (runtime: Runtime) => listWorkspaces(runtime, signal),
  query: (runtime: Runtime) =>
    queryWorkspace(runtime, { customerId: guid }, { query: 'T', columns: {}, days: 1, signal }),
  vault: (runtime: Runtime) => new Vault(runtime, 'https://patchbay.vault.azure.net').get('okta-x', 'v1'),
} satisfies Record<string, (runtime: Runtime) => Promise<unknown>>;

type Call = keyof typeof calls;
const names = Object.keys(calls) as Call[];

async function outcome(call: Call, failure: Failure): Promise<string> {
  try {
    return String(await calls[call](failing(failure)));
  } catch (error) {
    return error instanceof ConnectorError ? error.reason : `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const okta = 'okta-unreachable';
const azure = 'azure-unreachable';
const vault = 'vault-unreachable';

/** What each call makes of each failure, in the order page, token, upload, manager, query, vault. */
const matrix: [Failure, ...string[]][] = [
  [null, okta, okta, azure, azure, azure, vault],
  ['ECONNRESET', okta, okta, azure, azure, azure, vault],
  ['ECONNREFUSED', okta, okta, azure, azure, azure, vault],
  ['ETIMEDOUT', okta, okta, azure, azure, azure, vault],
  ['EAI_AGAIN', okta, okta, azure, azure, azure, vault],
  ['ENOTFOUND', 'domain-unknown', 'domain-unknown', azure, azure, azure, 'vault-unknown'],
  // Of something in between, which answers for a service that it never asked.
  [200, 'okta-answer-unusable', 'okta-answer-unusable', azure, azure, azure, vault],
  [201, okta, okta, azure, azure, azure, vault],
  [202, okta, okta, azure, azure, azure, 'vault-refused'],
  [203, okta, okta, azure, azure, azure, vault],
  [206, okta, okta, azure, azure, azure, vault],
  [302, 'domain-refused', 'domain-refused', azure, azure, azure, 'vault-refused'],
  [400, 'okta-request-refused', 'okta-request-refused', 'refused', 'azure-refused', 'azure-refused', 'vault-refused'],
  [401, 'token-refused', 'app-refused', 'identity-failed', 'identity-failed', 'identity-failed', 'identity-failed'],
  [
    403,
    'token-not-permitted',
    'app-not-permitted',
    'role-missing',
    'azure-forbidden',
    'azure-forbidden',
    'vault-forbidden',
  ],
  [404, 'domain-unknown', 'domain-unknown', 'rule-missing', 'workspace-gone', 'workspace-gone', 'key-deleted'],
  [405, okta, okta, azure, 'azure-refused', 'azure-refused', 'vault-refused'],
  [408, okta, okta, azure, 'azure-refused', 'azure-refused', 'vault-refused'],
  [409, okta, okta, azure, 'azure-refused', 'azure-refused', 'vault-refused'],
  [410, 'cursor-refused', okta, azure, 'azure-refused', 'azure-refused', 'vault-refused'],
  [412, okta, okta, azure, 'azure-refused', 'azure-refused', 'vault-refused'],
  [413, okta, okta, 'refused', 'azure-refused', 'azure-refused', 'vault-refused'],
  [429, 'waits', 'rate-limited', 'azure-throttled', 'azure-throttled', 'azure-throttled', 'vault-throttled'],
  [500, okta, okta, azure, azure, azure, vault],
  [502, okta, okta, azure, azure, azure, vault],
  [503, okta, okta, azure, azure, azure, vault],
  [504, okta, okta, azure, azure, azure, vault],
];

test('every failure of every call to Okta and Azure is a reason', async () => {
  const made = await Promise.all(
    matrix.map(async ([failure]) => [failure, ...(await Promise.all(names.map((call) => outcome(call, failure))))]),
  );
  for (const [index, row] of matrix.entries()) assert.deepEqual(made[index], row);
});
