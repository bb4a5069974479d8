import type { Queryable } from '../store/database.ts';
import type { Person } from './connector.ts';

/** Who did what, from where, and what came of it. Never holds what was typed. */
export type AuditEntry = {
  tenantId: string;
  actor: Person;
  action: 'connect' | 'manage' | 'delete' | 'retry' | 'alerts' | 'deliver';
  target: string;
  result: string;
  conversationId?: string | undefined;
  activityId?: string | undefined;
};

/** The person behind what the bot does by itself. */
export const bot: Person = { id: 'patchbay', name: 'Patchbay' };

/** Writes an entry; in the transaction of what was done, where there is one. */
export async function audit(db: Queryable, entry: AuditEntry, now: number): Promise<void> {
  await db.query(
    `insert into audit (at, tenant_id, actor_id, actor_name, action, target, result, conversation_id, activity_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      new Date(now),
      entry.tenantId,
      entry.actor.id,
      entry.actor.name,
      entry.action,
      entry.target,
      entry.result,
      entry.conversationId ?? null,
      entry.activityId ?? null,
    ],
  );
}
