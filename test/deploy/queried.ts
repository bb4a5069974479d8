import assert from 'node:assert/strict';
import healthColumns from '../../deploy/health-columns.json' with { type: 'json' };
import { savedFunctions } from '../../ingestion/azure/resources/functions.ts';
import { standardColumns } from '../sims/azure/standard-tables.ts';
import { type Column, columnsFrom, compileQuery, type Row } from '../sims/kql.ts';
import { table, transform } from './transform.ts';

/** The tables that queries know. */
export const schema = new Map<string, Column[]>([['OktaSystemLogs_CL', [...table, ...standardColumns]]]);

/** And with them the table of the connectors' health, which our rules read too. */
export const ruleSchema = new Map<string, Column[]>([
  ...schema,
  ['OktaConnectorHealth_CL', [...columnsFrom(healthColumns), ...standardColumns]],
]);

/** The time at which queries run. */
export const now = Date.UTC(2026, 2, 4, 10, 30);

const rows = new WeakMap<Row, Row>();
const compiled = new Map<string, ReturnType<typeof compileQuery>>();

/** The row of an event as it is stored: without a time it gets that of its receipt. */
export function rowOf(event: Row): Row {
  const made = rows.get(event) ?? transform.run(event) ?? assert.fail('no row');
  rows.set(event, made);
  return { ...made, TimeGenerated: made.TimeGenerated ?? now };
}

/** What a query with our saved functions gives when these events are stored. */
export function run(query: string, events: Row[]): { columns: Column[]; rows: Row[] } {
  const made = compiled.get(query) ?? compileQuery(query, schema, savedFunctions);
  compiled.set(query, made);
  return made(new Map([['OktaSystemLogs_CL', events.map(rowOf)]]), now);
}

/** The one row that a query gives of one event. */
export function one(query: string, event: Row): Row {
  const { rows } = run(query, [event]);
  assert.equal(rows.length, 1);
  return rows[0] as Row;
}

/** Compares the named columns only. */
export function shows(row: Row, expected: Row): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, row[name]])), expected);
}
