import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import {
  asScope,
  groupOf,
  missing,
  need,
  openRoleDefinitions,
  ownerNeeds,
  ownPermissions,
  permissionsOf,
  type RightsParts,
} from '../../ingestion/azure/access/rights.ts';
import type { Workspace } from '../../ingestion/connector/connector.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';

const clock = new Clock();
let azure: AzureSim;
let runtime: Runtime;
let parts: RightsParts;
/** By the bot's clock; that of Azure runs. */
let now = clock.now();

before(async () => {
  azure = await AzureSim.open({ now: clock.now, hold: clock.patience.hold });
  const network = simulatedNetwork(clock, { azure, okta: { url: '' } });
  runtime = { ...network, now: () => now, credential: simulatedIdentity(azure, network), cloud: clouds.public };
  parts = { runtime, roleDefinitions: openRoleDefinitions(runtime) };
});
after(() => azure.close());
afterEach(() => {
  azure.faults.clear();
  assert.deepEqual(azure.unexpected, []);
});

const never = new AbortController().signal;

/** A workspace of its own subscription, on which the bot may read who may do what. */
function workspace(readable = ''): Workspace {
  const subscription = azure.addSubscription('Security');
  const made = azure.addWorkspace({
    name: 'main',
    resourceGroup: 'soc',
    subscription,
    location: 'westeurope',
    sentinel: true,
  });
  azure.grant(azure.identity.principalId, 'Reader', `/subscriptions/${subscription}${readable}`);
  return made as unknown as Workspace;
}

/** The roles that a person lacks of those an owner needs. */
async function lacking(userId: string, { id }: { id: string }, deadline = never): Promise<string[]> {
  const held = await permissionsOf(parts, { userId, workspace: { id } }, deadline);
  return missing(ownerNeeds, held).map(({ role }) => role);
}

function give(userId: string, scope: string, options: Parameters<AzureSim['grant']>[3] = {}): void {
  azure.grant(userId, 'Contributor', scope, options);
}

const all = ownerNeeds.map(({ role }) => role);

test('a role counts wherever at or above the workspace it was given, and nowhere else', async () => {
  const { id } = workspace();
  const [, , subscription] = id.split('/');
  const scopes: [scope: string, lacks: string[]][] = [
    [id, []],
    [groupOf(id), []],
    [`/subscriptions/${subscription}`, []],
    [`${id}/tables/Okta_CL`, all],
    [workspace().id, all],
  ];
  for (const [scope, lacks] of scopes) {
    const user = azure.addUser();
    give(user, scope);
    assert.deepEqual(await lacking(user, { id }), lacks, scope);
  }
  assert.deepEqual(await lacking(azure.addUser(), { id }), all, 'no role at all');
});

test('roles come through groups in groups, and several add up', async () => {
  const { id } = workspace();
  const user = azure.addUser();
  const group = azure.addGroup([azure.addGroup([user])]);
  azure.grant(group, 'Log Analytics Contributor', groupOf(id));
  assert.deepEqual(await lacking(user, { id }), ['Microsoft Sentinel Contributor']);
  azure.grant(user, 'Microsoft Sentinel Contributor', id);
  assert.deepEqual(await lacking(user, { id }), []);
  azure.revoke(group);
  assert.deepEqual(await lacking(user, { id }), ['Log Analytics Contributor']);
  assert.deepEqual(await lacking(azure.addUser(), { id }), all, 'what one may do says nothing of another');
});

test('a role that was given on a condition counts as none, and takes nothing from the others', async () => {
  const { id } = workspace();
  const user = azure.addUser();
  give(user, id, { condition: "@Resource[name] StringEquals 'x'" });
  assert.deepEqual(await lacking(user, { id }), all);
  azure.grant(user, 'Log Analytics Contributor', id);
  assert.deepEqual(await lacking(user, { id }), ['Microsoft Sentinel Contributor']);
});

test('somebody whose id is no GUID may do nothing, and nobody is asked', async () => {
  const { id } = workspace();
  const asked = azure.requests.length;
  for (const user of ['', "x' or 1 eq 1", `${azure.addUser()}'`]) assert.deepEqual(await lacking(user, { id }), all);
  assert.equal(azure.requests.length, asked);
});

test('when the workspace is gone its group is asked, and then the subscription; when that is gone too, it is said', async () => {
  const { id } = workspace();
  const [, , subscription] = id.split('/');
  const [onGroup, onSubscription] = [azure.addUser(), azure.addUser()];
  give(onGroup, groupOf(id));
  give(onSubscription, `/subscriptions/${subscription}`);
  const gone = { id: `${groupOf(id)}/providers/Microsoft.OperationalInsights/workspaces/gone` };
  const groupGone = { id: gone.id.replace('/resourceGroups/soc/', '/resourceGroups/gone/') };
  assert.deepEqual([await lacking(onGroup, gone), await lacking(onSubscription, gone)], [[], []]);
  assert.deepEqual([await lacking(onGroup, groupGone), await lacking(onSubscription, groupGone)], [all, []]);
  azure.faults.add({
    where: 'arm',
    do: { status: 404, body: { error: { code: 'SubscriptionNotFound', message: '' } } },
  });
  await assert.rejects(lacking(onSubscription, { id }), { reason: 'workspace-gone' });
});

