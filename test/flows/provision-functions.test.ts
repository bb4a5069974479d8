import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import { LogsQueryClient } from '@azure/monitor-query';
import { progressCard } from '../../cards/messages/progress.ts';
import { templateOf } from '../../deploy/solution/template.ts';
import { armOptions } from '../../ingestion/azure/arm/client.ts';
import { ensureFunctions, savedFunctions, saveNeed } from '../../ingestion/azure/resources/functions.ts';
import { ensureTable, logTableShape } from '../../ingestion/azure/resources/table.ts';
import type { Workspace } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { place as placeOnPaper } from '../deploy/judge.ts';
import { deploy, members } from '../deploy/template.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';

let azure: AzureSim;
let runtime: Runtime;
let subscription: string;

before(async () => {
  const clock = new Clock();
  azure = await AzureSim.open({ now: clock.now, hold: clock.patience.hold });
  subscription = azure.addSubscription('Security');
  runtime = {
    ...simulatedNetwork(clock, { azure, okta: { url: azure.url } }),
    credential: simulatedIdentity(azure),
    cloud: clouds.public,
  };
});

after(async () => {
  await azure.close();
  assert.deepEqual(azure.unexpected, []);
});

/** A workspace of its own, on which the bot has a role. */
function place(name: string, role = 'Log Analytics Contributor'): Workspace {
  const made = azure.addWorkspace({ name, resourceGroup: 'soc', subscription, location: 'westeurope' });
  azure.grant(azure.identity.principalId, role, made.id);
  const { id, customerId, location } = made;
  return { id, name, customerId, location };
}

const searches = () =>
  new OperationalInsightsManagementClient(runtime.credential, subscription, armOptions(runtime)).savedSearches;
const listed = async ({ name }: Workspace) => {
  const { value = [] } = await searches().listByWorkspace('soc', name);
  return value.map((saved) => ({ ...saved, name: saved.id?.split('/').at(-1) }));
};
const writes = ({ name }: Workspace) =>
  azure.requests.filter(({ method, path }) => method === 'PUT' && path.includes(`/${name}/savedSearches/`)).length;
const foreign = { category: 'SOC', displayName: 'Ours', query: 'print 1' };

test('the functions are saved once, under ids of our own, and can be called by a query', async () => {
  const workspace = place('plain');
  const settings = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 } as const;
  await ensureTable(runtime, workspace, { shape: logTableShape, settings });
  assert.deepEqual(await ensureFunctions(runtime, workspace), []);
  assert.deepEqual(await ensureFunctions(runtime, workspace), []);
  assert.equal(writes(workspace), savedFunctions.length);
  const found = await listed(workspace);
  for (const { alias, parameters, query } of savedFunctions) {
    const saved = found.find(({ functionAlias }) => functionAlias === alias) ?? assert.fail(alias);
    assert.ok(saved.id?.endsWith(`/savedSearches/patchbay-${alias.toLowerCase()}`));
    assert.deepEqual([saved.functionParameters ?? '', saved.query, saved.version], [parameters, query, 2]);
  }
  const client = new LogsQueryClient(runtime.credential, { httpClient: runtime.http });
  for (const { alias } of savedFunctions) {
    const result = await client.queryWorkspace(workspace.customerId, `${alias} | count`, { duration: 'P1D' });
    assert.ok('tables' in result);
    assert.deepEqual(result.tables[0]?.rows, [[0]]);
  }
});

test('functions that the solution of the content hub has saved are the bot’s own, as it would save them', async () => {
  const [ours, theirs] = [place('by-the-bot'), place('by-the-solution')];
  await ensureFunctions(runtime, ours);
  const { resources } = deploy(JSON.parse(templateOf(null)), { workspace: theirs.name }, placeOnPaper, new Map());
  for (const { id, body } of resources.filter(({ type }) => type.endsWith('/savedSearches'))) {
    const { category, displayName, query, ...more } = members(body.properties);
    const saved = { category: String(category), displayName: String(displayName), query: String(query), ...more };
    await searches().createOrUpdate('soc', theirs.name, id.split('/').at(-1) ?? '', saved);
  }
  const written = writes(theirs);
  assert.deepEqual(await ensureFunctions(runtime, theirs), []);
  assert.equal(writes(theirs), written);
  const told = async (workspace: Workspace) => (await listed(workspace)).map(({ id: _, etag: __, ...each }) => each);
  assert.deepEqual(await told(theirs), await told(ours));
});

