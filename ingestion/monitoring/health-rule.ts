import type pg from 'pg';
import { planOfHealth } from '../azure/resources/data-collection-plan.ts';
import {
  dataCollectionRule,
  ensureDataCollectionRule,
  removeDataCollectionRule,
} from '../azure/resources/data-collection-rule.ts';
import type { Ensured, Resource } from '../azure/resources/resource.ts';
import { ensureRoleAssignment, removeRoleAssignment, roleAssignment } from '../azure/resources/role-assignment.ts';
import { ensureTable, healthTableShape, tableNeed } from '../azure/resources/table.ts';
import type { Connector, DataCollectionRule, TableSettings, Workspace } from '../connector/connector.ts';
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

type HealthRuleParts = { runtime: Runtime; pool: pg.Pool };

/** What health records go through. It stays when a connector goes: the last record of the workspace is sent after that. */
export const healthTable = {
  step: 'health',
  needs: {
    workspace: [tableNeed],
    group: [...dataCollectionRule.needs.group, ...roleAssignment.needs.group],
  },
  ensure: ensureForConnector,
  upgrade: ensureForConnector,
} satisfies Resource<'health', HealthRuleParts>;

async function ensureForConnector(parts: HealthRuleParts, { settings: { workspace } }: Connector): Promise<Ensured> {
  await ensureHealthRule(parts, workspace);
  return {};
}

/**
 * Makes the health table, the workspace's rule for it and the right to send to it, or what of them is missing, and notes the
 * rule. All connectors of a workspace share them, so it may be called again and side by side. Throws ConnectorError.
 */
export async function ensureHealthRule(parts: HealthRuleParts, workspace: Workspace): Promise<DataCollectionRule> {
  const { runtime, pool } = parts;
  await ensureTable(runtime, workspace, { shape: healthTableShape, settings });
  const now = runtime.now();
  await noteMaking(pool, workspace, now);
  const rule = await ensureDataCollectionRule(runtime, planOfHealth(workspace));
  await noteMade(pool, workspace, { rule, now });
  if (await ensureRoleAssignment(runtime, rule)) await noteGranted(pool, workspace, runtime.now());
  return rule;
}

/**
 * Looks once an hour for the table: where somebody has deleted it, Azure takes rows without a word and loses them. It is made
 * anew. Throws ConnectorError.
 */
export async function keepHealthTable(parts: HealthRuleParts, known: HealthRule): Promise<void> {
  const { runtime, pool } = parts;
  const { workspace, lookedAt } = known;
  const now = runtime.now();
  if (lookedAt !== null && now - lookedAt < lookEveryMs) return;
  await ensureTable(runtime, workspace, { shape: healthTableShape, settings });
  await noteTableSeen(pool, workspace, now);
}

const lookEveryMs = 3_600_000;

/**
 * Takes the data collection rule, and the role at it, away when no connector of the workspace is left; the table and its rows stay.
 * Throws ConnectorError.
 */
export async function removeHealthRule(
  { runtime, pool }: HealthRuleParts,
  { workspace, rule, madeAt }: HealthRule,
): Promise<void> {
  if (rule) await removeRoleAssignment(runtime, rule);
  if (madeAt !== null) await removeDataCollectionRule(runtime, planOfHealth(workspace));
  await forgetHealthRule(pool, workspace);
}
