import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import { apiVersions } from '../../ingestion/azure/arm/api-versions.ts';

const table = '/subscriptions/s/providers/Microsoft.OperationalInsights/workspaces/w/tables/t';

/** The versions that were asked for, one call after the other, where a call by any but those of `had` is refused with `refusal`. */
async function asked(had: string[], refusal: { status: number; body: unknown }, calls: string[]): Promise<string[]> {
  const versions: string[] = [];
  const http = {} as HttpClient;
  for (const path of calls) {
    const request = createPipelineRequest({ url: `https://management.azure.com${path}?api-version=2025-07-01&x=1` });
    await apiVersions({ http }).sendRequest(request, async (sent) => {
      const version = new URL(sent.url).searchParams.get('api-version') ?? '';
      assert.equal(new URL(sent.url).searchParams.get('x'), '1');
      versions.push(version);
      const known = had.includes(version);
      const headers = createHttpHeaders();
      return {
        request: sent,
        headers,
        status: known ? 200 : refusal.status,
        bodyAsText: JSON.stringify(known ? {} : refusal.body),
      };
    });
  }
  return versions;
}

const says = (code: string, list: string) => ({
  status: 400,
  body: {
    error: {
      code,
      message: `No registered resource provider found for location ''. The supported api-versions are '${list}'. The supported locations are 'x'.`,
    },
  },
});

test('a version that a cloud does not have is asked for once for each kind of resource, then the newest finished one before it', async () => {
  const list = '2020-08-01, 2022-10-01,2023-09-01-preview, 2026-01-01';
  const other = '/subscriptions/s/providers/Microsoft.OperationalInsights/workspaces/w/savedSearches/q';
  const versions = await asked(['2022-10-01'], says('NoRegisteredProviderFound', list), [table, table, other]);
  assert.deepEqual(versions, ['2025-07-01', '2022-10-01', '2022-10-01', '2025-07-01', '2022-10-01']);
});

test('what is known of one type goes for whatever it is called, and for no other below it', async () => {
  const workspace = '/subscriptions/s/providers/Microsoft.OperationalInsights/workspaces';
  const list = says('InvalidResourceType', '2022-10-01');
  const versions = await asked(['2022-10-01'], list, [
    `${workspace}/a/tables/t`,
    `${workspace}/b/tables/u`,
    `${workspace}/b`,
  ]);
  assert.deepEqual(versions, ['2025-07-01', '2022-10-01', '2022-10-01', '2025-07-01', '2022-10-01']);
});

test('the other sentence in which Azure lists its versions is read too, and what is refused again is not kept', async () => {
  const message = "The api-version '2025-07-01' is invalid. The supported versions are '2024-01-01,2022-10-01'.";
  const refusal = { status: 400, body: { error: { code: 'InvalidApiVersionParameter', message } } };
  assert.deepEqual(await asked(['2024-01-01'], refusal, [table]), ['2025-07-01', '2024-01-01']);
  assert.deepEqual(await asked([], refusal, [table, table]), ['2025-07-01', '2024-01-01', '2025-07-01', '2024-01-01']);
});

test('a refusal for anything else, or that offers nothing finished of before, stands after one call', async () => {
  const rows = [
    says('InvalidResourceType', '2026-01-01, 2023-01-01-preview'),
    says('InvalidResourceType', ''),
    says('MissingSubscriptionRegistration', '2020-08-01'),
    { status: 400, body: { error: { code: 'InvalidResourceType', message: 'no list' } } },
    { status: 400, body: { error: { code: 7, message: null } } },
    { status: 400, body: null },
    { status: 500, body: says('InvalidResourceType', '2020-08-01').body },
  ];
  for (const refusal of rows)
    assert.deepEqual(await asked([], refusal, [table]), ['2025-07-01'], JSON.stringify(refusal));
});
