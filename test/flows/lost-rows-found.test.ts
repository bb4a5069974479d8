import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Connector, Lost, SeenRows } from '../../ingestion/connector/connector.ts';
import { findLost, lateOf } from '../../ingestion/monitoring/lost-rows.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { Workspace } from '../sims/azure/estate.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';
import { minute, record } from '../unit/record.ts';

let azure: AzureSim;
let runtime: Runtime;
let workspace: Workspace;
const clock = new Clock({ speed: 1 });

before(async () => {
  azure = await AzureSim.open({ now: clock.now, sleep: clock.sleep });
  const network = simulatedNetwork(clock, { azure, okta: azure });
  runtime = { ...network, credential: simulatedIdentity(azure, network), cloud: clouds.public };
  const subscription = azure.addSubscription('Security');
  workspace = azure.addWorkspace({ name: 'soc', resourceGroup: 'soc', subscription, location: 'westeurope' });
});
after(() => azure.close());

function ruleOf(id: string): string {
  return `/subscriptions/${workspace.subscription}/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/${id}`;
}

/** What is found for two connectors whose rows are late: `a` and `b`, each with its rule. */
async function found(): Promise<(Lost | undefined)[]> {
  const late = ['a', 'b'].map((id) => {
    const rule = { id: ruleOf(id), immutableId: '', endpoint: '' };
    const connector: Connector = {
      ...record({ provisioning: { rule, errorLog: { refused: null, dueAt: null } } }),
      id,
    };
    return { connector, since: clock.now() - 10 * minute, some: false };
  });
  const { signal } = runtime.deadline(minute);
  const lost = await findLost(runtime, { workspace, late, now: clock.now() }, signal);
  assert.deepEqual(azure.unexpected, []);
  return ['a', 'b'].map((id) => lost.get(id));
}

test('rows are missing where what was accepted a minute ago does not show, or fewer are visible of a day than were sent 20 minutes ago', () => {
  const now = clock.now();
  const late = (given: Parameters<typeof record>[0], rows: SeenRows | null, lately = 0) =>
    lateOf(record(given), { rows, at: now, lately }).map(({ since, some }) => [now - since, some]);
  const rows = (newestArrival: number | null, day?: [sent: number, visible: number]): SeenRows => ({
    rows: 5,
    newestEvent: null,
    newestArrival,
    ...(day && { day: { since: 0, sent: day[0], visible: day[1] } }),
  });
  const waits = (ms: number) => ({ status: { unseenSince: now - ms } });
  assert.deepEqual(late(waits(minute), rows(null)), [[minute, false]]);
  assert.deepEqual(late(waits(minute - 1), rows(null)), []);
  assert.deepEqual(late(waits(minute), rows(now)), []);
  assert.deepEqual(late(waits(minute), null), [], 'not known');
  assert.deepEqual(late({}, rows(now, [10, 10])), []);
  assert.deepEqual(late({}, rows(now, [10, 9])), [[60 * minute, true]]);
  assert.deepEqual(late({}, rows(now, [10, 9]), 1), []);
  assert.deepEqual(late({ observation: { cameAgainAt: now - 20 * minute } }, rows(now, [10, 9])), [
    [15 * minute, true],
  ]);
  assert.deepEqual(late({ observation: { cameAgainAt: now - minute } }, rows(now, [10, 9])), []);
});

const bot = () => azure.identity.principalId;
const nothing = { reason: 'not-visible', evidence: { subject: 'nothing found' } };

test('what the workspace knows is asked for at once for all connectors, whether it has a table of errors or not', async () => {
  const [refused] = await found();
  assert.deepEqual([refused?.reason, refused?.evidence.status], ['not-visible', 403]);
  azure.grant(bot(), 'Log Analytics Reader', workspace.id);
  assert.deepEqual(await found(), [nothing, nothing], 'no such table');

  azure.addRows(workspace, 'DCRLogErrors', [
    { OperationName: 'Transformation', Message: 'Column actor is missing.', _ResourceId: ruleOf('b').toLowerCase() },
    { OperationName: 'Ingestion', Message: 'of somebody else', _ResourceId: ruleOf('c').toLowerCase() },
  ]);
  const failed = { reason: 'transform-failed', evidence: { text: 'Column actor is missing.' } };
  assert.deepEqual(await found(), [nothing, failed]);

  azure.addRows(workspace, 'Operation', [
    {
      OperationCategory: 'Ingestion',
      Detail: 'The following fields’ values have been trimmed to the max allowed size',
    },
  ]);
  assert.deepEqual(await found(), [nothing, failed]);
  const Detail =
    'The data ingestion volume rate crossed the threshold in your workspace: 4.20 MB per one minute and data has been dropped.';
  azure.addRows(workspace, 'Operation', [{ OperationCategory: 'Ingestion', Detail }]);
  const tooMuch = { reason: 'ingestion-limit', evidence: { text: Detail } };
  assert.deepEqual(await found(), [tooMuch, tooMuch]);

  workspace.dailyCapReached = true;
  const before = azure.requests.length;
  const [capped] = await found();
  assert.deepEqual([capped?.reason, capped?.evidence.code], ['daily-cap', 'OverQuota']);
  assert.match(String(capped?.evidence.subject), /^\d{4}-\d\d-\d\dT14:00:00/);
  const asked = azure.requests.slice(before).filter(({ host }) => !host.startsWith('127.'));
  assert.equal(asked.length, 2, asked.map(({ path }) => path).join());
});
