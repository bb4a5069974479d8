import assert from 'node:assert/strict';
import { test } from 'node:test';
import template from '../../deploy/azuredeploy.json' with { type: 'json' };
import { templateOf } from '../../deploy/solution/template.ts';
import { asPublished, judge, type Members, onPaper, place } from '../deploy/judge.ts';
import { mistakes } from '../deploy/mistakes.ts';
import { deploy, type Json } from '../deploy/template.ts';
import { TemplateSchemas } from './template-schemas.ts';

const schemas = TemplateSchemas.open();
const fresh = () => structuredClone(template) as unknown as Members;

test('nothing is wrong with the template, by the schemas that Microsoft publishes', () => {
  assert.deepEqual(judge(fresh(), schemas), []);
});

/** The resources as their schemas have them, those whose types have one at hand. */
function published() {
  return onPaper(fresh(), 'private').resources.flatMap((each) => asPublished(each, schemas) ?? []);
}

test('every resource is what Microsoft publishes for its type', () => {
  const resources = published();
  assert.ok(resources.length >= 25, `${resources.length} resources`);
  for (const { type, apiVersion, path } of resources) {
    assert.notDeepEqual(schemas.faultsOf(type, apiVersion, {}), [], `${path}: an empty ${type} passes`);
  }
});

test('the template of the solution has the frame of templates, and its functions are what is published for them', () => {
  const solution = JSON.parse(templateOf(null)) as Members;
  assert.deepEqual(schemas.envelopeFaultsOf(solution), []);
  const { resources } = deploy(solution, { workspace: 'main' }, place, new Map());
  const functions = resources.filter(({ type }) => type.endsWith('/savedSearches'));
  assert.ok(functions.length > 0);
  for (const { type, apiVersion, body } of functions)
    assert.deepEqual(schemas.faultsOf(type, apiVersion, { ...body, name: 'patchbay' }), []);
});

for (const [name, { make, found, schema }] of mistakes) {
  if (!schema) continue;
  test(`found in the template by the schemas: ${name}`, () => {
    const wrong = fresh();
    make(wrong);
    const faults = judge(wrong, schemas);
    assert.ok(
      faults.some((fault) => found.test(fault)),
      `not found; but ${JSON.stringify(faults, null, 2)}`,
    );
  });
}

/** Members whose names are the template's own, or that another check reads. */
const free = /\.template\b|\.features\b|\.userAssignedIdentities\b|properties\.parameters\b/;

test('a misspelt member of any resource is found, and a wrong type', () => {
  let tried = 0;
  const missed: string[] = [];
  for (const { type, apiVersion, body, path } of published()) {
    const whole = { ...body, name: 'name-1' };
    const passes = () => schemas.faultsOf(type, apiVersion, whole).length === 0;
    for (const { owner, name, at } of membersIn(whole, path)) {
      if (free.test(at)) continue;
      tried += 2;
      const value = owner[name] ?? null;
      owner[name] = wrongType(value);
      if (passes()) missed.push(`${at} of a wrong type`);
      delete owner[name];
      owner[`${name}x`] = value;
      if (passes()) missed.push(`${at}x`);
      delete owner[`${name}x`];
      owner[name] = value;
    }
  }
  assert.ok(tried > 500, `${tried} mistakes tried`);
  assert.deepEqual(missed, []);
});

function wrongType(value: Json): Json {
  return typeof value === 'object' ? 'text' : { wrong: true };
}

function* membersIn(value: Json, path: string): Generator<{ owner: Members; name: string; at: string }> {
  if (Array.isArray(value)) for (const [at, each] of value.entries()) yield* membersIn(each, `${path}[${at}]`);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
  for (const [name, each] of Object.entries(value)) {
    yield* membersIn(each, `${path}.${name}`);
    yield { owner: value, name, at: `${path}.${name}` };
  }
}
