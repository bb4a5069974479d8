import { randomUUID } from 'node:crypto';
import { type Column, KqlError, type Row, type Table, type Type } from '../kql/schema.ts';
import { formatDatetime, formatTimespan } from '../kql/values.ts';
import { compileQuery } from '../kql.ts';
import type { Cloud } from './cloud.ts';
import type { Workspace } from './estate.ts';
import { type Call, isObject, Refusal, type Reply } from './exchange.ts';
import { type Claims, checkToken } from './identity.ts';
import { functionsOf } from './saved-searches.ts';
import { builtInTables, standardColumns } from './standard-tables.ts';
import { readTimespan } from './timespan.ts';

/** The Log Analytics query API: runs the query over the rows that are visible now. */
export function answerQuery(cloud: Cloud, call: Call): Reply {
  const customerId = /^\/v1\/workspaces\/([^/]+)\/query$/i.exec(call.path)?.[1];
  if (call.method !== 'POST' || !customerId) {
    cloud.unexpected(`query ${call.method} ${call.path}`);
    throw refusal(404, 'PathNotFoundError', 'The requested path does not exist');
  }
  const claims = authenticate(cloud, call);
  const workspace = cloud.estate.workspaceByCustomerId(customerId);
  if (!workspace) throw refusal(404, 'PathNotFoundError', `The workspace '${customerId}' could not be found.`);
  checkRights(cloud, claims, workspace);
  const { query, timespan } = readBody(cloud, call);
  const table = run(cloud, workspace, query, timespan);
  const { queryRows } = cloud.settings;
  const rows = table.rows.slice(0, queryRows);
  const primary = {
    name: 'PrimaryResult',
    columns: table.columns,
    rows: rows.map((row) => table.columns.map((column) => toJson(row[column.name], column.type))),
  };
  const error = {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      { code: 'EngineError', message: `The results of this query exceed the set limit of ${queryRows} records.` },
    ],
  };
  return { status: 200, body: { tables: [primary], ...(table.rows.length > queryRows && { error }) } };
}

/** The tables a query on this workspace may name: custom ones that are ready, and the built-in ones. */
export function schemaOf(workspace: Workspace, now: number): Map<string, Column[]> {
  // The table of a resource's log is made with its first row.
  const there = [...builtInTables].filter(([name]) => name !== 'DCRLogErrors' || workspace.otherRows.has(name));
  const schema = new Map(there.map(([name, columns]) => [name, [...columns, ...standardColumns]]));
  for (const { name, columns, readyAt } of workspace.tables.values()) {
    if (readyAt <= now) schema.set(name, [...columns, ...standardColumns]);
  }
  return schema;
}

function authenticate(cloud: Cloud, call: Call): Claims {
  const claims = checkToken(
    call,
    cloud.hosts.query.map((host) => `https://${host}`),
  );
  if (typeof claims !== 'string') return claims;
  const headers = { 'www-authenticate': `Bearer error="invalid_token", error_description="${claims}"` };
  if (claims === 'missing')
    throw refusal(401, 'AuthorizationRequiredError', 'Valid authentication was not provided', headers);
  throw refusal(401, 'InvalidTokenError', 'The provided authentication is not valid for this resource', headers);
}

function checkRights(cloud: Cloud, claims: Claims, workspace: Workspace): void {
  const may = (action: string) =>
    cloud.directory.allows(claims.oid, `Microsoft.OperationalInsights/workspaces/${action}`, workspace.id);
  if (may('query/read') && may('query/AnyTable/read')) return;
  throw refusal(
    403,
    'InsufficientAccessError',
    'The provided credentials have insufficient access to perform the requested operation',
  );
}

function readBody(cloud: Cloud, call: Call): { query: string; timespan: string | undefined } {
  let body: unknown;
  try {
    body = JSON.parse(call.body.toString('utf8'));
  } catch {
    body = undefined; // refused below
  }
  const { query, timespan, workspaces } = isObject(body) ? body : {};
  if (typeof query !== 'string') throw refusal(400, 'BadArgumentError', 'The request had some invalid properties');
  if (Array.isArray(workspaces) && workspaces.length > 0) cloud.unexpected('a query over several workspaces');
  return { query, timespan: typeof timespan === 'string' && timespan !== '' ? timespan : undefined };
}

function run(cloud: Cloud, workspace: Workspace, query: string, timespan: string | undefined): Table {
  const now = cloud.now();
  const span = timespan === undefined ? undefined : readTimespan(timespan, now);
  if (span === null)
    throw refusal(400, 'BadArgumentError', 'The request had some invalid properties', undefined, {
      code: 'InvalidTimespan',
      message: `The timespan '${timespan}' is not valid.`,
    });
  const schema = schemaOf(workspace, now);
  try {
    return compileQuery(query, schema, functionsOf(workspace))(visibleRows(workspace, schema, { now, span }), now);
  } catch (error) {
    if (error instanceof KqlError) throw semantic(cloud, query, error);
    throw error;
  }
}

type Observation = { now: number; span: { from: number; to: number } | undefined };

function visibleRows(
  workspace: Workspace,
  schema: Map<string, Column[]>,
  { now, span }: Observation,
): Map<string, Row[]> {
  const tables = new Map<string, Row[]>();
  for (const name of schema.keys()) {
    const own = workspace.tables.get(name.toLowerCase())?.store.visible(now) ?? [];
    const rows = [...own, ...(workspace.otherRows.get(name) ?? [])];
    const inSpan = (row: Row) =>
      typeof row.TimeGenerated === 'number' &&
      span !== undefined &&
      row.TimeGenerated >= span.from &&
      row.TimeGenerated <= span.to;
    tables.set(name, span ? rows.filter(inSpan) : rows);
  }
  return tables;
}

function semantic(cloud: Cloud, query: string, error: KqlError): Refusal {
  // Microsoft's own codes are the sender's mistakes; any other is something the executor cannot do yet.
  if (!error.code.startsWith('KS')) cloud.unexpected(`query not executed (${error.code}: ${error.message}): ${query}`);
  const syntax = /^KS00\d$/.test(error.code);
  const code = syntax ? 'SyntaxError' : 'SemanticError';
  const message = syntax ? 'A recognition error occurred in the query.' : 'A semantic error occurred.';
  const inner = { code: syntax ? 'SYN0002' : 'SEM0100', message: error.message };
  return refusal(400, 'BadArgumentError', 'The request had some invalid properties', undefined, {
    code,
    message,
    innererror: inner,
  });
}

function refusal(
  status: number,
  code: string,
  message: string,
  headers?: Record<string, string>,
  innererror?: unknown,
): Refusal {
  const made = new Refusal(status, code, message, { ...(headers && { headers }) });
  const error = { message, code, correlationId: randomUUID(), ...(innererror !== undefined && { innererror }) };
  made.reply.body = { error };
  return made;
}

function toJson(value: unknown, type: Type): unknown {
  if (value === null || value === undefined) return type === 'string' ? '' : null;
  if (type === 'datetime') return formatDatetime(value as number);
  if (type === 'timespan') return formatTimespan(value as number);
  if (type === 'dynamic') return typeof value === 'string' ? value : JSON.stringify(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  return value;
}
