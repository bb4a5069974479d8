import { createHash } from 'node:crypto';
import {
  type SavedFunction,
  savedFunctions,
  propertiesOf as savedOf,
  searchId,
} from '../../ingestion/azure/resources/functions.ts';
import { type AlertRule, alertRules, propertiesOf } from '../alert-rules.ts';
import { workbookOf, workbookParts } from '../workbook.ts';
import about from './solution.json' with { type: 'json' };

/** What solution.json says of the solution. */
export { about };

/**
 * Who publishes the solution, as Partner Center and the content hub are to have it; `firstPublished` is a day, such as
 * 2026-12-31. A package for one's own workspaces has none.
 */
export type Publisher = { id: string; name: string; email: string; link: string; firstPublished: string };

/** A rule, the workbook or a function in the solution: its id there, which never changes, and its version of three numbers. */
type Packed = { guid: string; version: string };

/** The rules, with the names of their files. */
export const rules: readonly (AlertRule & Packed & { file: string })[] = alertRules.map((each) => ({
  ...each,
  guid: guidOf(`alert rule ${each.id}`),
  version: versionOf(each.id),
  file: `Patchbay${each.id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`,
}));

/** A function, the saved search in which the bot keeps one too, and what it keeps there: it is the same, so each takes it for its own. */
type Parser = Omit<SavedFunction, 'version'> & Packed & { search: string; saved: ReturnType<typeof savedOf> };

/** The functions, which a solution calls parsers. */
export const parsers: readonly Parser[] = savedFunctions.map((each) => ({
  ...each,
  guid: guidOf(`function ${each.alias}`),
  version: `${each.version}.0.0`,
  search: searchId(each.alias),
  saved: savedOf(each),
}));

/** The workbook; `serialized` as Azure keeps it, without the empty lists that a template must not have. */
export const workbook = {
  ...about.workbook,
  version: versionOf('workbook'),
  file: about.workbook.key.replace(/Workbook$/, ''),
  text: workbookOf(workbookParts),
  serialized: JSON.stringify(JSON.parse(workbookOf(workbookParts), (_, value) => filled(value))),
};

/** The tables that they read. */
export const tables = [
  { name: 'logs', table: 'OktaSystemLogs_CL' },
  { name: 'health', table: 'OktaConnectorHealth_CL' },
];

/** What a rule does, without the empty lists that a template must not have. */
export function filledOf(rule: AlertRule) {
  const { incidentConfiguration, ...properties } = propertiesOf(rule);
  const { groupingConfiguration, createIncident } = incidentConfiguration;
  const grouping = Object.entries(groupingConfiguration).filter(([, value]) => filled(value) !== undefined);
  return {
    ...properties,
    incidentConfiguration: { createIncident, groupingConfiguration: Object.fromEntries(grouping) },
  };
}

/** Undefined for an empty list, which leaves it out. */
function filled<Value>(value: Value): Value | undefined {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

function versionOf(part: string): string {
  const version = new Map(Object.entries(about.versions)).get(part);
  if (version === undefined) throw new Error(`deploy/solution/solution.json has no version of ${part}`);
  return version;
}

/** A GUID made of a name, the same each time. Source: RFC 9562, version 5, with a name space of our own. */
function guidOf(name: string): string {
  const bytes = createHash('sha1').update(`patchbay solution ${name}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
