import { randomUUID } from 'node:crypto';
import type { Column, Type } from '../kql/schema.ts';
import { type ArmCall, authorize } from './arm.ts';
import { type LogTable, newTable, type Operation, type Workspace } from './estate.ts';
import { Refusal, type Reply } from './exchange.ts';
import { findWorkspace } from './onboarding.ts';
import { standardColumns } from './standard-tables.ts';
import { checkName, invalid, readTable, type TableRequest } from './table-body.ts';

const armNames = new Map<Type, string>([
  ['bool', 'boolean'],
  ['datetime', 'dateTime'],
]);
/** For an operation that is not seen to end. */
const longMs = 24 * 3_600_000;

/** GET of one table. */
export function getTable(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'read');
  const table = workspace.tables.get(name.toLowerCase());
  if (!table) throw notFound(workspace, name);
  return { status: 200, body: tableBody(workspace, table, arm.cloud.now()) };
}

/** GET of all custom tables of a workspace. */
export function listTables(arm: ArmCall): Reply {
  const { workspace } = target(arm, 'read');
  const value = [...workspace.tables.values()].map((table) => tableBody(workspace, table, arm.cloud.now()));
  return { status: 200, body: { value } };
}

/** PUT of a custom table: made, or changed with its existing columns kept. */
export function putTable(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'write');
  const existing = workspace.tables.get(name.toLowerCase());
  checkName(name);
  checkUnlocked(existing, arm.cloud.now());
  const wanted = readTable(arm.call, name);
  if (!existing && !wanted.columns) throw invalid(`Schema is required to create table '${name}'.`);
  if (workspace.tableOperations === 'fail') return unfinished(arm, workspace, 'Failed');
  if (workspace.tableOperations === 'are cancelled') return unfinished(arm, workspace, 'Canceled');
  const table = existing ?? newTable(name, [], arm.cloud.now());
  change(table, wanted, arm.cloud.now());
  workspace.tables.set(name.toLowerCase(), table);
  return written(arm, workspace, table);
}

/** PATCH of a table that exists. */
export function patchTable(arm: ArmCall): Reply {
  const { workspace, name } = target(arm, 'write');
  const table = workspace.tables.get(name.toLowerCase());
  if (!table) throw notFound(workspace, name);
  checkUnlocked(table, arm.cloud.now());
  change(table, readTable(arm.call, name), arm.cloud.now());
  return written(arm, workspace, table);
}

/** GET of the long-running operation that a 202 named. */
export function getOperation({ cloud, parts }: ArmCall): Reply {
  const operation = cloud.estate.operations.get(parts[1] ?? '');
  if (!operation) throw new Refusal(404, 'OperationNotFound', `The operation '${parts[1]}' was not found.`);
  const done = operation.readyAt <= cloud.now();
  const body = {
    name: operation.name,
    status: done ? operation.end : 'InProgress',
    startTime: new Date(operation.startedAt).toISOString(),
    ...(done && { endTime: new Date(operation.readyAt).toISOString() }),
    ...(done &&
      operation.end === 'Failed' && {
        error: { code: 'InternalServerError', message: 'An internal server error occurred. Try again later.' },
      }),
  };
  return { status: 200, body };
}

function target(arm: ArmCall, verb: 'read' | 'write'): { workspace: Workspace; name: string } {
  const [id = '', name = ''] = arm.parts;
  authorize(arm, `Microsoft.OperationalInsights/workspaces/tables/${verb}`, name ? `${id}/tables/${name}` : id);
  return { workspace: findWorkspace(arm, id), name };
}

function notFound(workspace: Workspace, name: string): Refusal {
  return new Refusal(404, 'ResourceNotFound', `Table '${name}' was not found in workspace '${workspace.name}'.`);
}

function checkUnlocked(table: LogTable | undefined, now: number): void {
  if (table && table.readyAt > now) {
    throw new Refusal(
      409,
      'Conflict',
      `Table '${table.name}' is being updated. Try again when its provisioning state is Succeeded.`,
    );
  }
}

