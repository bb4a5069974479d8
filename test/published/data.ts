import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../../shared/data/', import.meta.url);

/** Why the tests of this folder cannot run. */
export const absent = 'the published data is not here: these tests need it beside the checkout, at ../shared/data';

/** Whether the published data is on this machine. */
export function isAtHand(): boolean {
  return existsSync(folder);
}

/** The text of a file of the published data, by its path below `data/`. Throws a sentence where there is none. */
export function published(path: string): string {
  if (!isAtHand()) throw new Error(absent);
  return readFileSync(new URL(path, folder), 'utf8');
}

/** The lines of a table of the published data, without its head. */
export function publishedRows(path: string): string[] {
  return published(path).trim().split('\n').slice(1);
}

/** The sample events that people have published, as JSON, by the file that they are in. */
export function sampleEvents(): Map<string, string[]> {
  if (!isAtHand()) throw new Error(absent);
  const files = readdirSync(new URL('okta/samples/', folder)).filter((name) => name.endsWith('.ndjson'));
  return new Map(files.map((name) => [name, published(`okta/samples/${name}`).trim().split('\n')]));
}
