import type pg from 'pg';
import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { transaction } from '../store/database.ts';
import type { Queryable } from '../store/queryable.ts';
import type { DataCollectionRule, Workspace } from './connector.ts';
import { forgetRecords } from './health-records.ts';

/** The rule through which the health records of a workspace's connectors are sent, and how that goes. Times in ms since the epoch. */
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

/** Whether the workspace has a connector, be it one that is being removed. */
export async function isLivedIn(db: Queryable, workspaceId: string): Promise<boolean> {
  const { rowCount } = await db.query(`select from connectors where lower(settings->'workspace'->>'id') = $1 limit 1`, [
    workspaceId,
  ]);
  return rowCount !== 0;
}

/** Has the workspace known. One that is known already stays as it is, so that nobody waits for whoever holds it. */
export async function knowWorkspace(tx: Queryable, workspace: Workspace): Promise<void> {
  await tx.query('insert into health_rules (id, workspace) values ($1, $2) on conflict do nothing', [
    keyOf(workspace),
    workspace,
  ]);
}

/** The table is there, and the rule is about to be made: whatever comes between, removal knows that there may be one. */
export async function noteMaking(db: Queryable, workspace: Workspace, now: number): Promise<void> {
  await db.query(
    `insert into health_rules (id, workspace, made_at, looked_at) values ($1, $2, $3, $3)
     on conflict (id) do update
        set made_at = coalesce(health_rules.made_at, excluded.made_at), looked_at = excluded.looked_at,
            workspace = excluded.workspace`,
    [keyOf(workspace), workspace, new Date(now)],
  );
}

/** The workspace's rule is this one: another than before takes effect from `now` on. Sending is due. */
export async function noteMade(
  db: Queryable,
  workspace: Workspace,
  { rule, now }: { rule: DataCollectionRule; now: number },
): Promise<void> {
  await db.query(
    `update health_rules
        set made_at = case when rule->>'immutableId' = $4 then made_at else $3 end, rule = $2, due_at = $3
      where id = $1`,
    [keyOf(workspace), rule, new Date(now), rule.immutableId],
  );
}

/** Patchbay was allowed to send to the rule at `now`. */
export async function noteGranted(db: Queryable, workspace: Workspace, now: number): Promise<void> {
  await db.query('update health_rules set made_at = $2 where id = $1', [keyOf(workspace), new Date(now)]);
}

/** The table was there at `now`. */
export async function noteTableSeen(db: Queryable, workspace: Workspace, now: number): Promise<void> {
  await db.query('update health_rules set looked_at = $2 where id = $1', [keyOf(workspace), new Date(now)]);
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

/** Lets sending the workspace's health records be due at `dueAt`; its ARM id may be in any case. */
export async function makeReportDue(db: Queryable, workspaceId: string, dueAt: number): Promise<void> {
  await db.query('update health_rules set due_at = $2 where id = $1', [workspaceId.toLowerCase(), new Date(dueAt)]);
}

/**
 * Forgets the rule of a workspace without connectors, and what still waits to be sent by it. A connector that was made
 * meanwhile keeps it: sending finds it gone in Azure. One that is being made has it known anew with its first step there.
 */
export async function forgetHealthRule(pool: pg.Pool, workspace: Workspace): Promise<void> {
  await transaction(pool, async (tx) => {
    const key = keyOf(workspace);
    await tx.query('select from health_rules where id = $1 for update', [key]);
    if (await isLivedIn(tx, key)) return;
    await forgetRecords(tx, key);
    await tx.query('delete from health_rules where id = $1', [key]);
  });
}

function keyOf(workspace: Workspace): string {
  return workspace.id.toLowerCase();
}
