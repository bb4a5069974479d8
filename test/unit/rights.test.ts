import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing, type Need, need, ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { builtInRoles, fewestRoles, smallestRole } from '../../ingestion/azure/access/roles.ts';
import { saveNeed } from '../../ingestion/azure/resources/functions.ts';
import { needsOn } from '../../ingestion/azure/resources/resource.ts';
import { resources } from '../../ingestion/provisioning/resources.ts';
import { allowsAction, allowsDataAction, roleNamed } from '../sims/azure/roles.ts';

type Entry = Partial<Record<'actions' | 'notActions' | 'dataActions' | 'notDataActions', string[]>>;

const write = 'Microsoft.OperationalInsights/workspaces/tables/write';
const send = 'Microsoft.Insights/Telemetry/Write';
const cases: [string, Entry[], action: string, may: boolean][] = [
  ['nothing', [], write, false],
  ['an entry without anything', [{}], write, false],
  ['the action itself', [{ actions: [write] }], write, true],
  ['the action in other letters', [{ actions: [write.toUpperCase()] }], write, true],
  ['another action', [{ actions: ['Microsoft.OperationalInsights/workspaces/tables/read'] }], write, false],
  ['everything', [{ actions: ['*'] }], write, true],
  ['a star over several parts', [{ actions: ['Microsoft.OperationalInsights/*'] }], write, true],
  ['a star in the middle', [{ actions: ['Microsoft.OperationalInsights/*/write'] }], write, true],
  ['a star in front', [{ actions: ['*/read'] }], write, false],
  ['a star for nothing', [{ actions: [`${write}*`] }], write, true],
  ['a dot is a dot', [{ actions: ['MicrosoftxOperationalInsights/*'] }], write, false],
  ['the beginning alone', [{ actions: ['Microsoft.OperationalInsights/workspaces/tables'] }], write, false],
  [
    'an exception',
    [{ actions: ['*'], notActions: ['Microsoft.OperationalInsights/workspaces/tables/*'] }],
    write,
    false,
  ],
  ['an exception in other letters', [{ actions: ['*'], notActions: ['*/TABLES/write'] }], write, false],
  [
    'an exception of something else',
    [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] }],
    write,
    true,
  ],
  [
    'an exception that another role has not',
    [{ actions: ['*'], notActions: ['*'] }, { actions: [write] }],
    write,
    true,
  ],
  ['what is allowed on resources is not on data', [{ actions: ['*'] }], send, false],
  ['what is allowed on data', [{ dataActions: ['Microsoft.Insights/*'] }], send, true],
  ['an exception on data', [{ dataActions: ['*'], notDataActions: ['Microsoft.Insights/Telemetry/*'] }], send, false],
  ['what is allowed on data is not on resources', [{ dataActions: ['*'] }], write, false],
  // As Microsoft publishes the built-in roles.
  ['Owner', [{ actions: ['*'], notActions: [] }], 'Microsoft.Authorization/roleAssignments/write', true],
  [
    'Contributor',
    [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'] }],
    'Microsoft.Authorization/roleAssignments/write',
    false,
  ],
  ['Reader', [{ actions: ['*/read'] }], 'Microsoft.OperationalInsights/workspaces/query/read', true],
];

for (const [name, entries, action, may] of cases) {
  test(`rights: ${name} ${may ? 'is enough' : 'is not'}`, () => {
    const asked = { action, role: 'x', data: action === send };
    assert.deepEqual(missing([asked], entries), may ? [] : [asked]);
  });
}

const onWorkspace = needsOn(resources, 'workspace');
const onGroup = needsOn(resources, 'group');
const needs: Need[] = [
  ...ownerNeeds,
  ...onWorkspace,
  ...onGroup,
  ...onGroup.flatMap(({ instead = [] }) => instead),
  need('Microsoft.SecurityInsights/incidents/write'),
];

test('each action is asked for by the smallest built-in role that holds it', () => {
  for (const { action, role, data } of needs) {
    assert.equal(smallestRole(action), role);
    const holds = (name: string) => (data ? allowsDataAction : allowsAction)(roleNamed(name), action);
    for (const [name, actions] of builtInRoles)
      assert.equal(actions.includes(action), holds(name), `${name}: ${action}`);
  }
});

test('several actions are asked for by as few roles as hold them all', () => {
  const names = (...asked: Need[]) => fewestRoles(asked).map(({ role }) => role);
  assert.deepEqual(names(), []);
  assert.deepEqual(names(saveNeed), ['Microsoft Sentinel Contributor']);
  assert.deepEqual(names(...onWorkspace), ['Log Analytics Contributor']);
  assert.deepEqual(names(...ownerNeeds), ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']);
  assert.deepEqual(names(...onGroup), ['Monitoring Contributor', 'Monitoring Metrics Publisher']);
  const all = fewestRoles(onWorkspace).flatMap(({ actions }) => actions);
  assert.deepEqual(all.sort(), onWorkspace.map(({ action }) => action).sort());
  assert.deepEqual(fewestRoles([{ action: 'unheard/of', role: 'Owner' }]), [
    { role: 'Owner', actions: ['unheard/of'] },
  ]);
});

test('a pattern of a role covers what its stars leave open, in any case, and no pattern keeps the bot busy', () => {
  const action = 'Microsoft.Insights/dataCollectionRules/write';
  const covered = (pattern: string) => missing([need(action)], [{ actions: [pattern] }]).length === 0;
  for (const pattern of ['*', '*/write', 'microsoft.insights/*', 'Microsoft.Insights/*/write', action, `*${action}*`])
    assert.equal(covered(pattern), true, pattern);
  for (const pattern of ['', '*/read', 'Microsoft.Insights', 'Microsoft.Insights/*/write/*/x', 'Microsoft?Insights/*'])
    assert.equal(covered(pattern), false, pattern);
  // Of several stars, each part must be there, behind the one before it.
  for (const pattern of ['*Insights*write', 'Micro*Insights*Rules*write', 'Microsoft.*/*', '*Microsoft*Rules/*', '***'])
    assert.equal(covered(pattern), true, pattern);
  for (const pattern of [
    'Microsoft.*nowhere*/write',
    '*nowhere*',
    'Microsoft.*Rules*Insights*',
    '*Insights*Insights*',
    'Microsoft.*Insights/data*ata*write',
    '*Rules/*Rules/write',
    'Microsoft.Insights/*Rules/write*write',
  ])
    assert.equal(covered(pattern), false, pattern);
  // The start and the end of a pattern may not share letters of the action.
  assert.equal(covered('Microsoft.Insights/dataCollectionRules/write*rules/write'), false);
  assert.equal(covered(`${'*'.repeat(10_000)}x`), false);
});
