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
import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Queryable, transaction } from '../store/database.ts';

/** The data collection rule through which the health records of a workspace's connectors are sent, and how that goes. */
export type HealthRule = {
  workspace: Workspace;
  /** Null until it is made. */
  rule: DataCollectionRule | null;
  /** When it was made, or Patchbay last allowed to send to it: both take effect later. Null until making it began. */
  madeAt: number | null;
  /** When the table was last seen to be there. */
  lookedAt: number | null;
  sentAt: number | null;
  problem: { reason: Reason; evidence: Evidence; since: number } | null;
  attempts: number;
  dueAt: number;
};

type Row = {
  workspace: Workspace;
  rule: DataCollectionRule | null;
  made_at: number | null;
  looked_at: number | null;
  sent_at: number | null;
  problem: HealthRule['problem'];
  attempts: number;
  due_at: number;
};

/** By the workspace's ARM id in lower case; null while no connector was ever made there, or all are gone. */
export async function getHealthRule(db: Queryable, workspaceId: string): Promise<HealthRule | null> {
  const { rows } = await db.query<Row>('select * from health_rules where id = $1', [workspaceId]);
  const [row] = rows;
  if (!row) return null;
  const { workspace, rule, problem, attempts } = row;
  const times = { madeAt: row.made_at, lookedAt: row.looked_at, sentAt: row.sent_at, dueAt: row.due_at };
  return { workspace, rule, problem, attempts, ...times };
}

/** What Sentinel keeps free of charge; health is hunted in and alerted on, so it is never in the lake alone. */
const settings: TableSettings = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 };

type Parts = { runtime: Runtime; pool: pg.Pool };

/** What health records go through. It stays when a connector goes: the last record of the workspace is sent after that. */
export const healthTable = {
  step: 'health',
  needs: {
    workspace: [tableNeed],
    group: [...dataCollectionRule.needs.group, ...roleAssignment.needs.group],
  },
  ensure: ensureForConnector,
  upgrade: ensureForConnector,
} satisfies Resource<'health', Parts>;

async function ensureForConnector(parts: Parts, { settings: { workspace } }: Connector): Promise<Ensured> {
  await ensureHealthRule(parts, workspace);
  return {};
}

/**
 * Makes the health table, the workspace's rule for it and the right to send to it, or what of them is missing, and notes the
 * rule. All connectors of a workspace share them, so it may be called again and side by side. Throws ConnectorError.
 */
export async function ensureHealthRule(parts: Parts, workspace: Workspace): Promise<DataCollectionRule> {
  const { runtime, pool } = parts;
  const key = workspace.id.toLowerCase();
  await ensureTable(runtime, workspace, { shape: healthTableShape, settings });
  const now = new Date(runtime.now());
  // Noted before it is made: whatever comes between, removal knows that there may be one.
  await pool.query(
    `insert into health_rules (id, workspace, made_at, looked_at) values ($1, $2, $3, $3)
     on conflict (id) do update
        set made_at = coalesce(health_rules.made_at, excluded.made_at), looked_at = excluded.looked_at`,
    [key, workspace, now],
  );
  const rule = await ensureDataCollectionRule(runtime, planOfHealth(workspace));
  await pool.query(
    `update health_rules
        set made_at = case when rule->>'immutableId' = $4 then made_at else $3 end, rule = $2, due_at = $3
      where id = $1`,
    [key, rule, now, rule.immutableId],
  );
  if (await ensureRoleAssignment(runtime, rule)) {
    await pool.query('update health_rules set made_at = $2 where id = $1', [key, new Date(runtime.now())]);
  }
  return rule;
}

/**
 * Looks once an hour for the table: where somebody has deleted it, Azure takes rows without a word and loses them. It is made
 * anew. Throws ConnectorError.
 */
export async function keepHealthTable(parts: Parts, known: HealthRule): Promise<void> {
  const { runtime, pool } = parts;
  const { workspace, lookedAt } = known;
  const now = runtime.now();
  if (lookedAt !== null && now - lookedAt < lookEveryMs) return;
  await ensureTable(runtime, workspace, { shape: healthTableShape, settings });
  await pool.query('update health_rules set looked_at = $2 where id = $1', [workspace.id.toLowerCase(), new Date(now)]);
}

const lookEveryMs = 3_600_000;

/**
 * Takes the data collection rule, and the role at it, away when no connector of the workspace is left; the table and its rows stay.
 * Throws ConnectorError.
 */
export async function removeHealthRule(
  { runtime, pool }: Parts,
  { workspace, rule, madeAt }: HealthRule,
): Promise<void> {
  if (rule) await removeRoleAssignment(runtime, rule);
  if (madeAt !== null) await removeDataCollectionRule(runtime, planOfHealth(workspace));
  await transaction(pool, async (tx) => {
    const key = workspace.id.toLowerCase();
    await tx.query('select from health_rules where id = $1 for update', [key]);
    // A connector that was made meanwhile keeps the row: sending finds the rule gone, and makes it anew.
    if (await isLivedIn(tx, key)) return;
    await tx.query('delete from health_rules where id = $1', [key]);
  });
}

/** Whether the workspace has a connector, be it one that is being removed. */
export async function isLivedIn(db: Queryable, workspaceId: string): Promise<boolean> {
  const { rowCount } = await db.query(`select from connectors where lower(settings->'workspace'->>'id') = $1 limit 1`, [
    workspaceId,
  ]);
  return rowCount !== 0;
}

/** Azure has taken records at `now`. */
export async function noteSent(db: Queryable, workspaceId: string, now: number): Promise<void> {
  await db.query('update health_rules set sent_at = $2 where id = $1', [workspaceId, new Date(now)]);
}

/** Notes how sending ended, and when it may begin again. */
export async function saveSending(
  db: Queryable,
  workspaceId: string,
  to: Pick<HealthRule, 'problem' | 'attempts' | 'dueAt'>,
): Promise<void> {
  await db.query('update health_rules set problem = $2, attempts = $3, due_at = $4 where id = $1', [
    workspaceId,
    to.problem,
    to.attempts,
    new Date(to.dueAt),
  ]);
}
