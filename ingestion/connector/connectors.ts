import { Batch } from '../runtime/batch.ts';
import { isGuid } from '../store/guid.ts';
import { isFree } from '../store/leases.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Connector, ConnectorStatus, Mute, Observation, Pause, Provisioning, Settings } from './connector.ts';
import { connectorLease } from './leases.ts';

/** A row of `connectors` as it is read; times are milliseconds since the epoch. */
export type ConnectorRow = {
  id: string;
  tenant_id: string;
  name: string;
  domain: string;
  created_at: number;
  due_at: number;
  desired: Connector['desired'];
  pause: Pause | null;
  settings: Settings;
  provisioning: Provisioning;
  status: ConnectorStatus;
  observation: Observation | null;
  retried: Connector['retried'];
  muted: Mute | null;
};

/** The columns of such a row, each by its name: a statement that is planned once must yield the same beside a newer version's schema. */
export const connectorColumns = [
  'id',
  'tenant_id',
  'name',
  'domain',
  'created_at',
  'due_at',
  'desired',
  'pause',
  'settings',
  'provisioning',
  'status',
  'observation',
  'retried',
  'muted',
] as const satisfies (keyof ConnectorRow)[];

/** The connector in a row. */
export const connectorFrom = (row: ConnectorRow): Connector => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  domain: row.domain,
  createdAt: row.created_at,
  dueAt: row.due_at,
  desired: row.desired,
  pause: row.pause,
  settings: row.settings,
  provisioning: row.provisioning,
  status: row.status,
  observation: row.observation,
  retried: row.retried,
  muted: row.muted,
});

/** The connector, or null when it is gone; `id` may be anything that a card carried. */
export async function getConnector(db: Queryable, id: string): Promise<Connector | null> {
  if (!isGuid(id)) return null;
  const { rows } = await db.query<ConnectorRow>('select * from connectors where id = $1', [id]);
  return rows[0] ? connectorFrom(rows[0]) : null;
}

/** Connectors as they are now, by their ids, of all who ask at the same time; null when one is gone. */
export function openConnectors(db: Queryable): Batch<string, Connector | null> {
  return new Batch(async (ids) => {
    const found = new Map((await listConnectors(db, ids)).map((connector) => [connector.id, connector]));
    return ids.map((id) => found.get(id) ?? null);
  });
}

/** Those of these connectors, by their ids, that are still there. */
export async function listConnectors(db: Queryable, ids: string[]): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>('select * from connectors where id = any($1)', [ids]);
  return rows.map(connectorFrom);
}

/** The connectors that run and write to the workspace with this ARM id. */
export async function listInWorkspace(db: Queryable, workspaceId: string): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    `select * from connectors where lower(settings->'workspace'->>'id') = $1 and desired = 'run'`,
    [workspaceId.toLowerCase()],
  );
  return rows.map(connectorFrom);
}

/** Events of one org into one workspace; `but` is a connector that does not count. */
export type Feed = { tenantId: string; domain: string; workspaceId: string; but?: string };

/** The connectors of this feed, by name: each stores every event once more. One that rests counts, one that is to go does not. */
export async function listFeeding(db: Queryable, { tenantId, domain, workspaceId, but }: Feed): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    `select * from connectors
      where lower(settings->'workspace'->>'id') = $1 and domain = $2 and tenant_id = $3 and desired <> 'delete'
        and id::text is distinct from $4 order by name`,
    [workspaceId.toLowerCase(), domain, tenantId, but ?? null],
  );
  return rows.map(connectorFrom);
}

/** The same, until the end of the transaction: whoever else is about to add to the feed waits. */
export async function holdFeed(tx: Queryable, feed: Feed): Promise<Connector[]> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `feed ${feed.domain} ${feed.workspaceId.toLowerCase()}`,
  ]);
  return listFeeding(tx, feed);
}

/** What makes a poll overdue, in ms: so much after two intervals since it was due, with nobody at work on it, or for so long. */
export type Lateness = { beyondMs: number; longestMs: number };

/**
 * The built connectors whose poll is overdue at `now`, of which that has not been said. What was due before `since`, when
 * whoever asks began to look, counts from then.
 */
export async function listOverdue(
  db: Queryable,
  { now, since }: { now: number; since: number },
  { beyondMs, longestMs }: Lateness,
): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    `select connectors.* from connectors join checkpoints on connector_id = id
      where desired = 'run' and provisioning->'finishedAt' <> 'null'
        and due_at < $1 and greatest(due_at, $3) < $1 - (settings->>'intervalSeconds')::int * interval '2 seconds'
        and status->'problem'->>'reason' is distinct from 'scheduler-down'
        and (taken_at < $2 or ${isFree(`'${connectorLease('')}' || id`)}) limit 100`,
    [new Date(now - beyondMs), new Date(now - longestMs), new Date(since)],
  );
  return rows.map(connectorFrom);
}

/** The connectors at rest whose API token lies idle since `idleSince` or longer, of which that has not been said. */
export async function listIdle(db: Queryable, idleSince: number): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    `select * from connectors
      where desired = 'pause' and (pause->>'idleSince')::bigint <= $1 and status->'problem' = 'null'
        and settings->>'clientId' is null limit 100`,
    [idleSince],
  );
  return rows.map(connectorFrom);
}

/**
 * The connector, locked until the end of the transaction; null when it is gone, or is to go. Polls save beside it: only who
 * changes a connector waits.
 */
export async function holdConnector(tx: Queryable, id: string): Promise<Connector | null> {
  const { rows } = await tx.query<ConnectorRow>(
    `select * from connectors where id = $1 and desired <> 'delete' for no key update`,
    [id],
  );
  return rows[0] ? connectorFrom(rows[0]) : null;
}

/**
 * SQL for ids of connectors that meet the condition, locked until the end of the transaction: in one order everywhere, so that two
 * who hold several do not wait for each other. Who meets one that somebody else holds gives up soon, as the others are kept from
 * their polls meanwhile.
 */
export const heldConnectors = (where: string) =>
  `with quick as materialized (select set_config('lock_timeout', '1s', true))
   select id from connectors, quick where ${where} order by id for no key update of connectors`;

/** The same of several, by their ids: those that are gone, or are to go, are passed over. */
export async function holdConnectors(tx: Queryable, ids: string[]): Promise<void> {
  await tx.query(heldConnectors(`id = any($1) and desired <> 'delete'`), [ids]);
}

/** The connectors that write to the workspace with this ARM id, or will again, locked until the end of the transaction. */
export async function holdInWorkspace(tx: Queryable, workspaceId: string): Promise<Connector[]> {
  const held = await tx.query<{ id: string }>(
    heldConnectors(`lower(settings->'workspace'->>'id') = $1 and desired <> 'delete'`),
    [workspaceId.toLowerCase()],
  );
  const ids = held.rows.map(({ id }) => id);
  const { rows } = await tx.query<ConnectorRow>('select * from connectors where id = any($1) order by id', [ids]);
  return rows.map(connectorFrom);
}
