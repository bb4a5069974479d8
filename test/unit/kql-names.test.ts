import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn } from '../../ingestion/azure/content/kql-names.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { cpuMsOf } from './cpu.ts';
import { okta, texts } from './kql-texts.ts';

for (const [what, text, names] of texts) {
  test(`${what}: ${text.replaceAll('\n', '⏎')} reads ${names.join(' and ') || 'nothing of Okta'}`, () => {
    assert.deepEqual(okta(text), names);
  });
}

test('what a parameter is called is no table', () => {
  assert.deepEqual(okta('OktaSSO | union Okta_CL', 'OktaSSO:(a:string), pack:bool=false'), ['Okta_CL']);
});

test('a long text of nothing but quotes and brackets has an answer at once', () => {
  for (const sign of ["'", '"', '`', '[', '(', '{', 'let a=', "['", '@"', '//', '*', '.']) {
    const text = sign.repeat(100_000);
    assert.ok(cpuMsOf(() => namesIn(text)) < 2_000, sign);
  }
});

test('each of our own functions reads our table, or another one of ours', () => {
  for (const { query, parameters, alias } of savedFunctions) {
    const inside = okta(query, parameters).filter((name) => name !== 'OktaDomain');
    const expected = alias.startsWith('ASim') ? 'vimAuthenticationOktaPatchbay' : 'OktaSystemLogs_CL';
    assert.deepEqual(inside, [expected], alias);
  }
});
