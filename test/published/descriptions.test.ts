import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { liveThrough } from '../scene/life.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { Descriptions } from '../sims/azure/descriptions.ts';
import type { Call } from '../sims/azure/exchange.ts';
import { absent, isAtHand } from './data.ts';

if (!isAtHand()) throw new Error(absent);
after(closeServer);

const group = '/subscriptions/10000000-0000-4000-8000-000000000001/resourceGroups/soc';
const workspace = `${group}/providers/Microsoft.OperationalInsights/workspaces/main`;
const table = `${workspace}/tables/OktaSystemLogs_CL`;
const rule = `${group}/providers/Microsoft.Insights/dataCollectionRules/patchbay-okta`;
const search = `${workspace}/savedSearches/patchbay-oktasso`;
const grant = `${rule}/providers/Microsoft.Authorization/roleAssignments/20000000-0000-4000-8000-000000000002`;
const upload = '/dataCollectionRules/dcr-0123456789abcdef0123456789abcdef/streams/Custom-Okta';

const columns = [{ name: 'TimeGenerated', type: 'dateTime' }];
const tableBody = {
  properties: { plan: 'Analytics', retentionInDays: 90, schema: { name: 'OktaSystemLogs_CL', columns } },
};
const ruleBody = {
  location: 'westeurope',
  kind: 'Direct',
  properties: {
    streamDeclarations: { 'Custom-Okta': { columns: [{ name: 'published', type: 'datetime' }] } },
    destinations: { logAnalytics: [{ workspaceResourceId: workspace, name: 'workspace' }] },
    dataFlows: [{ streams: ['Custom-Okta'], destinations: ['workspace'], transformKql: 'source' }],
  },
};
const searchBody = { etag: '*', properties: { category: 'Patchbay', displayName: 'OktaSSO', query: 'T', version: 2 } };
const grantBody = { properties: { roleDefinitionId: '/r', principalId: 'p', principalType: 'ServicePrincipal' } };

type Asked = { method: string; path: string; version?: string; body?: unknown; headers?: Record<string, string> };

function call({ method, path, version, body, headers }: Asked): Call {
  const query = new Map(version ? [['api-version', version]] : []);
  const bytes =
    body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const sent = { 'content-type': body === undefined ? undefined : 'application/json', ...headers };
  return { method, host: '', path, query, headers: sent, body: bytes, at: 0, record: {} as Call['record'] };
}

const put = (path: string, version: string, body: unknown): Asked => ({ method: 'PUT', path, version, body });
const good: Asked[] = [
  put(table, '2025-07-01', tableBody),
  put(table, '2025-07-01', { properties: { totalRetentionInDays: -1 } }),
  put(rule, '2024-03-11', ruleBody),
  put(rule, '2023-03-11', ruleBody),
  put(search, '2025-07-01', searchBody),
  put(grant, '2022-04-01', grantBody),
  { method: 'GET', path: table, version: '2025-07-01' },
  { method: 'DELETE', path: rule, version: '2024-03-11' },
  { method: 'GET', path: grant, version: '2022-04-01' },
  { method: 'POST', path: upload, version: '2023-01-01', body: [] },
];

