import type pg from 'pg';
import { ensureRule, healthRule, removeRule } from '../azure/resources/data-collection-rule.ts';
import { ensureGrant, removeGrant } from '../azure/resources/role-assignment.ts';
import { ensureTable, healthTable } from '../azure/resources/table.ts';
import type { Rule, TableSettings, Workspace } from '../connector/connector.ts';
import {
  forgetHealthRule,
  type HealthRule,
  noteGranted,
  noteMade,
  noteMaking,
  noteTableSeen,
} from '../connector/health-rules.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What Sentinel keeps free of charge; health is hunted in and alerted on, so it is never in the lake alone. */
const settings: TableSettings = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 };

/**
 * Makes the health table, the workspace's rule for it and the right to send to it, or what of them is missing, and notes the
 * rule. All connectors of a workspace share them, so it may be called again and side by side. Throws ConnectorError.
 */
export async function makeHealthRule(parts: { runtime: Runtime; pool: pg.Pool }, workspace: Workspace): Promise<Rule> {
  const { runtime, pool } = parts;
  await ensureTable(runtime, workspace, { table: healthTable, settings });
  const now = runtime.now();
  await noteMaking(pool, workspace, now);
  const rule = await ensureRule(runtime, healthRule(workspace));
  await noteMade(pool, workspace, { rule, now });
  if (await ensureGrant(runtime, rule)) await noteGranted(pool, workspace, runtime.now());
  return rule;
}

/**
 * Looks once an hour for the table: where somebody has deleted it, Azure takes rows without a word and loses them. It is made
 * anew. Throws ConnectorError.
 */
export async function keepHealthTable(parts: { runtime: Runtime; pool: pg.Pool }, known: HealthRule): Promise<void> {
  const { runtime, pool } = parts;
  const { workspace, lookedAt } = known;
  const now = runtime.now();
  if (lookedAt !== null && now - lookedAt < lookEveryMs) return;
  await ensureTable(runtime, workspace, { table: healthTable, settings });
  await noteTableSeen(pool, workspace, now);
}

const lookEveryMs = 3_600_000;

/** Takes rule and grant away when no connector of the workspace is left; the table and its rows stay. Throws ConnectorError. */
export async function removeHealthRule(
  { runtime, pool }: { runtime: Runtime; pool: pg.Pool },
  { workspace, rule, madeAt }: HealthRule,
): Promise<void> {
  if (rule) await removeGrant(runtime, rule);
  if (madeAt !== null) await removeRule(runtime, healthRule(workspace));
  await forgetHealthRule(pool, workspace);
}