function change(table: LogTable, wanted: TableRequest, now: number): void {
  const plan = wanted.plan ?? table.plan;
  const isNew = table.columns.length === 0;
  if (!isNew && plan !== table.plan && (plan === 'Auxiliary' || table.plan === 'Auxiliary')) {
    throw invalid(`The plan of table '${table.name}' cannot be changed from ${table.plan} to ${plan}.`);
  }
  if (plan !== 'Analytics' && (wanted.retentionInDays ?? -1) !== -1) {
    throw invalid(`retentionInDays cannot be set on the ${plan} plan.`);
  }
  const retentionInDays = chosen(wanted.retentionInDays, table.retentionInDays);
  const totalRetentionInDays = chosen(wanted.totalRetentionInDays, table.totalRetentionInDays);
  if (totalRetentionInDays !== undefined && totalRetentionInDays < (retentionInDays ?? 0)) {
    throw invalid('totalRetentionInDays must not be shorter than retentionInDays.');
  }
  const columns = merge(table, wanted.columns ?? []);
  const planModifiedAt = plan === table.plan ? table.planModifiedAt : now;
  const description = wanted.description ?? table.description;
  Object.assign(table, { plan, planModifiedAt, description, retentionInDays, totalRetentionInDays, columns });
}

function chosen(wanted: number | undefined, current: number | undefined): number | undefined {
  return wanted === -1 ? undefined : (wanted ?? current);
}

function merge(table: LogTable, wanted: Column[]): Column[] {
  const merged = [...table.columns];
  for (const column of wanted) {
    const existing = merged.find(({ name }) => name === column.name);
    if (existing && existing.type !== column.type) {
      throw invalid(`The type of column '${column.name}' cannot be changed from ${existing.type} to ${column.type}.`);
    }
    if (!existing) merged.push(column);
  }
  return merged;
}

function written(arm: ArmCall, workspace: Workspace, table: LogTable): Reply {
  const { cloud } = arm;
  const now = cloud.now();
  const lastsMs = workspace.tableOperations === 'never end' ? longMs : cloud.settings.tableProvisioningMs;
  if (lastsMs === 0) return { status: 200, body: tableBody(workspace, table, now) };
  table.readyAt = now + lastsMs;
  const operation = { name: randomUUID(), startedAt: now, readyAt: table.readyAt, end: 'Succeeded' as const };
  return begun(arm, workspace, operation);
}

/** An operation that changes nothing, and ends at once with the bad news. */
function unfinished(arm: ArmCall, workspace: Workspace, end: Operation['end']): Reply {
  const now = arm.cloud.now();
  return begun(arm, workspace, { name: randomUUID(), startedAt: now, readyAt: now, end });
}

function begun({ cloud, call }: ArmCall, workspace: Workspace, operation: Operation): Reply {
  cloud.estate.operations.set(operation.name, operation);
  const path = `/subscriptions/${workspace.subscription}/providers/Microsoft.OperationalInsights/locations/${workspace.location}/operationStatuses/${operation.name}`;
  const url = `https://${call.host}${path}?api-version=2025-07-01`;
  return { status: 202, headers: { 'azure-asyncoperation': url } };
}

function tableBody(workspace: Workspace, table: LogTable, now: number): Record<string, unknown> {
  const retention = table.retentionInDays ?? (table.plan === 'Analytics' ? workspace.retentionInDays : 30);
  const total = Math.max(table.totalRetentionInDays ?? retention, retention);
  const columns = table.columns.map(({ name, type }) => ({
    name,
    type: armNames.get(type) ?? type,
    isDefaultDisplay: false,
    isHidden: false,
  }));
  return {
    id: `${workspace.id}/tables/${table.name}`,
    name: table.name,
    properties: {
      plan: table.plan,
      retentionInDays: retention,
      totalRetentionInDays: total,
      archiveRetentionInDays: total - retention,
      retentionInDaysAsDefault: table.retentionInDays === undefined,
      totalRetentionInDaysAsDefault: table.totalRetentionInDays === undefined,
      lastPlanModifiedDate: new Date(table.planModifiedAt).toISOString(),
      provisioningState: table.readyAt > now ? 'Updating' : 'Succeeded',
      schema: {
        name: table.name,
        description: table.description,
        tableType: 'CustomLog',
        tableSubType: table.subType,
        columns,
        standardColumns: standardColumns.map(({ name, type }) => ({ name, type: armNames.get(type) ?? type })),
      },
    },
  };
}
