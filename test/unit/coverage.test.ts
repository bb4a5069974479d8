import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Content } from '../../ingestion/azure/content/content.ts';
import { type Coverage, coverageOf, type Remedy } from '../../ingestion/azure/content/coverage.ts';
import { hunting, one, own, remedyOf, rule, saved } from './contents.ts';
import { cpuMsOf } from './cpu.ts';

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
  const ours = [...own, ...ring];
  const spent = cpuMsOf(() => {
    assert.equal(coverageOf(ours).unrelated, 300);
    assert.equal(coverageOf([...ours, saved('G', 'F1'), saved('F300', 'OktaSSO | union F2')]).judged.length, 1);
  });
  assert.ok(spent < 5_000, `${spent} ms`);
});
