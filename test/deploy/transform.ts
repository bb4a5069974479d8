import { readFileSync } from 'node:fs';
import { columnsFrom, compileTransform } from '../sims/kql.ts';

/** A column as it is declared in JSON. */
export type Declared = { name: string; type: string };

const read = (file: string) => readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8');

/** The columns of the table, as they are declared. */
export const declared = JSON.parse(read('columns.json')) as (Declared & { description: string })[];

/** The columns of the table and of the stream, as KQL knows them. */
export const table = columnsFrom(declared);
export const stream = columnsFrom(JSON.parse(read('stream.json')));

/** Okta's objects that stand in the table whole, with the columns that they stand in: of their parts only some have columns of their own. */
export const whole = [
  ['device', 'Device'],
  ['securityContext', 'SecurityContext'],
  ['authenticationContext', 'AuthenticationContext'],
] as const;

/** The columns of the table that the built-in one has not. */
export const ours = ['ConnectorId', 'OktaDomain', 'PublishedTime', ...whole.map(([, column]) => column as string)];

/** The id of the connector whose rule it is. */
export const connectorId = '7d1d3c5e-2f70-4c57-9b8e-0a6f3f0c1b2d';

/** The text of the transform, in the rule of an org. */
export function stamped(domain: string): string {
  return read('transform.kql').replace('{{ConnectorId}}', connectorId).replace('{{OktaDomain}}', domain);
}

/** The transform in the rule of harbour.okta.com. */
export const transform = compileTransform(stamped('harbour.okta.com'), stream, table);

/** Columns as texts that can be compared: each name with its type, sorted. */
export function shape(columns: Declared[]): string[] {
  return columns.map(({ name, type }) => `${name}:${type}`).sort();
}
