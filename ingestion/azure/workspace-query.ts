import { LogsQueryClient, LogsQueryResultStatus } from '@azure/monitor-query';
import type { Workspace } from '../connector/connector.ts';
import type { Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { unreadable } from './arm/answers.ts';
import { answerPolicies, azure } from './arm/client.ts';
import { misfit, type Shape } from './arm/shape.ts';

/**
 * What a query over a workspace's rows has found, each row by the names of its columns; `cut`: why Azure gave a part only, in its
 * own words, null when it gave all. A part says nothing of what it leaves out: a row may be missing, and a sum too small.
 */
export type Found = { rows: Record<string, unknown>[]; cut: Evidence | null };

/**
 * Asks a workspace for rows of the last `days`, of 24 hours each, with these `columns`. Throws ConnectorError, as `azure` does, when
 * there is no answer before `signal`, or one with other columns. Source: learn.microsoft.com/azure/azure-monitor/logs/api/response-format.
 */
export async function queryWorkspace(
  runtime: Runtime,
  { customerId }: Pick<Workspace, 'customerId'>,
  { query, columns, days, signal }: { query: string; columns: Shape; days: number; signal: AbortSignal },
): Promise<Found> {
  const client = new LogsQueryClient(runtime.credential, {
    endpoint: runtime.cloud.logs,
    audience: runtime.cloud.logs,
    httpClient: runtime.http,
    retryOptions: { maxRetries: 2 },
    additionalPolicies: answerPolicies(runtime),
  });
  const asked = () => client.queryWorkspace(customerId, query, { duration: `P${days}D` }, { abortSignal: signal });
  const result = await azure(asked);
  const whole = result.status === LogsQueryResultStatus.Success;
  const [table] = whole ? result.tables : result.partialTables;
  const cut = whole ? null : { code: result.partialError.code, text: result.partialError.message.slice(0, 300) };
  const names = table?.columnDescriptors.map(({ name }) => name ?? '') ?? [];
  const rows = table?.rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]]))) ?? [];
  const odd = misfit(rows, [columns], { at: 'rows' });
  if (odd) throw unreadable(odd);
  return { rows, cut };
}
