import assert from 'node:assert/strict';
import { test } from 'node:test';
import healthColumns from '../../deploy/health-columns.json' with { type: 'json' };
import { run } from '../deploy/queried.ts';
import { type Declared, declared, ours, shape, table, whole } from '../deploy/transform.ts';
import { columnsFrom } from '../sims/kql.ts';
import { published, publishedRows } from './data.ts';

const json = <T>(path: string) => JSON.parse(published(path)) as T;

test('the built-in table has 62 columns: 57 that we declare, and five that Azure gives every table', () => {
  const azureOwn = ['TenantId', 'Type', 'SourceSystem', '_BilledSize', '_IsBillable'];
  const names = new Set(table.map(({ name }) => name));
  const rows = publishedRows('azure/OktaSystemLogs.columns.csv');
  const builtIn = rows.map((row) => row.split(',', 2)).map(([name = '', type = '']) => ({ name, type }));
  assert.equal(builtIn.length, 62);
  for (const name of azureOwn) assert.ok(builtIn.some((column) => column.name === name) && !names.has(name));
  const user = columnsFrom(builtIn.filter(({ name }) => !azureOwn.includes(name)));
  assert.equal(user.length, 57);
  assert.deepEqual(shape(user), shape(table.filter(({ name }) => !ours.includes(name))));
});

test('columns.json has the names and types of the built-in table and those of ours', () => {
  const body = json<{ properties: { schema: { columns: Declared[] } } }>('azure/table_PUT_OktaSystemLogs_CL.json');
  const extra = json<Declared[]>('azure/table_extra_columns.json');
  const objects = whole.map(([, name]) => ({ name, type: 'dynamic' }));
  assert.deepEqual(shape(declared), shape([...body.properties.schema.columns, ...extra, ...objects]));
});

test('the table of health records has the columns of SentinelHealth, no more and no less', () => {
  const ofAzure = ['_BilledSize', '_IsBillable', 'SourceSystem', 'TenantId', 'Type'];
  const lines = publishedRows('azure/SentinelHealth.columns.csv');
  const wanted = lines.map((line) => line.split(',').slice(0, 2)).filter(([name = '']) => !ofAzure.includes(name));
  const own = healthColumns.map(({ name, type }) => [name, type.toLowerCase()]);
  assert.deepEqual(own.toSorted(), wanted.toSorted());
});

test('every column that published content uses is delivered, with the type of the old table', () => {
  const types = new Map(run('PatchbayOktaSSO', []).columns.map(({ name, type }) => [name, type as string]));
  const used = publishedRows('azure/columns_used_summary.csv').map((line) => line.split(',')[0] ?? '');
  const mapped = publishedRows('azure/OktaSSO_parser_mapping.csv').map((line) => line.split(',')[0] ?? '');
  assert.ok(used.length >= 34 && mapped.length >= 45);
  for (const name of [...used, ...mapped]) assert.ok(types.has(name), name);
  for (const line of publishedRows('azure/Okta_CL.columns.csv')) {
    const [name = '', type] = line.split(',');
    // What the old collector put beside the events has no meaning here.
    if (/^(_ItemId|Computer|MG|ManagementGroupName|RawData|SourceSystem)$/.test(name)) continue;
    assert.equal(types.get(name), type, name);
  }
});
