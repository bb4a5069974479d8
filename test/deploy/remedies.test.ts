import assert from 'node:assert/strict';
import { test } from 'node:test';
import columns from '../../deploy/columns.json' with { type: 'json' };
import type { Content } from '../../ingestion/azure/content/content.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { columnsFrom, compileQuery } from '../sims/kql.ts';
import { one, own, remedyOf, rule, saved } from '../unit/contents.ts';

const schema = new Map([
  [
    'OktaSystemLogs_CL',
    columnsFrom([
      ...columns,
      { name: 'Type', type: 'string' },
      { name: 'TenantId', type: 'string' },
      { name: '_ResourceId', type: 'string' },
    ]),
  ],
  ['Okta_CL', columnsFrom([{ name: 'uuid_g', type: 'string' }])],
  ['T', columnsFrom([{ name: 'EventProduct', type: 'string' }])],
]);
const filters = savedFunctions.find(({ alias }) => alias === 'vimAuthenticationOktaPatchbay')?.parameters ?? '';

const extended: Content[] = [
  saved('OktaSSO', 'union isfuzzy=true Okta_CL, OktaV2_CL | project uuid_g'),
  saved('ASimAuthenticationOktaSSO', 'Okta_CL', 'disabled:bool=false'),
  saved(
    'vimAuthenticationOktaSSO',
    'Okta_CL',
    'starttime:datetime=datetime(null), eventresult:string="*", disabled:bool=false',
  ),
  saved('ASimAuthentication', 'union ASimAuthenticationOktaSSO, T'),
];

test('the line that a function is to get is valid, and makes it and what calls it see our data', () => {
  for (const each of extended) {
    const before = [...extended, rule('R', `${each.name} | take 1`)];
    const remedy = remedyOf(before, each.name);
    const line = remedy.kind === 'extend' ? remedy.line : assert.fail(remedy.kind);
    const after = before.map((other) => (other === each ? { ...each, query: `${each.query}\n${line}` } : other));
    assert.equal(one(after, each.name).sees, true);
    assert.equal(one(after, 'R').sees, true);
    const functions = [...own, ...after].flatMap((other) =>
      other.kind === 'function' ? [{ alias: other.name, parameters: other.parameters, query: other.query }] : [],
    );
    const run = compileQuery(`${each.name} | count`, schema, functions);
    const row = { EventOriginalUid: 'a', EventOriginalType: 'user.session.start', TimeGenerated: 1 };
    assert.deepEqual(run(new Map([['OktaSystemLogs_CL', [row]]]), 2).rows, [{ Count: 1 }], each.name);
  }
});

test('a custom unifying parser that is to be saved is valid KQL, too', () => {
  const remedy = remedyOf([rule('R', '_Im_Authentication')], 'R');
  const { line, custom } = remedy.kind === 'unify' ? remedy : assert.fail(remedy.kind);
  const made = { alias: custom, parameters: filters, query: line };
  const run = compileQuery(`${custom}(eventresult='Success') | count`, schema, [...savedFunctions, made]);
  assert.deepEqual(run(new Map(), 0).rows, [{ Count: 0 }]);
});
