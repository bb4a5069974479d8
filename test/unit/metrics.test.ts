import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../../ingestion/runtime/calls.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import { WriteProbe } from '../../ingestion/store/probe.ts';

const hosts: [host: string, kind: string][] = [
  ['acme.okta.com', 'okta'],
  ['login.acme.example', 'okta'],
  ['management.azure.com', 'manager'],
  ['management.usgovcloudapi.net', 'manager'],
  ['acme-x1.westeurope-1.ingest.monitor.azure.com', 'upload'],
  ['api.loganalytics.azure.cn', 'query'],
  ['soc.vault.azure.net', 'vault'],
  ['login.microsoftonline.com', 'identity'],
  ['169.254.169.254', 'identity'],
  ['smba.trafficmanager.net', 'teams'],
  ['login.botframework.com', 'teams'],
  ['westeurope-5.in.applicationinsights.azure.com', 'telemetry'],
];

test('every host that is called counts as one of eight', () => {
  for (const [host, kind] of hosts) assert.equal(kindOf(host), kind, host);
});

test('what other threads have counted is in the sum, and what nobody has counted is not there', async () => {
  const [here, there] = [openMetrics(), openMetrics()];
  here.retries.inc({ of: 'vault' });
  there.retries.inc({ of: 'vault' }, 2);
  there.polls.observe({ outcome: 'good' }, 3);
  const text = await here.text([structuredClone(await there.read())]);
  assert.match(text, /^patchbay_retries_total\{of="vault"\} 3$/m);
  assert.match(text, /^patchbay_poll_lateness_seconds_count\{outcome="good"\} 1$/m);
  assert.doesNotMatch(text, /^patchbay_card/m);
});

test('a store that nobody can reach is away', async () => {
  const probe = new WriteProbe({ connectionString: 'postgres://nobody@127.0.0.1:1/nothing' });
  assert.equal((await probe.ask())?.why, 'away');
  await probe.close();
});
