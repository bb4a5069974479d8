import assert from 'node:assert/strict';
import type { Content } from '../../ingestion/azure/content/content.ts';
import { coverageOf, type Judged, type Remedy } from '../../ingestion/azure/content/coverage.ts';
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';

/** Our own functions, as they are found in a workspace. */
export const own: Content[] = savedFunctions.map(({ alias, parameters, query }) => {
  return { kind: 'function', name: alias, parameters, query, ours: true };
});

/** Content of other kinds. */
export const rule = (name: string, query: string, enabled = true): Content => ({ kind: 'rule', name, query, enabled });
export const hunting = (name: string, query: string): Content => ({ kind: 'hunting', name, query });
export const saved = (name: string, query: string, parameters = ''): Content & { kind: 'function' } => {
  return { kind: 'function', name, query, parameters, ours: false };
};

/** What is said of one piece of content, among our functions and others. */
export function one(content: Content[], name: string): Judged {
  const { judged } = coverageOf([...own, ...content]);
  return judged.find((each) => each.name === name) ?? assert.fail(`${name} is not judged`);
}

/** What is to be done for content that misses our data. */
export function remedyOf(content: Content[], name: string): Remedy {
  const judged = one(content, name);
  return judged.sees ? assert.fail(`${name} sees`) : judged.remedy;
}
