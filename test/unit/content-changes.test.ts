import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SavedSearch } from '@azure/arm-operationalinsights';
import { type Change, changesOf } from '../../ingestion/azure/content/changes.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';

const workspace = '/subscriptions/s/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/w';

/** A function as the workspace keeps it, under an id that its maker has chosen. */
const saved = (functionAlias: string, query: string, more: Partial<SavedSearch> = {}): SavedSearch => ({
  id: `${workspace}/savedSearches/${functionAlias}-of-somebody`,
  category: 'SOC',
  displayName: functionAlias,
  functionAlias,
  query,
  ...more,
});

const ours = savedFunctions.map(({ alias, query, parameters }) =>
  saved(alias, query, {
    id: `${workspace}/savedSearches/patchbay-${alias.toLowerCase()}`,
    functionParameters: parameters,
  }),
);
const line = '| union isfuzzy=true (PatchbayOktaSSO)';
const sso = (query: string, more?: Partial<SavedSearch>) => saved('OktaSSO', query, more);

/** What may be done to one function where these are besides ours. */
function change(alias: string, ...others: SavedSearch[]): Omit<Change, 'of'> | null {
  const found = changesOf([...ours, ...others]).find((each) => each.alias === alias);
  if (!found) return null;
  const { of: _, ...rest } = found;
  return rest;
}

test('where nobody has a function, it is saved as a call of ours, for ASIM with the parameters that it is called with', () => {
  assert.deepEqual(change('OktaSSO'), {
    kind: 'save',
    alias: 'OktaSSO',
    parameters: '',
    before: null,
    after: 'PatchbayOktaSSO',
  });
  const filtering = change('Im_AuthenticationCustom');
  assert.match(filtering?.parameters ?? '', /^starttime:datetime=datetime\(null\), .*pack:bool=false$/);
  assert.match(
    filtering?.after ?? '',
    /^union isfuzzy=true \(vimAuthenticationOktaPatchbay\(starttime=starttime, .*\)\)$/,
  );
  assert.equal(change('ASim_AuthenticationCustom')?.after, 'union isfuzzy=true (ASimAuthenticationOktaPatchbay)');
});

const texts: [about: string, before: string, kind: Change['kind'], after: string | null][] = [
  ['a text', 'Okta_CL', 'extend', `Okta_CL\n${line}`],
  ['a text that ends in blanks', 'Okta_CL\n\n', 'extend', `Okta_CL\n${line}`],
  ['a text that ends in a comment', 'Okta_CL // all', 'extend', `Okta_CL // all\n${line}`],
  ['a text that has our line', `Okta_CL\n${line}`, 'shorten', 'Okta_CL'],
  ['our line, and a blank line after it', `let a = 1;\nOkta_CL\n${line}\n`, 'shorten', 'let a = 1;\nOkta_CL'],
];

for (const [about, before, kind, after] of texts)
  test(`${about} of somebody else’s: ${kind}`, () => {
    assert.deepEqual(change('OktaSSO', sso(before)), { kind, alias: 'OktaSSO', parameters: '', before, after });
  });

test('what was added is taken back to the letter', () => {
  const extended = change('OktaSSO', sso('union Okta_CL, OktaV2_CL\n| where 1 == 1'));
  const back = change('OktaSSO', sso(extended?.after ?? ''));
  assert.equal(back?.after, 'union Okta_CL, OktaV2_CL\n| where 1 == 1');
});

test('what Patchbay has made under another’s name is deleted again; nobody else’s is', () => {
  const id = `${workspace}/savedSearches/patchbay-added-oktasso`;
  assert.equal(change('OktaSSO', sso('PatchbayOktaSSO', { id }))?.kind, 'remove');
  assert.equal(change('OktaSSO', sso('PatchbayOktaSSO')), null);
});

test('whoever has seen to it in another way is left alone, also where a name has other letters', () => {
  assert.equal(change('OktaSSO', sso('union Okta_CL, (PatchbayOktaSSO | where 1 == 1)')), null);
  assert.equal(change('OktaSSO', saved('oktasso', 'union (PatchbayOktaSSO)')), null);
  assert.equal(change('OktaSSO', sso('Okta_CL // PatchbayOktaSSO'))?.kind, 'extend', 'a comment calls nothing');
});

test('a function of ours that is not in the workspace is called by nobody', () => {
  assert.deepEqual(changesOf([]), []);
  const [first] = changesOf(ours.filter(({ functionAlias }) => functionAlias !== 'PatchbayOktaSSO'));
  assert.equal(first?.alias, 'Im_AuthenticationCustom');
});

test('a change stands for the text that it was made from', () => {
  const of = (query: string) => changesOf([...ours, sso(query)])[0]?.of;
  assert.equal(of('Okta_CL'), of('Okta_CL'));
  assert.notEqual(of('Okta_CL'), of('Okta_CL '));
});

test('a custom parser with parameters of its own hands on those that ours takes', () => {
  const there = saved('Im_AuthenticationCustom', 'x', {
    functionParameters: 'starttime:datetime=datetime(null), other:int=1',
  });
  assert.match(
    change('Im_AuthenticationCustom', there)?.after ?? '',
    /\(vimAuthenticationOktaPatchbay\(starttime=starttime\)\)$/,
  );
});