test('an older function of ours is replaced, a newer one stays, and a lost one comes back', async () => {
  const workspace = place('aged');
  await ensureFunctions(runtime, workspace);
  const [first, second, third] = await listed(workspace);
  const tagged = (value: string) => [{ name: 'PatchbayVersion', value }];
  const put = (saved: typeof first, version: string) =>
    searches().createOrUpdate('soc', 'aged', saved?.name ?? '', {
      ...foreign,
      etag: '*',
      ...(saved?.functionAlias && { functionAlias: saved.functionAlias }),
      tags: tagged(version),
    });
  await put(first, '0');
  await put(second, '99');
  await searches().delete('soc', 'aged', third?.name ?? '');
  assert.deepEqual(await ensureFunctions(runtime, workspace), []);
  const now = await listed(workspace);
  const query = (saved: typeof first) => now.find(({ name }) => name === saved?.name)?.query;
  assert.equal(query(first), first?.query);
  assert.equal(query(second), foreign.query);
  assert.equal(query(third), third?.query);
});

test("an alias of somebody else's is left alone and named on the card", async () => {
  const workspace = place('shared');
  const other = { ...foreign, functionAlias: 'patchbayoktasso' };
  await searches().createOrUpdate('soc', 'shared', 'soc-own', other);
  assert.deepEqual(await ensureFunctions(runtime, workspace), ['PatchbayOktaSSO']);
  const found = await listed(workspace);
  assert.equal(found.find(({ name }) => name === 'soc-own')?.query, foreign.query);
  assert.equal(found.length, savedFunctions.length);

  const provisioning = {
    ...newborn().provisioning,
    done: ['rights', 'table', 'functions'] as const,
    leftAlone: ['PatchbayOktaSSO'],
  };
  const settings = { workspace, keyId: '', conversationId: '' };
  const connector = {
    ...newborn(),
    id: 'c',
    name: 'Harbour',
    domain: 'harbour.okta.com',
    createdAt: 0,
    settings,
    provisioning,
  };
  const card = progressCard({ connector: connector as never, now: 0 });
  assert.match(JSON.stringify(card), /Another saved search has the name, so Patchbay left it alone: PatchbayOktaSSO/);
});

test('without the right to save searches nothing is saved, and the right is on the list of what the bot needs', async () => {
  const workspace = place('readonly', 'Log Analytics Reader');
  await assert.rejects(ensureFunctions(runtime, workspace), (error: unknown) => {
    assert.ok(error instanceof ConnectorError);
    assert.equal(error.reason, 'azure-forbidden');
    assert.match(String((error.cause as Error).message), new RegExp(saveNeed.action));
    return error.evidence.code === 'AuthorizationFailed';
  });
});

test('a search that exists is overwritten by its etag only, and a function must be well formed', async () => {
  const workspace = place('strict');
  const made = await searches().createOrUpdate('soc', 'strict', 'a', foreign);
  const refused = async (id: string, body: Record<string, unknown>) => {
    const call = searches().createOrUpdate('soc', 'strict', id, { ...foreign, ...body });
    return call.then(() => 200).catch(({ statusCode }: { statusCode?: number }) => statusCode);
  };
  assert.equal(await refused('a', {}), 409);
  assert.equal(await refused('a', { etag: made.etag }), 200);
  assert.equal(await refused('b', { version: 3 }), 400);
  assert.equal(await refused('b', { functionAlias: 'a b' }), 400);
  assert.equal(await refused('b', { query: '' }), 400);
  assert.equal((await listed(workspace)).length, 1);
  await searches().delete('soc', 'strict', 'a');
  await assert.rejects(searches().get('soc', 'strict', 'a'), { statusCode: 404 });
});
