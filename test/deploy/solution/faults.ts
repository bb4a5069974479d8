import type { SolutionFiles } from './files.ts';
import type { Check } from './repository-checks.ts';

/** What is wrong with a solution, a sentence each. */
export type Faults = (solution: SolutionFiles) => string[];

/** A test of Azure's template toolkit: its name here is `ARM-TTK: ` and the toolkit's. */
export function entry(name: string, check: Check): [string, Check] {
  return [`ARM-TTK: ${name}`, check];
}

/** What is empty in a text of JSON, also in a text within it: the toolkit looks at letters. */
export function blanks(text: string, mayBe: string[]): string[] {
  return [...text.matchAll(/"([^"]+)"\s*:\s*(?:\{\s*\}|\[\s*\]|"\s*"|null\b)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !mayBe.includes(name))
    .map((name) => `${name} is empty`);
}

/** Where these words stand in a text. */
export function found(text: string, what: RegExp): string[] {
  return [...text.matchAll(what)].map(([words]) => `${words} stands there`);
}
