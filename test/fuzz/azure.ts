import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { ownPermissions, permissionsOf } from '../../ingestion/azure/access/rights.ts';
import { listWorkspaces } from '../../ingestion/azure/access/workspaces.ts';
import { readContent } from '../../ingestion/azure/content/content.ts';
import { Vault } from '../../ingestion/azure/key-vault.ts';
import { planOfConnector } from '../../ingestion/azure/resources/data-collection-plan.ts';
import { dataCollectionRule, ensureDataCollectionRule } from '../../ingestion/azure/resources/data-collection-rule.ts';
import { errorLog } from '../../ingestion/azure/resources/error-log.ts';
import { ensureFunctions } from '../../ingestion/azure/resources/functions.ts';
import { ensureRoleAssignment, removeRoleAssignment } from '../../ingestion/azure/resources/role-assignment.ts';
import {
  changeRetention,
  checkWorkspace,
  ensureTable,
  logTableShape,
  readCapping,
  readTable,
} from '../../ingestion/azure/resources/table.ts';
import { queryWorkspace } from '../../ingestion/azure/workspace-query.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { openCache } from '../../ingestion/runtime/cache.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { realDeadline } from '../../ingestion/runtime/deadline.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { Random } from '../sims/okta/random.ts';
import { record } from '../unit/record.ts';
import { damagedText } from './damage.ts';

const guid = '22222222-2222-4222-8222-222222222222';
const group = `/subscriptions/${guid}/resourceGroups/soc`;
const workspace = {
  id: `${group}/providers/Microsoft.OperationalInsights/workspaces/soc`,
  name: 'soc',
  customerId: guid,
  location: 'westeurope',
};
const ruleId = `${group}/providers/Microsoft.Insights/dataCollectionRules/patchbay-okta-c`;
const rule = { id: ruleId, immutableId: 'dcr-1', endpoint: 'https://soc.westeurope-1.ingest.monitor.azure.com' };
const connector = record({ settings: { workspace }, provisioning: { rule } });
const table = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 } as const;
const asked = { shape: logTableShape, settings: table };
const vaultUrl = 'https://patchbay.vault.azure.net';
const secret = {
  id: `${vaultUrl}/secrets/okta-x/v1`,
  value: 'x',
  attributes: { enabled: true, created: 1, updated: 1 },
};

const role = {
  actions: ['*/read'],
  notActions: ['Microsoft.Authorization/*/Write'],
  dataActions: [],
  notDataActions: [],
};
const saved = {
  category: 'Patchbay',
  displayName: 'x',
  query: 'T | take 1',
  functionAlias: 'PatchbayOktaSSO',
  tags: [{ name: 'PatchbayVersion', value: '1' }],
  version: 2,
};
const columns = [
  { name: 'ConnectorId', type: 'string' },
  { name: 'Rows', type: 'long' },
  { name: 'Newest', type: 'datetime' },
];