const bad: [string, Asked, RegExp][] = [
  ['a wrong member', put(table, '2025-07-01', { ...tableBody, plan: 'Analytics' }), /body\.plan is unknown/],
  [
    'a wrong member deep inside',
    put(rule, '2024-03-11', {
      ...ruleBody,
      properties: { ...ruleBody.properties, dataFlows: [{ transformKQL: 'source' }] },
    }),
    /body\.properties\.dataFlows\[0\]\.transformKQL is unknown/,
  ],
  ['a wrong member of a search', put(search, '2025-07-01', { ...searchBody, tags: [] }), /body\.tags is unknown/],
  [
    'a wrong member of a grant',
    put(grant, '2022-04-01', { properties: { ...grantBody.properties, principleType: 'User' } }),
    /principleType is unknown/,
  ],
  [
    'what only a template may hold',
    put(rule, '2024-03-11', { ...ruleBody, dependsOn: [] }),
    /body\.dependsOn is unknown/,
  ],
  ['an expression', put(rule, '2024-03-11', { ...ruleBody, tags: "[variables('tags')]" }), /body\.tags must be object/],
  [
    'a wrong type',
    put(table, '2025-07-01', { properties: { retentionInDays: '90' } }),
    /retentionInDays must be integer/,
  ],
  ['too long a retention', put(table, '2025-07-01', { properties: { retentionInDays: 731 } }), /must be <= 730/],
  ['a wrong value', put(table, '2025-07-01', { properties: { plan: 'Lake' } }), /plan can't be "Lake"/],
  [
    'the type of a stream in a table',
    put(table, '2025-07-01', { properties: { schema: { columns: [{ name: 'T', type: 'datetime' }] } } }),
    /columns\[0\]\.type can't be "datetime"/,
  ],
  ['no location', put(rule, '2024-03-11', { ...ruleBody, location: undefined }), /body\.location is missing/],
  ['no query', put(search, '2025-07-01', { properties: { category: 'a', displayName: 'b' } }), /query is missing/],
  ['a wrong api-version', put(rule, '2024-03-12', ruleBody), /api-version 2024-03-12 is not a published one/],
  ['a wrong api-version of a search', put(search, '2020-08-01', searchBody), /2020-08-01 is not a published one/],
  ['no api-version', { method: 'GET', path: table }, /api-version is missing/],
  [
    'a read-only member',
    put(table, '2025-07-01', { properties: { provisioningState: 'Succeeded' } }),
    /provisioningState is read-only/,
  ],
  [
    'a read-only name',
    put(table, '2025-07-01', { ...tableBody, name: 'OktaSystemLogs_CL' }),
    /body\.name is read-only/,
  ],
  [
    'a read-only member of a rule',
    put(rule, '2023-03-11', { ...ruleBody, properties: { ...ruleBody.properties, immutableId: 'dcr-1' } }),
    /immutableId is read-only/,
  ],
  ['a name that is too short', { method: 'GET', path: `${workspace}/tables/T`, version: '2025-07-01' }, /1 characters/],
  [
    'an unknown operation',
    { method: 'POST', path: `${rule}/run`, version: '2024-03-11' },
    /neither described nor known/,
  ],
  [
    'a change of what can only be put',
    { method: 'PATCH', path: grant, version: '2022-04-01', body: grantBody },
    /neither described nor known/,
  ],
  ['an unknown path', { method: 'GET', path: `${group}/locks`, version: '2020-05-01' }, /neither described nor known/],
  ['a body where none belongs', { method: 'DELETE', path: rule, version: '2024-03-11', body: {} }, /has a body/],
  [
    'events as text',
    { method: 'POST', path: upload, version: '2023-01-01', body: [], headers: { 'content-type': 'text/plain' } },
    /content type is text\/plain/,
  ],
];

const placeOf = ({ path }: Asked) => (path === upload ? 'ingestion' : 'arm');

test('what Microsoft describes passes, and each kind of mistake is named', async () => {
  const descriptions = new Descriptions();
  for (const asked of good) {
    assert.deepEqual(await descriptions.faultsIn(placeOf(asked), call(asked)), [], `${asked.method} ${asked.path}`);
  }
  for (const [name, asked, says] of bad) {
    const faults = await descriptions.faultsIn(placeOf(asked), call(asked));
    assert.equal(faults.length, 1, `${name}: ${faults.join('; ')}`);
    assert.match(faults[0] ?? '', says, name);
  }
});

test('all that the app asks of Azure in the life of a connector is as Microsoft describes it', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await liveThrough(scene);
  const { azure } = scene;
  let requests = 0;
  for (const [what, { depth, requests: some }] of azure.descriptions.counts) {
    t.diagnostic(`${some} × ${what}: ${depth}`);
    requests += some;
  }
  assert.equal(requests, azure.requests.length, 'none was left out');
  const depths = [...azure.descriptions.counts].map(([what, { depth }]) => `${what.replace(/\?.*/, '')}: ${depth}`);
  for (const each of [
    'PUT Microsoft.OperationalInsights/workspaces/…/tables/…: whole',
    'PUT Microsoft.Insights/dataCollectionRules/…: whole',
    'POST /dataCollectionRules/…/streams/…: whole',
    'DELETE Microsoft.Insights/dataCollectionRules/…: whole',
    'PUT Microsoft.OperationalInsights/workspaces/…/savedSearches/…: body',
    'PUT Microsoft.Authorization/roleAssignments/…: body',
  ])
    assert.ok(depths.includes(each), `${each} is not among ${depths.join(', ')}`);
});
