import { type Column, KqlError, type Row, type Table } from '../kql/schema.ts';
import { formatDatetime } from '../kql/values.ts';
import { compileQuery } from '../kql.ts';
import type { ArmCall } from './arm.ts';
import { isObject, Refusal, type Reply, readObject } from './exchange.ts';
import { workspaceProperties } from './onboarding.ts';
import { readToken, writeToken } from './paging.ts';

const columns: Column[] = [
  ...['id', 'name', 'type', 'tenantId', 'kind', 'location', 'resourceGroup', 'subscriptionId', 'managedBy'].map(
    (name): Column => ({ name, type: 'string' }),
  ),
  ...['sku', 'plan', 'properties', 'tags', 'identity'].map((name): Column => ({ name, type: 'dynamic' })),
];
const empty = { kind: '', managedBy: '', sku: null, plan: null, tags: null, identity: null };
// Resource Graph takes table names in any letter case; these are the usual ones.
const schema = new Map(
  ['resources', 'Resources', 'resourcecontainers', 'ResourceContainers'].map((name) => [name, columns]),
);

/** Azure Resource Graph: runs the query over the resources that the caller may read, page by page. */
export function answerResourceGraph(arm: ArmCall): Reply {
  const { query, options, subscriptions } = readObject(arm.call);
  if (typeof query !== 'string') throw badQuery('Query is required.');
  const settings = isObject(options) ? options : {};
  const table = run(arm, query, Array.isArray(subscriptions) ? subscriptions : undefined);
  const limit = arm.cloud.settings.pageSize;
  const size = typeof settings.$top === 'number' ? Math.min(settings.$top, limit) : limit;
  const start = readToken(typeof settings.$skipToken === 'string' ? settings.$skipToken : undefined);
  const rows = table.rows.slice(start, start + size).map((row) => jsonRow(row, table.columns));
  const more = start + size < table.rows.length;
  // Documented: paging works only for queries that return the id.
  const canPage = table.columns.some(({ name }) => name === 'id');
  const body = {
    totalRecords: table.rows.length,
    count: rows.length,
    resultTruncated: String(more && !canPage),
    ...(more && canPage && { $skipToken: writeToken(start + size) }),
    facets: [],
    data: settings.resultFormat === 'table' ? asTable(table, rows) : rows,
  };
  return { status: 200, body };
}

function run(arm: ArmCall, query: string, subscriptions: unknown[] | undefined): Table {
  const within = (row: Row) => subscriptions === undefined || subscriptions.includes(row.subscriptionId);
  const resources = workspacesAndSolutions(arm).filter(within);
  const containers = subscriptionsAndGroups(arm).filter(within);
  const tables = new Map([
    ['resources', resources],
    ['Resources', resources],
    ['resourcecontainers', containers],
    ['ResourceContainers', containers],
  ]);
  try {
    return compileQuery(query, schema)(tables, arm.cloud.now());
  } catch (error) {
    if (error instanceof KqlError) throw badQuery(error.message);
    throw error;
  }
}

function workspacesAndSolutions({ cloud, caller }: ArmCall): Row[] {
  const may = (action: string, id: string) => cloud.directory.allows(caller.oid, action, id);
  return [...cloud.estate.workspaces.values()].flatMap((workspace) => {
    const { id, name, subscription, resourceGroup, location } = workspace;
    const common = {
      ...empty,
      tenantId: cloud.estate.subscriptions.get(subscription.toLowerCase())?.tenantId ?? cloud.identity.tenantId,
      location,
      resourceGroup: resourceGroup.toLowerCase(),
      subscriptionId: subscription,
    };
    const rows: Row[] = [];
    if (may('Microsoft.OperationalInsights/workspaces/read', id)) {
      const type = 'microsoft.operationalinsights/workspaces';
      rows.push({ ...common, id, name, type, properties: workspaceProperties(workspace, cloud.now()) });
    }
    const solution = `SecurityInsights(${name})`;
    const solutionId = `${id.slice(0, id.indexOf('/providers/'))}/providers/Microsoft.OperationsManagement/solutions/${solution}`;
    if (workspace.sentinel && may('Microsoft.OperationsManagement/solutions/read', solutionId)) {
      // Azure writes the id here with other capitals than in the workspace itself.
      const properties = {
        workspaceResourceId: id.replace('resourceGroups', 'resourcegroups'),
        provisioningState: 'Succeeded',
      };
      const plan = {
        name: solution,
        publisher: 'Microsoft',
        product: 'OMSGallery/SecurityInsights',
        promotionCode: '',
      };
      rows.push({
        ...common,
        id: solutionId,
        name: solution,
        type: 'microsoft.operationsmanagement/solutions',
        properties,
        plan,
      });
    }
    return rows;
  });
}

function subscriptionsAndGroups({ cloud, caller }: ArmCall): Row[] {
  const common = { ...empty, tenantId: cloud.identity.tenantId };
  const subscriptions = [...cloud.estate.subscriptions.values()].map(({ id, displayName }) => ({
    action: 'Microsoft.Resources/subscriptions/read',
    row: {
      ...common,
      id: `/subscriptions/${id}`,
      name: displayName,
      type: 'microsoft.resources/subscriptions',
      location: '',
      resourceGroup: '',
      subscriptionId: id,
      properties: { state: 'Enabled' },
    },
  }));
  const groups = [...cloud.estate.resourceGroups.values()].map(({ id, name, location, subscription }) => ({
    action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
    row: {
      ...common,
      id,
      name,
      type: 'microsoft.resources/subscriptions/resourcegroups',
      location,
      resourceGroup: name.toLowerCase(),
      subscriptionId: subscription,
      properties: { provisioningState: 'Succeeded' },
    },
  }));
  return [...subscriptions, ...groups]
    .filter(({ action, row }) => cloud.directory.allows(caller.oid, action, row.id))
    .map(({ row }) => row);
}

function jsonRow(row: Row, columnsOfResult: Column[]): Row {
  const value = ({ name, type }: Column) =>
    type === 'datetime' && typeof row[name] === 'number' ? formatDatetime(row[name]) : row[name];
  return Object.fromEntries(columnsOfResult.map((column) => [column.name, value(column)]));
}

function asTable(table: Table, rows: Row[]): Record<string, unknown> {
  const types = new Map([
    ['dynamic', 'object'],
    ['long', 'integer'],
    ['int', 'integer'],
    ['real', 'number'],
    ['bool', 'boolean'],
  ]);
  return {
    columns: table.columns.map(({ name, type }) => ({ name, type: types.get(type) ?? 'string' })),
    rows: rows.map((row) => table.columns.map(({ name }) => row[name])),
  };
}

function badQuery(message: string): Refusal {
  return new Refusal(400, 'BadRequest', 'Please provide below info when asking for support.', {
    details: [
      {
        code: 'InvalidQuery',
        message:
          'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
      },
      { code: 'ParserFailure', message },
    ],
  });
}