/** What Azure answers when all is well, by the end of the path that is asked. */
const answers: readonly (readonly [path: RegExp, answer: unknown])[] = [
  [
    /roleAssignments$/,
    {
      value: [
        { id: 'a', properties: { roleDefinitionId: `/x/roleDefinitions/${guid}`, scope: ruleId, principalId: guid } },
      ],
    },
  ],
  [
    /roleAssignments\/[^/]+$/,
    { id: 'a', properties: { roleDefinitionId: `/x/roleDefinitions/${guid}`, scope: ruleId, principalId: guid } },
  ],
  [/roleDefinitions\/[^/]+$/, { id: 'r', properties: { roleName: 'Reader', permissions: [role] } }],
  [/permissions$/, { value: [role, role] }],
  [
    /ResourceGraph\/resources$/,
    { totalRecords: 1, count: 1, data: [{ ...workspace, tenantId: guid }], resultTruncated: 'false' },
  ],
  [
    /workspaces\/[^/]+$/,
    {
      id: workspace.id,
      location: 'x',
      properties: {
        customerId: guid,
        workspaceCapping: { dataIngestionStatus: 'RespectQuota', quotaNextResetTime: '2026-03-02T00:00:00Z' },
      },
    },
  ],
  [
    /tables\/[^/]+$/,
    {
      id: 't',
      name: logTableShape.name,
      properties: {
        plan: 'Analytics',
        retentionInDays: 90,
        totalRetentionInDays: 90,
        provisioningState: 'Succeeded',
        schema: {
          name: logTableShape.name,
          tableSubType: 'DataCollectionRuleBased',
          columns: logTableShape.columns.slice(1),
        },
      },
    },
  ],
  [/savedSearches$/, { value: [{ id: `${workspace.id}/savedSearches/x`, etag: 'x', properties: saved }] }],
  [/savedSearches\/[^/]+$/, { id: 'x', properties: saved }],
  [
    /alertRules$/,
    { value: [{ name: 'r', kind: 'Scheduled', properties: { displayName: 'r', query: 'T', enabled: true } }] },
  ],
  [/dataCollectionRules$/, { value: [{ id: ruleId, name: 'other', location: 'x', properties: {} }] }],
  [
    /dataCollectionRules\/[^/]+$/,
    {
      id: ruleId,
      name: 'patchbay-okta-c',
      location: 'x',
      properties: { immutableId: 'dcr-1', endpoints: { logsIngestion: rule.endpoint }, dataFlows: [] },
    },
  ],
  [
    /diagnosticSettings$/,
    { value: [{ id: 'd', properties: { workspaceId: workspace.id, logs: [{ category: 'Other', enabled: true }] } }] },
  ],
  [/diagnosticSettings\/[^/]+$/, { id: 'd', properties: { workspaceId: workspace.id, logs: [] } }],
  [
    /\/query$/,
    {
      tables: [
        {
          name: 'PrimaryResult',
          columns,
          rows: [
            ['c', 5, '2026-03-02T09:00:00Z'],
            ['d', 0, null],
          ],
        },
      ],
    },
  ],
  [/\/versions$/, { value: [{ id: secret.id, attributes: secret.attributes }], nextLink: null }],
  [
    /^\/deletedsecrets\//,
    { ...secret, recoveryId: `${vaultUrl}/deletedsecrets/okta-x`, deletedDate: 1, scheduledPurgeDate: 2 },
  ],
  [/^\/secrets\//, { ...secret, recoveryId: `${vaultUrl}/deletedsecrets/okta-x` }],
];

const signal = new AbortController().signal;
const shape = { ConnectorId: 'text', Rows: 'number', 'Newest?': 'time' } as const;

/** Everything that is asked of Azure, through the real clients. */
const calls: readonly (readonly [name: string, ask: (runtime: Runtime) => Promise<unknown>])[] = [
  [
    'rights of a person',
    (runtime) =>
      permissionsOf(
        { runtime, roleDefinitions: openCache(runtime, { most: 10 }) },
        { userId: guid, workspace },
        signal,
      ),
  ],
  ['own rights', (runtime) => ownPermissions(runtime, ruleId)],
  ['workspaces', (runtime) => listWorkspaces(runtime, signal)],
  ['workspace', (runtime) => checkWorkspace(runtime, workspace, signal)],
  ['daily cap', (runtime) => readCapping(runtime, workspace, signal)],
  ['table', (runtime) => readTable(runtime, workspace, { shape: logTableShape, signal })],
  ['making the table', (runtime) => ensureTable(runtime, workspace, asked)],
  [
    'retention',
    async (runtime) => {
      const existing = await readTable(runtime, workspace, asked);
      return existing && changeRetention(runtime, workspace, { ...asked, existing });
    },
  ],
  ['functions', (runtime) => ensureFunctions(runtime, workspace)],
  ['content', (runtime) => readContent(runtime, workspace, signal)],
  ['making the rule', (runtime) => ensureDataCollectionRule(runtime, planOfConnector(connector))],
  [
    'rules that are gone',
    (runtime) => dataCollectionRule.findGone({ runtime, workspace, connectors: [connector], signal }),
  ],
  ['role assignment', (runtime) => ensureRoleAssignment(runtime, rule)],
  ['its removal', (runtime) => removeRoleAssignment(runtime, rule)],
  ['error log', (runtime) => errorLog.ensure({ runtime }, connector)],
  ['query', (runtime) => queryWorkspace(runtime, workspace, { query: 'T', columns: shape, days: 1, signal })],
  ['a secret', (runtime) => new Vault(runtime, vaultUrl).get('okta-x', 'v1')],
  ['keeping a secret', (runtime) => new Vault(runtime, vaultUrl).set('okta-x', 'x', { domain: 'x', withinMs: 5_000 })],
  ['versions of a secret', (runtime) => new Vault(runtime, vaultUrl).versions('okta-x')],
];

/** Asks one thing of an Azure that answers oddly; throws whatever comes of it that is no answer and no reason. */
export async function askOddAzure(random: Random): Promise<void> {
  const [name, ask] = random.pick(calls);
  try {
    await ask(oddAzure(random));
  } catch (error) {
    if (error instanceof ConnectorError) return;
    throw new Error(`${name}: ${(error as Error).stack}`, { cause: error });
  }
}

function oddAzure(random: Random): Runtime {
  const http: HttpClient = {
    async sendRequest(request) {
      const { pathname, host } = new URL(request.url);
      const challenge = host.endsWith('vault.azure.net') && !request.headers.has('authorization');
      const headers = createHttpHeaders({ 'content-type': 'application/json' });
      if (challenge) {
        headers.set(
          'www-authenticate',
          `Bearer authorization="https://login.microsoftonline.com/${guid}", resource="https://vault.azure.net"`,
        );
        return { request, status: 401, headers, bodyAsText: '{}' };
      }
      if (random.chance(0.05)) headers.set('retry-after', random.pick(['x', '-1', '0', '9'.repeat(400), 'Mon']));
      const answer = answers.find(([path]) => path.test(pathname))?.[1] ?? {};
      const refusal = {
        error: { code: 'X', message: 'x', details: [{ code: 'ScopeLocked', message: "locked: 'x'" }] },
      };
      const status = random.chance(0.85)
        ? 200
        : random.pick([200, 201, 203, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503]);
      const bodyAsText = status === 204 ? '' : damagedText(status < 300 ? answer : refusal, random);
      return { request, status, headers, bodyAsText };
    },
  };
  const claims = Buffer.from(JSON.stringify({ oid: guid, tid: guid })).toString('base64url');
  const token = random.chance(0.9)
    ? `x.${claims}.x`
    : random.pick(['', 'x', 'x.bnVsbA.x', 'x.W10.x', 'x.eyJvaWQiOjd9.x']);
  return {
    now: Date.now,
    sleep: async () => undefined,
    deadline: realDeadline,
    http,
    metrics: openMetrics(),
    credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    cloud: clouds.public,
  };
}
