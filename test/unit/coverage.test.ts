import assert from 'node:assert/strict';
import { test } from 'node:test';
import columns from '../../deploy/columns.json' with { type: 'json' };
import type { Content } from '../../ingestion/azure/content/content.ts';
import { type Coverage, coverageOf, type Judged, type Remedy } from '../../ingestion/azure/content/coverage.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { columnsFrom, compileQuery } from '../sims/kql.ts';

const own: Content[] = savedFunctions.map(({ alias, parameters, query }) => {
  return { kind: 'function', name: alias, parameters, query, ours: true };
});
const rule = (name: string, query: string, enabled = true): Content => ({ kind: 'rule', name, query, enabled });
const hunting = (name: string, query: string): Content => ({ kind: 'hunting', name, query });
const saved = (name: string, query: string, parameters = ''): Content & { kind: 'function' } => {
  return { kind: 'function', name, query, parameters, ours: false };
};

function one(content: Content[], name: string): Judged {
  const { judged } = coverageOf([...own, ...content]);
  return judged.find((each) => each.name === name) ?? assert.fail(`${name} is not judged`);
}

function remedyOf(content: Content[], name: string): Remedy {
  const judged = one(content, name);
  return judged.sees ? assert.fail(`${name} sees`) : judged.remedy;
}

const seeing: [what: string, query: string, through: string, others?: Content[]][] = [
  ['our table', 'OktaSystemLogs_CL | take 1', 'OktaSystemLogs_CL'],
  ['our table beside theirs', 'union Okta_CL, OktaSystemLogs_CL', 'OktaSystemLogs_CL'],
  ['every table that begins so', 'union isfuzzy=true Okta*', 'Okta*'],
  ['a function of ours', 'PatchbayOktaSSO | where x', 'PatchbayOktaSSO'],
  ['a function of ours that calls another', 'ASimAuthenticationOktaPatchbay', 'ASimAuthenticationOktaPatchbay'],
  ['a function of theirs over ours', 'OktaSSO | take 1', 'OktaSSO', [saved('OktaSSO', 'PatchbayOktaSSO')]],
  [
    'functions that call each other in a ring',
    'A | take 1',
    'A',
    [saved('A', 'B'), saved('B', 'union A, C'), saved('C', 'union B, OktaSystemLogsDistinct')],
  ],
  [
    'the unifying parser with a custom one over ours',
    '_Im_Authentication(starttime=ago(1d))',
    '_Im_Authentication',
    [saved('Im_AuthenticationCustom', 'union isfuzzy=true vimAuthenticationOktaPatchbay()')],
  ],
];

for (const [what, query, through, others = []] of seeing) {
  test(`content that reads ${what} sees our data`, () => {
    const judged = one([...others, rule('R', query)], 'R');
    assert.deepEqual([judged.sees, judged.through], [true, through]);
  });
}

const missing: [what: string, query: string, remedy: Remedy, others?: Content[]][] = [
  ['Okta_CL', 'Okta_CL | take 1', { kind: 'replace', from: 'Okta_CL', to: 'PatchbayOktaSSO', or: null }],
  ['OktaV2_CL', 'T | union OktaV2_CL', { kind: 'replace', from: 'OktaV2_CL', to: 'OktaSystemLogs_CL', or: null }],
  ['OktaSystemLogs', 'OktaSystemLogs', { kind: 'replace', from: 'OktaSystemLogs', to: 'OktaSystemLogs_CL', or: null }],
  ['OktaSSO', 'OktaSSO | take 1', { kind: 'replace', from: 'OktaSSO', to: 'PatchbayOktaSSO', or: 'save' }],
  ['OktaV2*', 'union OktaV2*', { kind: 'replace', from: 'OktaV2*', to: 'OktaSystemLogs_CL', or: null }],
  [
    'a built-in parser',
    '_ASim_Authentication_OktaSSO',
    { kind: 'replace', from: '_ASim_Authentication_OktaSSO', to: 'ASimAuthenticationOktaPatchbay', or: null },
  ],
  [
    'a filtering parser',
    'vimAuthenticationOktaV2(starttime=ago(1d))',
    { kind: 'replace', from: 'vimAuthenticationOktaV2', to: 'vimAuthenticationOktaPatchbay', or: null },
  ],
  [
    'a function over OktaSSO',
    'Logins | take 1',
    { kind: 'mend', name: 'Logins' },
    [saved('Logins', 'Inner'), saved('Inner', 'OktaSSO | take 1')],
  ],
  [
    'the unifying parser, without a custom one',
    '_ASim_Authentication | take 1',
    {
      kind: 'unify',
      from: '_ASim_Authentication',
      custom: 'ASim_AuthenticationCustom',
      exists: false,
      ours: 'ASimAuthenticationOktaPatchbay',
      line: 'union isfuzzy=true (ASimAuthenticationOktaPatchbay)',
    },
  ],
  [
    'the filtering unifying parser, with a custom one',
    '_Im_Authentication',
    {
      kind: 'unify',
      from: '_Im_Authentication',
      custom: 'Im_AuthenticationCustom',
      exists: true,
      ours: 'vimAuthenticationOktaPatchbay',
      line: '| union isfuzzy=true (vimAuthenticationOktaPatchbay(starttime=starttime, pack=pack))',
    },
    [saved('Im_AuthenticationCustom', 'T', 'starttime:datetime=datetime(null), other:int=1, pack:bool=false')],
  ],
  [
    'a unifying parser of the workspace’s own',
    'imAuthentication',
    {
      kind: 'unify',
      from: 'imAuthentication',
      custom: 'imAuthentication',
      exists: true,
      ours: 'vimAuthenticationOktaPatchbay',
      line: '| union isfuzzy=true (vimAuthenticationOktaPatchbay(endtime=endtime))',
    },
    [saved('imAuthentication', 'union T, vimAuthenticationOther()', 'endtime:datetime=datetime(null)')],
  ],
];

