import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provisioningWords, removalWords } from '../../cards/words/steps.ts';
import { missing } from '../../ingestion/azure/access/rights.ts';
import { findGone, type Gone, needsOn, type Resource, type Search } from '../../ingestion/azure/resources/resource.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { removals, resources } from '../../ingestion/provisioning/resources.ts';

const stepsOf = (list: readonly Resource[]) => list.map(({ step }) => step);

test('the card shows the steps in the order in which they are taken, and undone', () => {
  assert.deepEqual([...provisioningWords.keys()], stepsOf(resources));
  assert.deepEqual([...removalWords.keys()], stepsOf(removals));
});

test('rights are checked before anything is made, and the token goes last', () => {
  assert.equal(stepsOf(resources)[0], 'rights');
  assert.equal(stepsOf(removals).at(-1), 'key');
});

test('whatever can be removed is removed, and nothing before what stands on it', () => {
  assert.deepEqual(stepsOf(removals).sort(), stepsOf(resources.filter(({ remove }) => remove)).sort());
  for (const { step, standsOn } of removals) {
    const base = stepsOf(removals).indexOf(standsOn?.step ?? '');
    assert.ok(base < 0 || stepsOf(removals).indexOf(step) < base, step);
  }
});

test('a step stands on an earlier one, and Azure says by a code that this is not there', () => {
  const standing = resources.flatMap(({ step, standsOn }) => (standsOn ? [{ step, standsOn }] : []));
  assert.deepEqual(
    standing.map(({ step, standsOn }) => `${step} on ${standsOn.step}: ${standsOn.missingCode}`),
    ['rule on table: InvalidOutputTable', 'grant on rule: ResourceNotFound'],
  );
  for (const { step, standsOn } of standing)
    assert.ok(stepsOf(resources).indexOf(standsOn.step) < stepsOf(resources).indexOf(step));
});

test('what is needed is asked for once, and the right to send only of who can’t give it to itself', () => {
  const [needs, allowed] = [needsOn(resources, 'group'), (actions: string[]) => [{ actions }]];
  const lacking = (actions: string[]) => missing(needs, allowed(actions)).map(({ action }) => action);
  const [rules, send] = ['Microsoft.Insights/dataCollectionRules/write', 'Microsoft.Insights/Telemetry/Write'];
  assert.deepEqual(lacking([]), [rules, send]);
  assert.deepEqual(lacking(['Microsoft.Insights/*']), [send]);
  assert.deepEqual(lacking(['Microsoft.Authorization/roleAssignments/write']), [rules]);
});

test('of a connector the first resource that is gone is told, and what stands on it is not asked for', async () => {
  const asked: string[] = [];
  const resource = (step: string, reason: Gone, ...gone: string[]) => ({
    findGone: async ({ connectors }: Search) => {
      asked.push(`${step} of ${connectors.map(({ id }) => id).join()}`);
      return new Map(connectors.filter(({ id }) => gone.includes(id)).map(({ id }) => [id, reason]));
    },
  });
  const connectors = ['a', 'b'].map((id) => ({ id }) as Connector);
  const found = (...list: Pick<Resource, 'findGone'>[]) => findGone(list, { connectors } as Search);
  const rules = resource('rule', 'rule-missing', 'a', 'b');
  assert.deepEqual(
    await found({}, resource('table', 'table-missing', 'b'), {}, rules),
    new Map([
      ['b', 'table-missing'],
      ['a', 'rule-missing'],
    ]),
  );
  assert.deepEqual(asked.splice(0), ['table of a,b', 'rule of a']);
  assert.equal((await found(resource('table', 'table-missing', 'a', 'b'), rules)).size, 2);
  assert.deepEqual(asked, ['table of a,b']);
});
