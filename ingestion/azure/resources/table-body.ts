import type { Column, Table } from '@azure/arm-operationalinsights';
import type { TableSettings } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';

/** A table of ours, with the columns that it has at least. */
export type TableShape = { name: string; description: string; columns: Column[] };

/** Tier and retention (days) of a table as it is; what Azure does not say of them is as it was asked for. Never throws. */
export function settingsOf(table: Table | null, asked: TableSettings): TableSettings {
  return {
    plan: table?.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics',
    retentionDays: table?.retentionInDays ?? asked.retentionDays,
    totalRetentionDays: table?.totalRetentionInDays ?? asked.totalRetentionDays,
  };
}

/** The body of a request that makes the table. Never throws. */
export function newTable(shape: TableShape, settings: TableSettings): Table {
  return { plan: settings.plan, ...retentionOf(settings), schema: shape };
}

/**
 * The body of a request that adds our missing columns to a table and changes nothing else; null when it has them all. Throws
 * ConnectorError `table-unfit` when a column of that name has another type: Azure changes none.
 * Source: learn.microsoft.com/rest/api/loganalytics/tables/create-or-update.
 */
export function extendedTable(existing: Table, { name: tableName, columns }: TableShape): Table | null {
  const there = new Map((existing.schema?.columns ?? []).map((column) => [column.name ?? '', column]));
  const lacking = columns.filter(({ name = '' }) => !there.has(name));
  for (const wanted of columns) checkType(there.get(wanted.name ?? ''), wanted);
  if (lacking.length === 0) return null;
  const { plan, retentionInDays, totalRetentionInDays } = existing;
  return {
    ...(plan ? { plan } : {}),
    ...(retentionInDays && plan === 'Analytics' ? { retentionInDays } : {}),
    ...(totalRetentionInDays ? { totalRetentionInDays } : {}),
    schema: { name: tableName, columns: [...there.values(), ...lacking] },
  };
}

/** The body of a request that gives a table another retention, our missing columns besides, and no other tier. Throws as above. */
export function retainedTable(existing: Table, shape: TableShape, settings: TableSettings): Table {
  const { columns = [] } = (extendedTable(existing, shape) ?? existing).schema ?? {};
  const plan = existing.plan === 'Auxiliary' ? 'Auxiliary' : 'Analytics';
  return { plan, ...retentionOf({ ...settings, plan }), schema: { name: shape.name, columns } };
}

/** The lake tier has no analytics retention of its own. */
function retentionOf({ plan, retentionDays, totalRetentionDays }: TableSettings): Table {
  return {
    ...(plan === 'Analytics' ? { retentionInDays: retentionDays } : {}),
    totalRetentionInDays: totalRetentionDays,
  };
}

function checkType(existing: Column | undefined, { name = '', type }: Column): void {
  if (!existing || existing.type?.toLowerCase() === type?.toLowerCase()) return;
  const text = `The table has a column ${name} of type ${existing.type}; it must be ${type}.`;
  throw new ConnectorError('table-unfit', { code: 'ColumnTypeDiffers', text, subject: name });
}

/**
 * Makes sure that rows of ours can go into a table that is there already, now and as it is. Throws ConnectorError: `azure-busy`
 * while it is being changed, `table-unfit` for a classic table or one of the Basic tier.
 * Source: github.com/Azure/azure-rest-api-specs, Microsoft.OperationalInsights 2025-02-01, Tables.json.
 */
export function checkFit({ provisioningState, plan, schema }: Table): void {
  if (provisioningState && provisioningState !== 'Succeeded') {
    const text = `The table's provisioning state is ${provisioningState}.`;
    throw new ConnectorError('azure-busy', { code: 'TableUpdating', text });
  }
  if (schema?.tableSubType === 'Classic') {
    throw new ConnectorError('table-unfit', { code: 'ClassicTable', text: 'The table has the subtype Classic.' });
  }
  if (plan === 'Basic') {
    throw new ConnectorError('table-unfit', { code: 'BasicPlan', text: 'The table has the plan Basic.' });
  }
}