for (const [what, query, remedy, others = []] of missing) {
  test(`content that reads ${what} misses our data, and is told what to do`, () => {
    assert.deepEqual(remedyOf([...others, rule('R', query)], 'R'), remedy);
  });
}

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

test('content about something else is counted only, and so is what is about Okta in a text or a comment', () => {
  const { judged, unrelated, counts } = coverageOf([
    ...own,
    rule('Signins', 'SigninLogs | where AppDisplayName == "OktaSSO" // Okta_CL'),
    hunting('Hosts', 'Heartbeat'),
    saved('Rows', 'SecurityEvent | where a == "OktaSystemLogs_CL"'),
    rule('Renamed', 'let OktaSSO = Heartbeat; OktaSSO'),
  ]);
  assert.deepEqual(judged, []);
  assert.equal(unrelated, 4);
  assert.deepEqual(counts, { rules: 2, hunting: 1, functions: 1 });
});

test('what misses stands before what sees, rules before functions, enabled before disabled, Okta before all of ASIM', () => {
  const { judged } = coverageOf([
    ...own,
    saved('F', 'Okta_CL'),
    rule('0', 'OktaSSO', false),
    rule('Z', '_Im_Authentication'),
    hunting('H', 'OktaSSO'),
    rule('S', 'PatchbayOktaSSO'),
    rule('B', 'OktaSSO'),
    rule('A', 'Okta_CL'),
  ]);
  assert.deepEqual(
    judged.map(({ name }) => name),
    ['A', 'B', '0', 'H', 'F', 'Z', 'S'],
  );
});

const without = (alias: string) => own.filter(({ name }) => name !== alias);
const state = ({ lost, taken }: Coverage) => ({ lost, taken });

test('a function of ours that is gone, or whose name somebody else has, is told, and so is what calls it', () => {
  const content = [...without('PatchbayOktaSSO'), rule('R', 'PatchbayOktaSSO | take 1')];
  assert.deepEqual(state(coverageOf(content)), { lost: ['PatchbayOktaSSO'], taken: [] });
  assert.deepEqual(coverageOf(content).judged[0], {
    kind: 'rule',
    name: 'R',
    enabled: true,
    through: 'PatchbayOktaSSO',
    sees: false,
    remedy: { kind: 'lost', name: 'PatchbayOktaSSO' },
  });
  for (const name of ['PatchbayOktaSSO', 'patchbayoktasso']) {
    const taken = coverageOf([...content, saved(name, 'Heartbeat')]);
    assert.deepEqual(state(taken), { lost: ['PatchbayOktaSSO'], taken: ['PatchbayOktaSSO'] });
    // KQL tells letters apart: a call of ours under another one's spelling reaches nothing.
    assert.equal(taken.judged.length, name === 'PatchbayOktaSSO' ? 0 : 1);
  }
  assert.deepEqual(state(coverageOf(own)), { lost: [], taken: [] });
});

test('many functions that all call each other are judged at once', () => {
  const names = Array.from({ length: 300 }, (_, index) => `F${index}`);
  const ring = names.map((name) => saved(name, `union ${names.join(', ')}`));
  const began = performance.now();
  assert.equal(coverageOf([...own, ...ring]).unrelated, 300);
  assert.equal(coverageOf([...own, ...ring, saved('G', 'F1'), saved('F300', 'OktaSSO | union F2')]).judged.length, 1);
  assert.ok(performance.now() - began < 5_000);
});
