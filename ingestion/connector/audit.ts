import type { Queryable } from '../store/queryable.ts';
import type { Person } from './connector.ts';

/** Who did what, from where, and what came of it. Never holds what was typed. */
export type AuditEntry = {
  tenantId: string;
  actor: Person;
  action:
    | 'connect'
    | 'manage'
    | 'pause'
    | 'resume'
    | 'delete'
    | 'retry'
    | 'alerts'
    | 'deliver'
    | 'acknowledge'
    | 'snooze'
    | 'mute'
    | 'digest'
    | 'content';
  /** The connector that it was about; null where it was about none, or about all. */
  connectorId: string | null;
  /** Its name then, or the place. */
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
    `insert into audit (at, tenant_id, actor_id, actor_name, action, connector_id, target, result, conversation_id, activity_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      new Date(now),
      entry.tenantId,
      entry.actor.id,
      entry.actor.name,
      entry.action,
      entry.connectorId,
      entry.target,
      entry.result,
      entry.conversationId ?? null,
      entry.activityId ?? null,
    ],
  );
}

/** An entry as it is read; times are milliseconds since the epoch. */
export type Audited = {
  at: number;
  actor: Person;
  action: AuditEntry['action'];
  connectorId: string | null;
  target: string;
  result: string;
  conversationId: string | null;
};

type Row = {
  at: number;
  actor_id: string;
  actor_name: string;
  action: Audited['action'];
  connector_id: string | null;
  target: string;
  result: string;
  conversation_id: string | null;
};

const fromRow = (row: Row): Audited => ({
  at: row.at,
  actor: { id: row.actor_id, name: row.actor_name },
  action: row.action,
  connectorId: row.connector_id,
  target: row.target,
  result: row.result,
  conversationId: row.conversation_id,
});

/** The last time that somebody changed each of these connectors, or asked for that, by their ids; without the making of it. */
export async function readLastChanges(db: Queryable, connectorIds: string[]): Promise<Map<string, Audited>> {
  const { rows } = await db.query<Row>(
    `select entry.* from unnest($1::uuid[]) as asked(id),
            lateral (select * from audit where connector_id = asked.id and action in ('manage', 'pause', 'resume', 'delete')
                        and result not like 'refused%' order by audit.id desc limit 1) as entry`,
    [connectorIds],
  );
  return new Map(rows.map((row) => [row.connector_id ?? '', fromRow(row)]));
}

/** Entries of a tenant: about one connector, about whatever had a name that begins with a text, or all. */
export type AuditPart = { tenantId: string } & ({ connectorId: string } | { target: string } | { all: true });

/** So many entries, the newest first. */
export async function listAudit(
  db: Queryable,
  part: AuditPart,
  { offset, most }: { offset: number; most: number },
): Promise<Audited[]> {
  const [which, value] =
    'connectorId' in part
      ? ['connector_id = $4', part.connectorId]
      : 'target' in part
        ? ['starts_with(folded(target), folded($4))', part.target]
        : ["$4 = ''", ''];
  const { rows } = await db.query<Row>(
    `select * from audit where tenant_id = $1 and ${which} order by id desc offset $2 limit $3`,
    [part.tenantId, offset, most, value],
  );
  return rows.map(fromRow);
}
