import type { Column, Row } from '../kql/schema.ts';
import { compileTransform } from '../kql.ts';
import type { Cloud } from './cloud.ts';
import type { DataFlow, LogTable, Rule, Workspace } from './estate.ts';
import { isObject, Refusal } from './exchange.ts';
import type { Element } from './split.ts';

const fieldLimit = 65_536;
const day = 86_400_000;

type Transform = ReturnType<typeof compileTransform>;
const compiled = new WeakMap<DataFlow, Map<string, Transform>>();

type Request = {
  cloud: Cloud;
  rule: Rule;
  stream: string;
  flow: DataFlow;
  workspace: Workspace;
  table: LogTable;
  body: Buffer;
  elements: Element[];
};

/**
 * The rows that the events of one body become, in their order; undefined for those that the transform filters out. Fields that
 * the stream does not declare are dropped and counted in `rule.dropped`.
 */
export function rowsOf({ cloud, rule, stream, flow, workspace, table, body, elements }: Request): (Row | undefined)[] {
  const streamColumns = rule.streams.get(stream) ?? [];
  const transform = transformOf(flow, stream, streamColumns, table.columns);
  const now = cloud.now();
  const events = elements.map(({ start, end }) => parse(body.toString('utf8', start, end)));
  return events.map((event, index) => {
    countDropped(rule, event, streamColumns);
    const output = transform.run(event, now);
    if (!output) return undefined;
    const element = elements[index];
    const size = element ? element.end - element.start : 0;
    return finish(output, { table, now, size, tenantId: workspace.customerId });
  });
}

function transformOf(flow: DataFlow, stream: string, streamColumns: Column[], tableColumns: Column[]): Transform {
  const byStream = compiled.get(flow) ?? new Map<string, Transform>();
  compiled.set(flow, byStream);
  const transform =
    byStream.get(stream) ?? compileTransform(flow.transformKql ?? 'source', streamColumns, tableColumns);
  byStream.set(stream, transform);
  return transform;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // refused below: one bad element refuses the body
  }
  throw new Refusal(400, 'InvalidPayload', 'The request body contains an element that is not valid JSON.');
}

function countDropped(rule: Rule, event: Record<string, unknown>, streamColumns: Column[]): void {
  for (const name of Object.keys(event)) {
    if (!streamColumns.some((column) => column.name === name))
      rule.dropped.set(name, (rule.dropped.get(name) ?? 0) + 1);
  }
}

type Standard = { table: LogTable; now: number; size: number; tenantId: string };

function finish(output: Row, { table, now, size, tenantId }: Standard): Row {
  const row: Row = {};
  for (const { name, type } of table.columns) {
    const value = output[name] ?? (type === 'string' || type === 'guid' ? '' : null);
    row[name] = typeof value === 'string' ? truncate(value, table) : value;
  }
  const generated = row.TimeGenerated;
  const within = typeof generated === 'number' && generated >= now - 2 * day && generated <= now + day;
  row.TimeGenerated = within ? generated : now;
  return Object.assign(row, {
    TenantId: tenantId,
    Type: table.name,
    SourceSystem: 'Azure',
    _ResourceId: '',
    _SubscriptionId: '',
    _TimeReceived: now,
    _BilledSize: size,
    _IsBillable: 'True',
  });
}

function truncate(value: string, table: LogTable): string {
  if (value.length * 3 <= fieldLimit || Buffer.byteLength(value) <= fieldLimit) return value;
  table.store.truncatedFields += 1;
  const cut = Buffer.from(value).subarray(0, fieldLimit).toString('utf8');
  // A character cut in the middle must not become another one.
  return cut.replace(/\uFFFD+$/, '');
}
