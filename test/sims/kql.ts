// Runs the product's real KQL over rows in memory, on the syntax tree and types of Microsoft's own parser. What it refuses,
// and where it differs from the service, is listed in kql/README.md.

import { columnReader, type Run } from './kql/expression.ts';
import { parse } from './kql/language.ts';
import { checkRule, sourceSteps } from './kql/rule.ts';
import type { Column, Row, SavedFunction, Table } from './kql/schema.ts';
import { builder, compileRelation, declare } from './kql/tabular.ts';
import { convert } from './kql/values.ts';

export { type Column, columnsFrom, KqlError, type Row, type SavedFunction, type Table } from './kql/schema.ts';

/**
 * Compiles a query against the declared tables and saved functions, once; the result runs it over rows as of `now`
 * (milliseconds). What cannot be run throws a KqlError here. Declared tables without rows are empty.
 */
export function compileQuery(
  text: string,
  schema: ReadonlyMap<string, readonly Column[]>,
  functions: readonly SavedFunction[] = [],
): (tables: ReadonlyMap<string, Row[]>, now: number) => Table {
  const { lets, result } = parse(text, schema, functions);
  const run: Run = { now: 0, tables: new Map() };
  const relation = compileRelation(result, declare(lets, run));
  const { columns } = relation;
  const finish = builder(
    columns,
    columns.map(({ name, type }) => columnReader(name, type)),
  );
  return (tables, now) => {
    run.now = now;
    run.tables = tables;
    return { columns, rows: relation.rows().map(finish) };
  };
}

/**
 * Compiles the `transformKql` of a data collection rule and holds it to the rule's limits. `run` takes an event as it
 * was posted, reads it by the stream's columns, and gives the row for the table, or null when the rule drops it.
 */
export function compileTransform(
  text: string,
  streamColumns: readonly Column[],
  tableColumns: readonly Column[],
): { columns: Column[]; run(event: Row, now?: number): Row | null } {
  const run: Run = { now: 0, tables: new Map() };
  const { columns, steps } = sourceSteps(checkRule(text, streamColumns, tableColumns), run);
  const read = builder(
    [...streamColumns],
    streamColumns.map(
      ({ name, type }) =>
        (event) =>
          convert(event[name] ?? null, 'dynamic', type),
    ),
  );
  return {
    columns,
    run(event, now = Date.now()) {
      run.now = now;
      let row: Row | null = read(event);
      for (const step of steps) {
        if (row === null) return null;
        row = step(row);
      }
      return row;
    },
  };
}