test('what can’t be read is said, and no other scope is asked: the answer is then no', async () => {
  const { id } = workspace('/nowhere');
  const user = azure.addUser();
  give(user, id);
  const before = azure.requests.length;
  await assert.rejects(lacking(user, { id }), (error: ConnectorError) => {
    assert.ok(error instanceof ConnectorError);
    assert.deepEqual([error.reason, error.evidence.status], ['azure-forbidden', 403]);
    return true;
  });
  assert.equal(azure.requests.slice(before).filter(({ path }) => path.includes('roleAssignments')).length, 1);
  const late = new AbortController();
  late.abort();
  await assert.rejects(lacking(user, { id }, late.signal), { reason: 'azure-unreachable' });
});

/** How often the definition of a role has been read. */
function definitionsRead(): number {
  return azure.requests.filter(({ path }) => path.includes('/roleDefinitions/')).length;
}

test('what a role allows is read once a minute for all who have it, and by each subscription for itself', async () => {
  const { id } = workspace();
  const [ada, ben] = [azure.addUser(), azure.addUser()];
  for (const user of [ada, ben]) give(user, id);
  const before = definitionsRead();
  const read = () => definitionsRead() - before;
  await Promise.all([lacking(ada, { id }), lacking(ben, { id })]);
  assert.equal(read(), 1);
  now += 59_999;
  assert.deepEqual(await lacking(ben, { id }), []);
  assert.equal(read(), 1);
  now += 2;
  assert.deepEqual(await lacking(ada, { id }), []);
  assert.equal(read(), 2);
  const other = workspace();
  give(ada, other.id);
  assert.deepEqual(await lacking(ada, other), []);
  assert.equal(read(), 3);
});

test('a role that Azure spells in two ways is one', async () => {
  const { id } = workspace();
  const [user, before] = [azure.addUser(), definitionsRead()];
  const contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
  const value = [contributor, contributor.toUpperCase()].map((guid) => ({
    properties: { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${guid}` },
  }));
  azure.faults.add({
    where: 'arm',
    when: ({ path }) => path.endsWith('/roleAssignments'),
    do: { status: 200, body: { value } },
  });
  assert.deepEqual(await lacking(user, { id }), []);
  assert.equal(definitionsRead() - before, 1);
});

test('while somebody waits, Azure’s wish to be asked later is an answer', async () => {
  const { id } = workspace();
  azure.faults.add({ where: 'arm', times: 1, do: { status: 429, headers: { 'retry-after': '2' } } });
  await assert.rejects(lacking(azure.addUser(), { id }), { reason: 'azure-throttled' });
});

test('a definition that is not read within six seconds is not waited for any longer', async () => {
  const { id } = workspace();
  const user = azure.addUser();
  give(user, id);
  const before = definitionsRead();
  azure.faults.add({ where: 'arm', when: ({ path }) => path.includes('/roleDefinitions/'), do: 'hang' });
  const asked = assert.rejects(lacking(user, { id }), { reason: 'azure-unreachable' });
  while (definitionsRead() === before) await once(azure, 'change');
  clock.advance(6_000);
  await asked;
});

test('a definition that could not be read is asked for again', async () => {
  const { id } = workspace();
  const user = azure.addUser();
  give(user, id);
  azure.faults.add({
    where: 'arm',
    when: ({ path }) => path.includes('/roleDefinitions/'),
    times: 1,
    do: { status: 403 },
  });
  await assert.rejects(lacking(user, { id }), { reason: 'azure-forbidden' });
  assert.deepEqual(await lacking(user, { id }), []);
});

test('the bot asks what it may do itself, on a group and on what lies in it', async () => {
  const { id } = workspace('/resourceGroups/soc');
  const bot = azure.identity.principalId;
  azure.grant(bot, 'Log Analytics Contributor', id);
  const needs = [need('Microsoft.OperationalInsights/workspaces/tables/write')];
  const may = async (scope: string) => missing(needs, await ownPermissions(runtime, scope)).length === 0;
  assert.deepEqual([await may(id), await may(groupOf(id))], [true, false]);
  azure.grant(bot, 'Contributor', groupOf(id));
  assert.equal(await may(groupOf(id)), true);
  await assert.rejects(ownPermissions(runtime, `${groupOf(id)}-gone`), ConnectorError);
});

test('the group of a resource is the beginning of its id, and a scope has no slash before it', () => {
  const group = '/subscriptions/s/resourceGroups/soc';
  assert.equal(groupOf(`${group}/providers/Microsoft.OperationalInsights/workspaces/main`), group);
  assert.equal(groupOf(group), group);
  assert.deepEqual([asScope(group), asScope('subscriptions/s')], [group.slice(1), 'subscriptions/s']);
});
