import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import healthColumns from '../../deploy/health-columns.json' with { type: 'json' };
import { workbookOf, workbookParts } from '../../deploy/workbook.ts';
import { builtInTables, standardColumns } from '../sims/azure/standard-tables.ts';
import { ingestionTime } from '../sims/kql/schema.ts';
import { type Column, columnsFrom, compileQuery, type Row } from '../sims/kql.ts';
import { schema as logs, now, rowOf, shows } from './queried.ts';
import { connectorId } from './transform.ts';

const read = (path: string) => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');
const schema = new Map<string, readonly Column[]>([
  ...logs,
  ...builtInTables,
  ['OktaConnectorHealth_CL', [...columnsFrom(healthColumns), ...standardColumns]],
]) as Map<string, Column[]>;
const minute = 60_000;
const hour = 60 * minute;

/** What a part shows of these rows, at a price of 5. */
function shown(id: string, tables: Record<string, Row[]>): { rows: Row[]; columns: Column[] } {
  const { query } = workbookParts.find((each) => each.id === id) ?? assert.fail(id);
  return compileQuery(query.replace('{Price}', '5'), schema)(new Map(Object.entries(tables)), now);
}

let made = 0;
/** The row of an event that was published so long ago, and took so long. */
function row(ago: number, tookMs = minute, change: Row = {}): Row {
  const published = now - ago;
  const event = {
    uuid: `event-${++made}`,
    published: new Date(published).toISOString(),
    eventType: 'user.session.start',
    outcome: { result: 'SUCCESS' },
    actor: { id: '00ualice' },
    ...change,
  };
  return { ...rowOf(event), [ingestionTime]: published + tookMs };
}

const health = (ago: number, more: Row): Row => ({
  TimeGenerated: now - ago,
  OperationName: 'Data fetch status change',
  Status: 'Success',
  Reason: '',
  Description: '',
  SentinelResourceId: 'acme',
  SentinelResourceName: 'Acme',
  ExtendedProperties: { OktaDomain: 'harbour.okta.com', FailingSince: null },
  ...more,
});

const hours = (rows: Row[]) => rows.map(({ Hour }) => new Date(Number(Hour)).getUTCHours());

test('events are counted by hour and org', () => {
  const { rows } = shown('events', { OktaSystemLogs_CL: [row(5 * minute), row(10 * minute), row(2 * hour)] });
  assert.deepEqual(
    rows.map(({ Events, OktaDomain }) => [Events, OktaDomain]),
    [
      [1, 'harbour.okta.com'],
      [2, 'harbour.okta.com'],
    ],
  );
  assert.deepEqual(hours(rows), [8, 10]);
});

test('the delay is that of what came within a day: what was read back from before is left out', () => {
  const fresh = [1, 2, 3].map((minutes) => row(10 * minute, minutes * minute));
  const { rows } = shown('delay', { OktaSystemLogs_CL: [...fresh, row(72 * hour, 72 * hour)] });
  assert.equal(rows.length, 1);
  shows(rows[0] as Row, { Half: 2 });
});

test('a connector stands as its newest record says, and one that was removed is not shown', () => {
  const since = new Date(now - hour).toISOString();
  const { rows } = shown('health', {
    OktaConnectorHealth_CL: [
      health(2 * hour, {}),
      health(minute, {
        Status: 'Failure',
        Reason: 'token-refused',
        ExtendedProperties: { OktaDomain: 'a.okta.com', FailingSince: since },
      }),
      health(minute, { SentinelResourceId: 'gone', OperationName: 'Connector removed' }),
    ],
  });
  assert.equal(rows.length, 1);
  shows(rows[0] as Row, { Connector: 'Acme', Org: 'a.okta.com', Status: 'Failure', FailingSince: Date.parse(since) });
});

test('hours of failure are counted once each', () => {
  const { rows } = shown('outages', {
    OktaConnectorHealth_CL: [
      health(minute, { Status: 'Failure' }),
      health(2 * minute, { Status: 'Failure' }),
      health(2 * hour, { Status: 'Failure' }),
      health(minute, {}),
    ],
  });
  assert.deepEqual(
    rows.map(({ Hours, Connector }) => [Hours, Connector]),
    [[2, 'Acme']],
  );
});

test('what a connector has brought says which rows stand twice', () => {
  const twice = row(hour);
  const { rows } = shown('coverage', {
    OktaSystemLogs_CL: [twice, twice, row(minute, minute, { eventType: 'user.session.end' })],
  });
  shows(rows[0] as Row, { ConnectorId: connectorId, Rows: 3, Events: 2, Types: 2, Twice: 1 });
});

test('types are listed with what failed of them', () => {
  const { rows } = shown('kinds', { OktaSystemLogs_CL: [row(1), row(2, 0, { outcome: { result: 'FAILURE' } })] });
  shows(rows[0] as Row, { Type: 'user.session.start', Events: 2, Failed: 1, People: 1 });
});

test('the cost is what was taken in, in GB, at the price of the reader', () => {
  const usage = (DataType: string, Quantity: number, more: Row = {}): Row => ({
    DataType,
    Quantity,
    IsBillable: true,
    StartTime: now - 2 * hour,
    ...more,
  });
  const { rows } = shown('cost', {
    Usage: [
      usage('OktaSystemLogs_CL', 1500),
      usage('OktaSystemLogs_CL', 500),
      usage('SigninLogs', 9000),
      usage('OktaSystemLogs_CL', 100, { IsBillable: false }),
    ],
  });
  assert.deepEqual(
    rows.map(({ GB, Cost, Table }) => [Table, GB, Cost]),
    [['OktaSystemLogs_CL', 2, 10]],
  );
});

test('the workbook is made of these parts, each of which says what it shows', () => {
  assert.deepEqual(JSON.parse(read('workbook.json')), JSON.parse(workbookOf(workbookParts)), 'npm run workbook');
  assert.equal(new Set(workbookParts.map(({ id }) => id)).size, workbookParts.length);
  for (const { id, title, shape } of workbookParts) {
    assert.ok(title.length > 10 && ['table', 'timechart'].includes(shape), id);
    assert.ok(shown(id, {}).columns.length > 1, id);
  }
  assert.match(read('README.md'), /`workbook\.json`/);
});
