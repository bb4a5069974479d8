import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { MonitorClient } from '@azure/arm-monitor';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import type { TokenCredential } from '@azure/core-auth';
import { createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { LogsQueryClient } from '@azure/monitor-query';
import { ownEvents } from '../../fixtures/events.ts';
import type { AzureOptions, AzureSim } from '../azure.ts';
import type { Workspace } from './estate.ts';
import { columns, eventAt, SmallEstate, streamColumns, transformKql } from './small-estate.ts';
import { splitArray } from './split.ts';

const minute = 60_000;
const hour = 60 * minute;
let clock = Date.now();
let place: SmallEstate;
let azure: AzureSim;
let credential: TokenCredential;
let subscription: string;
let workspace: Workspace;
let resourceGroupId: string;

const options = () => place.options;
const wire = () => place.wire;
const authorization = () => new AuthorizationManagementClient(credential, subscription, options());
const monitor = () => new MonitorClient(credential, subscription, options());
const insights = () => new OperationalInsightsManagementClient(credential, subscription, options());
const graph = () => new ResourceGraphClient(credential, options());
const bot = () => place.bot;

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What is sent wrong on purpose, to be refused, is against Microsoft's descriptions as well. */
function refusedOnPurpose(): void {
  const others = azure.unexpected.filter((each) => !/\?api-version=\S+: /.test(each));
  azure.unexpected.splice(0, Number.POSITIVE_INFINITY, ...others);
}

/** What a failed SDK call says: status and Azure's error code. */
async function refusal(call: PromiseLike<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { statusCode, code } = error as { statusCode?: number; code?: string };
    refusedOnPurpose();
    return `${statusCode} ${code}`;
  }
  return 'accepted';
}

const putTable = (name?: string, properties?: Record<string, unknown>) => place.putTable(name, properties);
const ruleBody = (changes?: Record<string, unknown>) => place.ruleBody(changes);
const connected = () => place.connected();
const event = (changes?: Record<string, unknown>) => eventAt(clock, changes);
const post = (...sent: Parameters<SmallEstate['post']>) => place.post(...sent);

function codeOf({ status, headers }: PipelineResponse): string {
  if (status >= 400) refusedOnPurpose();
  const code = headers.get('x-ms-error-code');
  return code ? `${status} ${code}` : String(status);
}

function query(text: string, timespan: { duration: string } = { duration: 'P7D' }) {
  return new LogsQueryClient(credential, options()).queryWorkspace(workspace.customerId, text, timespan);
}

async function rowsOf(text: string, timespan?: { duration: string }): Promise<unknown[][]> {
  const result = await query(text, timespan);
  assert.equal(result.status, 'Success');
  return result.status === 'Success' ? (result.tables[0]?.rows ?? []) : [];
}

/** From here on the tests are about this estate. */
async function open(options: AzureOptions): Promise<void> {
  place = await SmallEstate.open({ now: () => clock, ...options });
  ({ azure, credential, subscription, workspace, resourceGroupId } = place);
}

beforeEach(async () => {
  clock = Date.now();
  await open({ keepBytes: true });
});

afterEach(async () => {
  await azure.close();
  assert.deepEqual(azure.unexpected, []);
});

describe('identity', () => {
  test('a managed identity gets a token that opens one service only, and not after its time', async () => {
    const { token } = await credential
      .getToken('https://management.azure.com/.default')
      .then((got) => got ?? assert.fail());
    const ask = async (bearer: string) => {
      const { hostname, port } = new URL(azure.url);
      const headers = { authorization: `Bearer ${bearer}`, host: 'management.azure.com' };
      const { request } = await import('node:http');
      const path = `${workspace.id}?api-version=2025-07-01`;
      const [response] = await once(request({ hostname, port, path, headers }).end(), 'response');
      response.resume();
      return response.statusCode as number;
    };
    assert.equal(await ask(token), 200);
    assert.equal(await ask(`${token}x`), 401);
    assert.equal(await ask(azure.tokenFor(bot(), 'https://monitor.azure.com')), 401);
    assert.equal(await ask(azure.tokenFor(bot(), 'https://management.azure.com', -1000)), 401);
    assert.equal(await ask(azure.tokenFor(azure.addUser(), 'https://management.azure.com')), 403);
  });

  test('the token endpoint refuses a wrong secret header and can be made to fail', async () => {
    const ask = (header: string) =>
      fetch(`${azure.url}/msi/token?api-version=2019-08-01&resource=https://vault.azure.net`, {
        headers: { 'x-identity-header': header },
      });
    assert.equal((await ask('wrong')).status, 401);
    assert.equal((await ask(azure.identity.header)).status, 200);
    azure.faults.add({ where: 'identity', times: 1, do: { status: 500 } });
    assert.equal((await ask(azure.identity.header)).status, 500);
    assert.equal((await ask(azure.identity.header)).status, 200);
  });
});

