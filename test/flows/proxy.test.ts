import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TokenCredential } from '@azure/core-auth';
import { ClientSecretCredential } from '@azure/identity';
import { readConfig } from '../../bot/config/config.ts';
import { hintOf } from '../../cards/words/hints.ts';
import { probeSentence } from '../../cards/words/okta-probe.ts';
import { listWorkspaces } from '../../ingestion/azure/access/workspaces.ts';
import { LogsIngestion } from '../../ingestion/azure/logs-ingestion.ts';
import { ConnectorError, type Evidence, packError, unpackError } from '../../ingestion/errors.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';
import { openTimeAndNetwork } from '../../ingestion/runtime/network.ts';
import { readProxies } from '../../ingestion/runtime/proxy.ts';
import type { Runtime, TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import { limitMs } from '../scene/limit.ts';
import { Authority } from '../scene/proxied/authority.ts';
import { InterceptingProxy } from '../scene/proxied/proxy.ts';

let proxy: InterceptingProxy;
before(async () => {
  proxy = await InterceptingProxy.open(await Authority.open());
});
after(() => proxy.close());

const bot = {
  MICROSOFT_APP_ID: '11111111-2222-3333-4444-555555555555',
  MICROSOFT_APP_TENANT_ID: '11111111-2222-3333-4444-555555555556',
  MICROSOFT_APP_PASSWORD: 'secret',
};

test('a proxy that can’t be one stops the start with a sentence that repeats no password', () => {
  for (const [env, said] of [
    [{ HTTPS_PROXY: 'proxy.example.com:3128' }, /HTTPS_PROXY must be the address of a proxy, such as http:\/\//],
    [{ https_proxy: 'http://u:hunter2@' }, /https_proxy must be the address/],
    [{ ALL_PROXY: 'socks5://u:hunter2@proxy.example.com' }, /ALL_PROXY .*only http:\/\/ and https:\/\/ proxies/],
    [{ NODE_EXTRA_CA_CERTS: '/no/such.pem' }, /NODE_EXTRA_CA_CERTS names a file that can’t be read/],
    [{ NODE_EXTRA_CA_CERTS: import.meta.filename }, /NODE_EXTRA_CA_CERTS .*no certificate in PEM form/],
    [{ HTTP_PROXY: 'http://u:hunter2%zz@proxy.example.com' }, /HTTP_PROXY has a user or password .* percent-encoded/],
  ] as const) {
    assert.throws(
      () => readConfig({ ...bot, ...env }),
      ({ message }: Error) => said.test(message) && !message.includes('hunter2'),
    );
  }
  assert.ok(readConfig({ ...bot, HTTPS_PROXY: ' ', NO_PROXY: '*' }).proxies);
});

test('small letters come first, ALL_PROXY stands in, and identity endpoints never go by a proxy', () => {
  const read = (env: Record<string, string>) => readProxies(env).proxies;
  const [one, two] = ['http://one.example:1', 'http://two.example:2'];
  assert.equal(read({ HTTPS_PROXY: one, https_proxy: two }).HTTPS_PROXY, two);
  assert.equal(read({ ALL_PROXY: one, https_proxy: two }).HTTP_PROXY, one);
  assert.equal(read({ HTTP_PROXY: one }).HTTPS_PROXY, undefined, 'as with other programs, it is for http:// only');
  const direct = (
    read({ NO_PROXY: 'okta.com, 10.1.2.3', IDENTITY_ENDPOINT: 'http://msi.local:1/x' }).NO_PROXY ?? ''
  ).split(',');
  for (const entry of ['okta.com', '.okta.com', '10.1.2.3', 'localhost', 'msi.local']) {
    assert.ok(direct.includes(entry), entry);
  }
});

type Ask = { url?: string; timeoutMs?: number; host?: string };

/** What a call to Okta ends in, by this proxy. */
async function faultAtOkta(HTTPS_PROXY: string, { host = 'acme.okta.com', timeoutMs = limitMs }: Ask = {}) {
  const network = openTimeAndNetwork(readProxies({ HTTPS_PROXY }).proxies);
  const url = firstUrl(host, 0, 1);
  return fault(
    fetchPage(network, { domain: host, authorization: { scheme: 'SSWS', token: 't'.repeat(40) }, url, timeoutMs }),
  );
}

async function fault(call: Promise<unknown>): Promise<{ reason: Reason; evidence: Evidence }> {
  const error = await call.then(
    () => assert.fail('no fault'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ConnectorError, String(error));
  return error;
}

test('each way in which a proxy can fail has its reason, and the words for it name the remedy', async () => {
  const { url, password } = proxy.admit((host) => (host === 'acme.okta.com' ? 'http://127.0.0.1:9' : null));
  const wrong = await faultAtOkta(proxy.origin.replace('//', '//somebody:else@'));
  assert.deepEqual([wrong.reason, wrong.evidence.status], ['proxy-refused', 407]);
  assert.match(hintOf('proxy-refused').todo(wrong.evidence).join(), /HTTPS_PROXY .*user:password@host:port/);
  assert.equal((await faultAtOkta(proxy.origin)).evidence.status, 407);

  const closed = await faultAtOkta(url, { host: 'other.okta.com' });
  assert.deepEqual([closed.reason, closed.evidence.status], ['proxy-refused', 403]);
  assert.match(hintOf('proxy-refused').todo(closed.evidence).join(), /other\.okta\.com allowed on the proxy/);
  assert.match(probeSentence('proxy-refused', closed.evidence).text, /does not allow this domain/);

  // This process was not given the proxy's CA.
  const unknown = await faultAtOkta(url);
  assert.deepEqual([unknown.reason, unknown.evidence.subject], ['certificate-unknown', 'acme.okta.com']);
  assert.match(hintOf('certificate-unknown').todo(unknown.evidence).join(), /NODE_EXTRA_CA_CERTS/);

  const gone = await faultAtOkta('http://127.0.0.1:9');
  assert.deepEqual(
    [gone.reason, gone.evidence.text],
    ['okta-unreachable', 'The proxy can’t be reached (ECONNREFUSED).'],
  );
  const misspelt = await faultAtOkta('http://no-such-proxy.invalid:3128');
  assert.equal(misspelt.reason, 'okta-unreachable', 'it is not the domain that is unknown');
  for (const { evidence } of [wrong, closed, unknown, gone]) {
    assert.doesNotMatch(JSON.stringify(evidence), new RegExp(`${password}|else`));
  }
});

/** A runtime environment by this proxy. */
function runtimeBy(HTTPS_PROXY: string, credential?: (network: TimeAndNetwork) => TokenCredential): Runtime {
  const network = openTimeAndNetwork(readProxies({ HTTPS_PROXY }).proxies);
  const given: TokenCredential = { getToken: async () => ({ token: 'x', expiresOnTimestamp: Date.now() + 1e6 }) };
  return { ...network, credential: credential?.(network) ?? given, cloud: clouds.public };
}

const rule = {
  id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/r',
  immutableId: 'dcr-1',
  endpoint: 'https://rule.westeurope-1.ingest.monitor.azure.com',
} as ConstructorParameters<typeof LogsIngestion>[1];

test('what the proxy refuses on the way to Azure and to Entra is not taken for theirs', async () => {
  const { url } = proxy.admit(() => null);
  const soon = AbortSignal.timeout(limitMs);
  const arm = await fault(listWorkspaces(runtimeBy(url), soon));
  assert.deepEqual([arm.reason, arm.evidence.subject], ['proxy-refused', 'management.azure.com']);
  const { signal } = new AbortController();
  const upload = await new LogsIngestion(runtimeBy(url), rule).upload(Buffer.from('[]'), { signal });
  assert.ok(upload.kind === 'failed');
  assert.deepEqual([upload.error.reason, upload.error.lost, upload.calls], ['proxy-refused', false, 1]);

  const tenant = bot.MICROSOFT_APP_TENANT_ID;
  const runtime = runtimeBy(url, (network) =>
    openIdentity(
      network,
      (http) => new ClientSecretCredential(tenant, bot.MICROSOFT_APP_ID, 'secret', { httpClient: http }),
    ),
  );
  const entra = await fault(listWorkspaces(runtime, soon));
  assert.deepEqual([entra.reason, entra.evidence.subject], ['proxy-refused', 'login.microsoftonline.com']);
  const crossed = unpackError(structuredClone(packError(entra)));
  assert.ok(crossed instanceof ConnectorError && crossed.evidence.status === 403, 'threads tell each other too');
});

test('a proxy that says nothing is given up, and Okta or Azure is said to be unreachable', async (t) => {
  proxy.silent = true;
  t.after(() => {
    proxy.silent = false;
  });
  const { url } = proxy.admit(() => null);
  const [okta, arm] = await Promise.all([
    faultAtOkta(url, { timeoutMs: 300 }),
    fault(listWorkspaces(runtimeBy(url), AbortSignal.timeout(300))),
  ]);
  assert.equal(okta.reason, 'okta-unreachable');
  assert.equal(arm.reason, 'azure-unreachable');
});

test('a token goes to no private address, and what is reached directly is no exception', async () => {
  for (const env of [{}, { HTTPS_PROXY: proxy.admit(() => null).url, NO_PROXY: 'localhost' }]) {
    const network = openTimeAndNetwork(readProxies(env).proxies);
    const url = firstUrl('localhost', 0, 1);
    const { reason } = await fault(
      fetchPage(network, { domain: 'localhost', authorization: { scheme: 'SSWS', token: 't'.repeat(40) }, url }),
    );
    assert.equal(reason, 'domain-refused');
  }
});

test('a virtual machine’s identity endpoint is not asked by the proxy', async () => {
  const { url } = proxy.admit(() => null);
  const { http } = openTimeAndNetwork(readProxies({ HTTPS_PROXY: url, HTTP_PROXY: url }).proxies);
  const { createPipelineRequest } = await import('@azure/core-rest-pipeline');
  const ask = (address: string) =>
    http.sendRequest(createPipelineRequest({ url: address, allowInsecureConnection: true, timeout: 200 }));
  const own = ['http://169.254.169.254/metadata/identity/oauth2/token', 'http://127.0.0.1:9/', 'http://localhost:9/'];
  await Promise.allSettled(own.map(ask));
  assert.deepEqual(proxy.plain, []);
});
