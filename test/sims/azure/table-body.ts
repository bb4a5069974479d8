import type { Column, Type } from '../kql/schema.ts';
import type { Plan } from './estate.ts';
import { type Call, isObject, Refusal, readObject } from './exchange.ts';
import { builtInTables } from './standard-tables.ts';

const types = new Map<string, Type>([
  ['string', 'string'],
  ['int', 'int'],
  ['long', 'long'],
  ['real', 'real'],
  ['boolean', 'bool'],
  ['datetime', 'datetime'],
  ['guid', 'guid'],
  ['dynamic', 'dynamic'],
]);
const reserved = new Set(['_resourceid', 'id', '_subscriptionid', 'tenantid', 'type', 'uniqueid', 'title']);
const plans: readonly string[] = ['Analytics', 'Basic', 'Auxiliary'] satisfies Plan[];

/** What a caller wants of a table; what it did not say is undefined, -1 means the default. */
export type TableRequest = {
  columns: Column[] | undefined;
  description: string | undefined;
  plan: Plan | undefined;
  retentionInDays: number | undefined;
  totalRetentionInDays: number | undefined;
};

/** A refusal of a value in the body. */
export function invalid(message: string): Refusal {
  return new Refusal(400, 'InvalidParameter', message);
}

/** Refuses names that a custom table cannot have. */
export function checkName(name: string): void {
  if (builtInTables.has(name)) throw invalid(`Table '${name}' is a built-in table and cannot be created.`);
  if (!/^[A-Za-z][A-Za-z0-9_-]{3,62}$/.test(name) || !name.endsWith('_CL')) {
    throw invalid(
      `Table name '${name}' is invalid: 4 to 63 letters, digits, '-' or '_', and custom tables end in '_CL'.`,
    );
  }
}

/** The wishes in the body of a PUT or PATCH, each checked by itself. */
export function readTable(call: Call, name: string): TableRequest {
  const { properties } = readObject(call);
  if (!isObject(properties)) throw invalid('properties is required.');
  const { schema, plan, retentionInDays, totalRetentionInDays } = properties;
  if (plan !== undefined && (typeof plan !== 'string' || !plans.includes(plan)))
    throw invalid(`Plan '${plan}' is not valid.`);
  if (schema !== undefined && !isObject(schema)) throw invalid('schema must be an object.');
  if (schema && schema.name !== undefined && schema.name !== name) {
    throw invalid(`Schema name '${schema.name}' differs from the table name '${name}'.`);
  }
  return {
    columns: schema?.columns === undefined ? undefined : readColumns(schema.columns),
    description: typeof schema?.description === 'string' ? schema.description : undefined,
    plan: plan as Plan | undefined,
    retentionInDays: readDays('retentionInDays', retentionInDays, 730),
    totalRetentionInDays: readDays('totalRetentionInDays', totalRetentionInDays, 4383),
  };
}

function readDays(name: string, value: unknown, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === -1) return -1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 4 && value <= most) return value;
  throw invalid(`${name} must be between 4 and ${most}, or -1.`);
}

function readColumns(value: unknown): Column[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('A table needs columns.');
  if (value.length > 500) throw invalid('A table may have at most 500 columns.');
  const columns = value.map(readColumn);
  if (new Set(columns.map(({ name }) => name)).size < columns.length) throw invalid('Two columns have the same name.');
  if (!columns.some(({ name, type }) => name === 'TimeGenerated' && type === 'datetime')) {
    throw invalid("A table needs a column 'TimeGenerated' of type dateTime.");
  }
  return columns;
}

function readColumn(value: unknown): Column {
  const { name, type } = isObject(value) ? value : {};
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,44}$/.test(name)) {
    throw invalid(`Column name '${name}' is invalid: a letter, then letters, digits or '_', at most 45 in all.`);
  }
  if (reserved.has(name.toLowerCase())) throw invalid(`Column name '${name}' is reserved.`);
  const known = typeof type === 'string' ? types.get(type.toLowerCase()) : undefined;
  if (!known) throw invalid(`Column '${name}' has the unknown type '${type}'.`);
  return { name, type: known };
}