describe('management', () => {
  test('Resource Graph gives the readable workspaces with Sentinel, page by page', async () => {
    azure.addWorkspace({ name: 'second', resourceGroup: 'soc', subscription, location: 'northeurope' });
    azure.addWorkspace({ name: 'plain', resourceGroup: 'soc', subscription, location: 'westeurope', sentinel: false });
    azure.addWorkspace({ name: 'foreign', resourceGroup: 'other', subscription, location: 'westeurope' });
    azure.settings.pageSize = 1;
    const text = `resources
      | where type =~ 'microsoft.operationalinsights/workspaces'
      | extend key = tolower(id)
      | join kind=inner (resources
          | where type =~ 'microsoft.operationsmanagement/solutions' and name startswith 'SecurityInsights('
          | project key = tolower(tostring(properties.workspaceResourceId))) on key
      | project id, name, location, customerId = tostring(properties.customerId)
      | order by name asc`;
    const first = await graph().resources({ query: text, options: { resultFormat: 'objectArray' } });
    assert.equal(first.totalRecords, 2);
    assert.equal(first.data[0].name, 'main');
    assert.equal(first.data[0].customerId, workspace.customerId);
    const second = await graph().resources({
      query: text,
      options: { resultFormat: 'objectArray', skipToken: first.skipToken },
    });
    assert.deepEqual([second.data[0].name, second.skipToken], ['second', undefined]);
    assert.equal(await refusal(graph().resources({ query: 'resources | where nothing == 1' })), '400 BadRequest');
  });

  test('the onboarding state tells a workspace with Sentinel from one without', async () => {
    const plain = azure.addWorkspace({
      name: 'plain',
      resourceGroup: 'soc',
      subscription,
      location: 'westeurope',
      sentinel: false,
    });
    const { pipeline } = graph() as unknown as { pipeline: LogsIngestionClient['pipeline'] };
    const ask = async (id: string) => {
      const url = `https://management.azure.com${id}/providers/Microsoft.SecurityInsights/onboardingStates/default?api-version=2025-09-01`;
      return (await pipeline.sendRequest(wire(), createPipelineRequest({ url }))).status;
    };
    assert.deepEqual([await ask(workspace.id), await ask(plain.id)], [200, 404]);
  });

  test('the permissions of the caller are those of its roles in effect on the scope', async () => {
    azure.grant(bot(), 'Owner', resourceGroupId, { effectiveAfterMs: hour });
    const held = await listOf(
      authorization().permissions.listForResource('soc', 'Microsoft.OperationalInsights', '', 'workspaces', 'main'),
    );
    const actions = held.flatMap((each) => each.actions ?? []);
    assert.equal(held.length, 3);
    assert.ok(actions.includes('Microsoft.OperationalInsights/*'));
    assert.ok(!actions.includes('*'));
  });

  test("a user's assignments are found through nested groups and inherited scopes", async () => {
    const user = azure.addUser();
    const inner = azure.addGroup([user]);
    const outer = azure.addGroup([inner]);
    azure.grant(outer, 'Microsoft Sentinel Contributor', `/subscriptions/${subscription}`);
    azure.grant(user, 'Log Analytics Contributor', workspace.id);
    azure.grant(user, 'Reader', `${workspace.id}/tables/Sub_CL`);
    azure.grant(azure.addUser(), 'Owner', workspace.id);
    const names = async (filter: string) => {
      const found = await listOf(authorization().roleAssignments.listForScope(workspace.id, { filter }));
      // Read on the workspace: reading them on the subscription, as their own ids say, needs rights there.
      const guids = found.map(({ roleDefinitionId }) => roleDefinitionId?.split('/').at(-1) ?? '');
      const definitions = guids.map((guid) => authorization().roleDefinitions.get(workspace.id, guid));
      return (await Promise.all(definitions)).map(({ roleName }) => roleName).sort();
    };
    const direct = ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'];
    assert.deepEqual(await names(`atScope() and assignedTo('${user}')`), direct);
    assert.deepEqual(await names(`assignedTo('${user}')`), [...direct, 'Reader']);
    assert.deepEqual(await names(`assignedTo('${randomUUID()}')`), []);
    azure.settings.pageSize = 1;
    assert.deepEqual(await names(`atScope() and assignedTo('${user}')`), direct);
  });

  test('a missing right is refused with its action and scope', async () => {
    azure.revoke(bot(), 'Log Analytics Contributor');
    await assert.rejects(putTable(), (error: Error & { statusCode?: number }) => {
      assert.equal(error.statusCode, 403);
      assert.match(
        error.message,
        /does not have authorization to perform action 'Microsoft.OperationalInsights\/workspaces\/tables\/write' over scope '.*\/tables\/OktaSystemLogs_CL'/,
      );
      return true;
    });
    azure.grant(bot(), 'Log Analytics Contributor', `/subscriptions/${subscription}`);
    assert.equal(await refusal(putTable()), 'accepted');
  });

  test('a table is made at once or by a long-running operation, and is locked meanwhile', async () => {
    const made = await putTable();
    assert.deepEqual([made.provisioningState, made.plan, made.retentionInDays], ['Succeeded', 'Analytics', 90]);
    azure.settings.tableProvisioningMs = minute;
    const poller = putTable('OktaConnectorHealth_CL');
    await poller.submitted();
    assert.equal(await refusal(putTable('OktaConnectorHealth_CL')), '409 Conflict');
    const reading = await insights().tables.get('soc', 'main', 'OktaConnectorHealth_CL');
    assert.equal(reading.provisioningState, 'Updating');
    clock += minute;
    assert.equal((await poller).provisioningState, 'Succeeded');
  });

  test('a table with a bad name, column, plan or retention is refused', async () => {
    const refusals = [
      putTable('OktaSystemLogs'),
      putTable('Okta!_CL'),
      putTable('A_CL', { schema: { name: 'B_CL', columns } }),
      putTable('A_CL', { schema: { name: 'A_CL', columns: [{ name: 'Only', type: 'string' }] } }),
      putTable('A_CL', { schema: { name: 'A_CL', columns: [...columns, { name: 'Title', type: 'string' }] } }),
      putTable('A_CL', { schema: { name: 'A_CL', columns: [...columns, { name: 'x'.repeat(46), type: 'string' }] } }),
      putTable('A_CL', { schema: { name: 'A_CL', columns: [...columns, { name: 'Flag', type: 'bool' }] } }),
      putTable('A_CL', { retentionInDays: 731 }),
      putTable('A_CL', { totalRetentionInDays: 3 }),
      putTable('A_CL', { plan: 'Auxiliary', retentionInDays: 30 }),
    ];
    for (const each of refusals) assert.equal(await refusal(each), '400 InvalidParameter');
    await putTable('Lake_CL', { plan: 'Auxiliary', totalRetentionInDays: 365 });
    assert.equal(await refusal(putTable('Lake_CL', { plan: 'Analytics' })), '400 InvalidParameter');
    await putTable();
    const narrower = { schema: { name: 'OktaSystemLogs_CL', columns: columns.slice(0, 2) } };
    assert.equal((await putTable('OktaSystemLogs_CL', narrower)).schema?.columns?.length, columns.length);
  });

  test('a Direct rule brings its own endpoint, and the same PUT again changes nothing that matters', async () => {
    await putTable();
    const rules = monitor().dataCollectionRules;
    const made = await rules.create('soc', 'acme', { body: ruleBody() });
    assert.match(made.immutableId ?? '', /^dcr-[0-9a-f]{32}$/);
    assert.match(
      made.endpoints?.logsIngestion ?? '',
      /^https:\/\/acme-[0-9a-f]{4}-westeurope\.logs\.z1\.ingest\.monitor\.azure\.com$/,
    );
    assert.equal(made.kind, 'Direct');
    const again = await rules.create('soc', 'acme', { body: ruleBody() });
    assert.deepEqual([again.immutableId, again.endpoints], [made.immutableId, made.endpoints]);
    assert.deepEqual(
      azure.requests.filter(({ method }) => method === 'PUT').map(({ status }) => status),
      [200, 201, 200],
    );
    const late = await rules.create('soc', 'plain', { body: ruleBody({ kind: undefined }) });
    assert.equal(late.endpoints, undefined);
    assert.equal((await rules.create('soc', 'plain', { body: ruleBody() })).endpoints, undefined);
    await rules.delete('soc', 'acme');
    await rules.delete('soc', 'acme');
    assert.deepEqual(
      azure.requests.filter(({ method }) => method === 'DELETE').map(({ status }) => status),
      [200, 204],
    );
    assert.equal(await refusal(rules.get('soc', 'acme')), '404 ResourceNotFound');
  });

  test('a rule that cannot work is refused with the place of the mistake', async () => {
    const flow = {
      streams: ['Custom-Okta'],
      destinations: ['main'],
      transformKql,
      outputStream: 'Custom-OktaSystemLogs_CL',
    };
    const put = async (changes: Record<string, unknown>) => {
      const details: string[] = [];
      await monitor()
        .dataCollectionRules.create('soc', 'bad', { body: ruleBody(changes) })
        .catch((error: { details?: { error?: { details?: { code?: string }[] } } }) => {
          for (const each of error.details?.error?.details ?? []) details.push(each.code ?? '');
        });
      return details;
    };
    assert.deepEqual(await put({}), ['InvalidOutputTable']);
    await putTable();
    assert.deepEqual(await put({ location: 'northeurope' }), ['InvalidDestination', 'InvalidDataFlow']);
    assert.deepEqual(await put({ dataFlows: [{ ...flow, streams: ['Custom-Other'] }] }), ['InvalidStream']);
    assert.deepEqual(await put({ dataFlows: [{ ...flow, transformKql: 'source | summarize count()' }] }), [
      'InvalidTransformQuery',
    ]);
    assert.deepEqual(await put({ dataFlows: [{ ...flow, transformKql: `source // ${'x'.repeat(15_360)}` }] }), [
      'InvalidTransformQuery',
    ]);
    assert.deepEqual(await put({ dataFlows: Array(11).fill(flow) }), ['InvalidDataFlow']);
    assert.deepEqual(await put({ streamDeclarations: { Okta: { columns: streamColumns } } }), [
      'InvalidStreamDeclaration',
      'InvalidStream',
    ]);
  });

  test('role assignments keep the rules on names, repetition and principals', async () => {
    const rule = await connected();
    const roleDefinitionId = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/3913510d-42f4-4e42-8a64-420c390055eb`;
    const assign = (name: string, scope: string, principalId: string, principalType?: string) =>
      refusal(
        authorization().roleAssignments.create(scope, name, {
          roleDefinitionId,
          principalId,
          ...(principalType && { principalType }),
        }),
      );
    const name = randomUUID();
    const other = azure.addUser();
    assert.equal(await assign('not-a-guid', rule.id, bot()), '400 InvalidRoleAssignmentId');
    assert.equal(await assign(name, rule.id, bot()), '409 RoleAssignmentExists');
    azure.revoke(bot(), 'Monitoring Metrics Publisher');
    assert.equal(await assign(name, rule.id, bot(), 'ServicePrincipal'), 'accepted');
    assert.equal(await assign(name, rule.id, bot(), 'ServicePrincipal'), 'accepted');
    assert.equal(await assign(name, rule.id, other), '400 RoleAssignmentUpdateNotPermitted');
    assert.equal(await assign(name, resourceGroupId, bot()), '400 RoleAssignmentUpdateNotPermitted');
    assert.equal(await assign(randomUUID(), rule.id, randomUUID()), '400 PrincipalNotFound');
    const fresh = azure.directory.addPrincipal('ServicePrincipal', undefined, { replicated: false });
    assert.equal(await assign(randomUUID(), rule.id, fresh), '400 PrincipalNotFound');
    assert.equal(await assign(randomUUID(), rule.id, fresh, 'ServicePrincipal'), 'accepted');
    azure.settings.repeatedAssignment = 'conflict';
    assert.equal(await assign(name, rule.id, bot()), '409 RoleAssignmentExists');
    assert.equal((await authorization().roleAssignments.delete(rule.id, name)).principalId, bot());
    assert.equal((await authorization().roleAssignments.delete(rule.id, name)).principalId, undefined);
  });

  test('what the simulator does not know is refused and noted', async () => {
    assert.equal(await refusal(insights().tables.migrate('soc', 'main', 'OktaSystemLogs_CL')), '404 NotSimulated');
    assert.equal(await refusal(monitor().dataCollectionRules.update('soc', 'acme')), '501 NotSimulated');
    assert.equal(azure.unexpected.splice(0).length, 2);
  });
});

describe('ingestion', () => {
  test('sending is refused until the role has effect', async () => {
    const rule = await connected();
    azure.revoke(bot(), 'Monitoring Metrics Publisher');
    const roleDefinitionId = '/providers/Microsoft.Authorization/roleDefinitions/3913510d-42f4-4e42-8a64-420c390055eb';
    await authorization().roleAssignments.create(rule.id, randomUUID(), {
      roleDefinitionId,
      principalId: bot(),
      principalType: 'ServicePrincipal',
    });
    assert.equal(codeOf(await post(rule, JSON.stringify([event()]))), '403 OperationFailed');
    clock += 15 * minute;
    assert.equal(codeOf(await post(rule, JSON.stringify([event()]))), '204');
  });

  test('upload() of the SDK lands in the columns of the table, and every event is kept as it was received', async () => {
    const rule = await connected();
    const sent = [event(), event({ undeclared: 1 }), event({ displayMessage: 'é'.repeat(40_000) })];
    await new LogsIngestionClient(rule.endpoint, credential, options()).upload(rule.immutableId, 'Custom-Okta', sent);
    const table = azure.table(workspace, 'OktaSystemLogs_CL');
    assert.equal(table.rows[0]?.EventOriginalUid, sent[0]?.uuid);
    assert.equal(table.rows[0]?.Step, 3);
    assert.equal(Buffer.byteLength(String(table.rows[2]?.EventMessage)), 65_536);
    assert.equal(azure.rule(rule.id)?.dropped.get('undeclared'), 1);
    for (const each of sent)
      assert.equal(table.ledger.get(String(each.uuid))?.bytes[0]?.toString(), JSON.stringify(each));
    assert.deepEqual(
      azure.requests.at(-1)?.uuids,
      sent.map(({ uuid }) => uuid),
    );
  });

  test('times outside two days back and one day ahead are replaced by the time of receipt', async () => {
    const rule = await connected();
    const ages = [-25 * hour, -23 * hour, 47 * hour, 49 * hour];
    const body = JSON.stringify(ages.map((age) => event({ published: new Date(clock - age).toISOString() })));
    assert.equal(codeOf(await post(rule, body)), '204');
    const rows = azure.table(workspace, 'OktaSystemLogs_CL').rows;
    assert.deepEqual(
      rows.map(({ TimeGenerated }) => TimeGenerated),
      [clock, clock + 23 * hour, clock - 47 * hour, clock],
    );
    assert.deepEqual(
      rows.map(({ PublishedTime }) => PublishedTime),
      ages.map((age) => clock - age),
    );
  });

  test('a call that breaks the contract stores nothing', async () => {
    const rule = await connected();
    const good = JSON.stringify([event()]);
    const random = Buffer.from(Array.from({ length: 60_000 }, () => randomUUID()).join(''));
    const gzip = { 'content-encoding': 'gzip' };
    const cases: [string, Promise<PipelineResponse>][] = [
      ['404 NotFound', post({ ...rule, immutableId: `dcr-${'0'.repeat(32)}` }, good)],
      ['404 NotFound', post({ ...rule, endpoint: rule.endpoint.replace('acme', 'other') }, good)],
      ['404 NotFound', post(rule, good, { stream: 'Custom-Other' })],
      ['413 ContentLengthLimitExceeded', post(rule, gzipSync(random), { headers: gzip })],
      ['415 UnsupportedMediaType', post(rule, good, { headers: { 'content-type': 'text/plain' } })],
      ['400 InvalidRequestContent', post(rule, good, { headers: gzip })],
      ['400 InvalidPayload', post(rule, good.slice(1, -1))],
      ['400 InvalidPayload', post(rule, `${good.slice(0, -1)},{"uuid":}]`)],
      ['500 InternalServerError', post(rule, gzipSync('').subarray(0, 0))],
    ];
    for (const [expected, answer] of cases) assert.equal(codeOf(await answer), expected);
    assert.equal(azure.table(workspace, 'OktaSystemLogs_CL').ledger.size, 0);
    assert.equal(codeOf(await post(rule, gzipSync(good), { headers: gzip })), '204');
    azure.deleteRule(rule.id);
    assert.equal(codeOf(await post(rule, good)), '404 NotFound');
  });

  test('a lost answer has stored its rows, a reset has not', async () => {
    const rule = await connected();
    const [first, second] = [event(), event()];
    const ledger = azure.table(workspace, 'OktaSystemLogs_CL').ledger;
    azure.faults.add({ where: 'ingestion', times: 1, do: 'lost-answer' });
    await assert.rejects(post(rule, JSON.stringify([first])));
    assert.equal(ledger.get(String(first.uuid))?.copies, 1);
    assert.deepEqual([azure.requests.at(-1)?.answered, azure.requests.at(-1)?.stored], [false, true]);
    azure.faults.add({ where: 'ingestion', times: 1, do: 'reset' });
    await assert.rejects(post(rule, JSON.stringify([second])));
    assert.equal(ledger.has(String(second.uuid)), false);
    await post(rule, JSON.stringify([first, second]));
    assert.deepEqual(azure.table(workspace, 'OktaSystemLogs_CL').totals(clock + hour), {
      distinct: 2,
      repeated: 1,
      visible: 2,
    });
  });

  test('limits, throttling and a hanging service reach the caller', async () => {
    const rule = await connected();
    const body = JSON.stringify([event()]);
    azure.settings.requestsPerMinute = 1;
    assert.equal(codeOf(await post(rule, body)), '204');
    const throttled = await post(rule, body);
    assert.deepEqual([codeOf(throttled), throttled.headers.get('retry-after')], ['429 TooManyRequests', '60']);
    clock += minute;
    const end = azure.faults.add({ where: 'ingestion', when: (call) => call.body.length < 10, do: { status: 503 } });
    assert.equal(codeOf(await post(rule, body)), '204');
    end();
    azure.faults.add({ where: 'ingestion', times: 1, do: 'hang' });
    const stop = new AbortController();
    const hanging = assert.rejects(fetchHanging(rule, body, stop.signal));
    await once(azure, 'change');
    stop.abort();
    await hanging;
  });

  test('a new rule is not known for a while, and a workspace may take nothing from here', async () => {
    const rule = await connected();
    const body = JSON.stringify([event()]);
    azure.settings.rulePropagationMs = 5 * minute;
    assert.equal(codeOf(await post(rule, body)), '404 NotFound');
    azure.settings.unknownRule = 'InvalidStream';
    assert.equal(codeOf(await post(rule, body)), '400 InvalidStream');
    clock += 5 * minute;
    assert.equal(codeOf(await post(rule, body)), '204');
    for (const takesFrom of ['private link', 'perimeter', 'anywhere'] as const) {
      workspace.takesFrom = takesFrom;
      assert.equal(codeOf(await post(rule, body)), takesFrom === 'anywhere' ? '204' : '403 Forbidden');
    }
  });

  test('an answer may come in drips, which never end', async () => {
    const rule = await connected();
    azure.faults.add({ where: 'ingestion', times: 1, do: 'drip' });
    const stop = new AbortController();
    const dripping = assert.rejects(fetchHanging(rule, JSON.stringify([event()]), stop.signal));
    await once(azure, 'change');
    stop.abort();
    await dripping;
  });

  test('a reached daily cap looks like success and leaves one trace', async () => {
    const rule = await connected();
    workspace.dailyCapReached = true;
    assert.equal(codeOf(await post(rule, JSON.stringify([event()]))), '204');
    assert.equal(codeOf(await post(rule, JSON.stringify([event()]))), '204');
    assert.equal(azure.table(workspace, 'OktaSystemLogs_CL').ledger.size, 0);
    const rows = await rowsOf('Operation | where OperationCategory == "Data Collection Status" | project Detail');
    assert.equal(rows.length, 1);
  });

  test('an error of the transform looks like success, and is logged where a setting says so, in a table that is made with it', async () => {
    const rule = await connected();
    const settings = monitor().diagnosticSettings;
    const logs = [{ category: 'LogErrors', enabled: true }];
    const body = { workspaceId: workspace.id, logs };
    const text = 'DCRLogErrors | project OperationName, InputStreamId, Message, _ResourceId';
    const fail = async () => {
      Object.assign(azure.rule(rule.id) ?? {}, { transformError: 'Column actor is missing.' });
      assert.equal(codeOf(await post(rule, JSON.stringify([event()]))), '204');
      assert.equal(azure.table(workspace, 'OktaSystemLogs_CL').ledger.size, 0);
    };
    await fail();
    await assert.rejects(rowsOf(text), 'no such table yet');
    assert.match(
      await refusal(settings.createOrUpdate(rule.id, 'x', { ...body, logs: [{ category: 'All', enabled: true }] })),
      /^400/,
    );
    assert.equal(await refusal(settings.createOrUpdate(rule.id, 'x', { logs })), '400 BadRequest');
    assert.equal(await refusal(settings.createOrUpdate(`${rule.id}x`, 'x', body)), '404 ResourceNotFound');
    await settings.createOrUpdate(rule.id, 'patchbay', body);
    await settings.createOrUpdate(rule.id, 'Patchbay', body);
    assert.equal(await refusal(settings.createOrUpdate(rule.id, 'other', body)), '409 Conflict');
    const [found, ...others] = await listOf(settings.list(rule.id));
    assert.deepEqual(
      [found?.workspaceId, found?.logs?.map(({ category }) => category), others],
      [workspace.id, ['LogErrors'], []],
    );
    assert.equal((await settings.get(rule.id, 'patchbay')).workspaceId, workspace.id);
    await fail();
    const expected = ['Transformation', 'Custom-Okta', 'Column actor is missing.', rule.id.toLowerCase()];
    assert.deepEqual(await rowsOf(text), [expected]);
    await settings.delete(rule.id, 'patchbay');
    await settings.delete(rule.id, 'patchbay');
    assert.equal(await refusal(settings.get(rule.id, 'patchbay')), '404 ResourceNotFound');
    azure.revoke(bot(), 'Log Analytics Contributor');
    azure.revoke(bot(), 'Monitoring Contributor');
    azure.grant(bot(), 'Log Analytics Reader', workspace.id);
    assert.equal(await refusal(settings.createOrUpdate(rule.id, 'patchbay', body)), '403 AuthorizationFailed');
    azure.grant(bot(), 'Monitoring Contributor', rule.id);
    assert.equal(await refusal(settings.createOrUpdate(rule.id, 'patchbay', body)), '403 LinkedAuthorizationFailed');
  });

  test('events of many shapes are counted by uuid and kept byte for byte', async () => {
    const rule = await connected();
    const sent = ownEvents();
    assert.equal(codeOf(await post(rule, `[${sent.join(',')}]`)), '204');
    const { ledger, strays } = azure.table(workspace, 'OktaSystemLogs_CL');
    const kept = [...[...ledger.values()].flatMap(({ bytes }) => bytes), ...strays];
    assert.deepEqual(kept.map(String).sort(), sent.map(String).sort());
  });

  test('the ledger mode counts events without rows', async () => {
    const own = azure;
    await open({ mode: 'ledger' });
    const rule = await connected();
    const twice = event();
    await post(rule, JSON.stringify([event(), twice, twice]));
    const table = azure.table(workspace, 'OktaSystemLogs_CL');
    assert.deepEqual(table.totals(clock), { distinct: 2, repeated: 1, visible: 0 });
    assert.deepEqual(table.totals(clock + 15 * minute), { distinct: 2, repeated: 1, visible: 2 });
    assert.equal(table.rows.length, 0);
    await own.close();
  });
});

async function fetchHanging(
  rule: { immutableId: string; endpoint: string },
  body: string,
  abortSignal: AbortSignal,
): Promise<void> {
  await new LogsIngestionClient(rule.endpoint, credential, options()).upload(
    rule.immutableId,
    'Custom-Okta',
    JSON.parse(body),
    { abortSignal },
  );
}

describe('query', () => {
  test('rows become visible after their time, with the types of the service', async () => {
    const rule = await connected();
    const sent = event();
    await post(rule, JSON.stringify([sent]));
    const text =
      'OktaSystemLogs_CL | project TimeGenerated, EventMessage, Actor, Step, Ratio, Proxy, Arrived = ingestion_time(), Type, TenantId';
    clock += 15 * minute - 1;
    assert.deepEqual(await rowsOf(text), []);
    clock += 1;
    const result = await query(text);
    const table = result.status === 'Success' ? result.tables[0] : undefined;
    assert.deepEqual(
      table?.columnDescriptors.map(({ type }) => type),
      ['datetime', 'string', 'dynamic', 'int', 'real', 'bool', 'datetime', 'string', 'string'],
    );
    assert.deepEqual(table?.rows, [
      [
        new Date(String(sent.published)),
        'User login to Okta',
        sent.actor,
        3,
        0.5,
        true,
        new Date(clock),
        'OktaSystemLogs_CL',
        workspace.customerId,
      ],
    ]);
    await post(rule, JSON.stringify([event(), event()]));
    clock += 10_000;
    assert.deepEqual(await rowsOf('OktaSystemLogs_CL | count'), [[3]]);
    clock += hour;
    assert.deepEqual(await rowsOf('OktaSystemLogs_CL | count', { duration: 'PT30M' }), [[0]]);
  });

  test('rows can be hidden, lost and revealed', async () => {
    const rule = await connected();
    azure.settings.firstDataMs = 0;
    const table = azure.table(workspace, 'OktaSystemLogs_CL');
    table.hide();
    const lost = event();
    await post(rule, JSON.stringify([event(), lost]));
    clock += minute;
    assert.deepEqual(await rowsOf('OktaSystemLogs_CL | count'), [[0]]);
    table.reveal(clock);
    assert.deepEqual(await rowsOf('OktaSystemLogs_CL | count'), [[2]]);
    assert.equal(
      table.drop((row) => row.EventOriginalUid === lost.uuid),
      1,
    );
    assert.deepEqual(await rowsOf('OktaSystemLogs_CL | count'), [[1]]);
  });

  test('other Okta sources can be seen in one fuzzy union', async () => {
    azure.addRows(workspace, 'Okta_CL', [{ uuid_g: randomUUID() }, { uuid_g: randomUUID() }]);
    const text =
      'union isfuzzy=true withsource=Source Okta_CL, OktaV2_CL, OktaSystemLogs | where TimeGenerated > ago(1d) | summarize Rows = count() by Source';
    assert.deepEqual(await rowsOf(text), [['Okta_CL', 2]]);
  });

  test('a wrong query, a missing right and an unknown workspace are told apart', async () => {
    const nested = (wanted: string) => (error: Error & { code?: string; statusCode?: number }) => {
      assert.equal(error.statusCode, 400);
      assert.match(JSON.stringify(error), new RegExp(wanted));
      return true;
    };
    await assert.rejects(query('Nothing_CL | count'), nested('SemanticError'));
    await assert.rejects(query('Usage | where ('), nested('SyntaxError'));
    const client = new LogsQueryClient(credential, options());
    assert.equal(
      await refusal(client.queryWorkspace(randomUUID(), 'Usage | count', { duration: 'P1D' })),
      '404 PathNotFoundError',
    );
    azure.faults.add({
      where: 'query',
      times: 1,
      do: {
        status: 429,
        headers: { 'retry-after': '7' },
        body: { error: { code: 'ThrottledError', message: 'Too many requests' } },
      },
    });
    assert.equal(await refusal(query('Usage | count')), '429 ThrottledError');
    azure.revoke(bot());
    azure.grant(bot(), 'Monitoring Metrics Publisher', workspace.id);
    assert.equal(await refusal(query('Usage | count')), '403 InsufficientAccessError');
  });
});

describe('splitting', () => {
  const slices = (text: string) => {
    const body = Buffer.from(text);
    return splitArray(body).map(({ start, end, uuid }) => [body.toString('utf8', start, end), uuid]);
  };

  test('elements are cut exactly, and only the top-level uuid counts', () => {
    const first = '{"a":"}\\"]{","nested":{"uuid":"no"},"uuid" : "one"}';
    const second = '{"text":"uuid","list":[{"uuid":"no"},[1,2]],"uuid":"t\\u0077o","\\\\":1}';
    assert.deepEqual(slices(` [ ${first} ,\n${second}] `), [
      [first, 'one'],
      [second, 'two'],
    ]);
    assert.deepEqual(slices('[{"uuid":null},{}]'), [
      ['{"uuid":null}', undefined],
      ['{}', undefined],
    ]);
    assert.deepEqual(slices('[]'), []);
  });

  for (const bad of ['', '{}', '[', '[1]', '[{}', '[{},]', '[{}]x', '[{"a":"]', '[{} {}]']) {
    test(`${JSON.stringify(bad)} is no array of objects`, () => assert.throws(() => slices(bad), SyntaxError));
  }
});
