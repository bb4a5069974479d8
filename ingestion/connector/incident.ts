import type { Reason } from '../reasons.ts';
import type { Queryable } from '../store/database.ts';
import { isGuid } from '../store/guid.ts';
import type { Mute, Person, Problem } from './connector.ts';
import type { Span } from './missing-span.ts';

/** What ended an incident that has not recovered: nobody knows by then whether the trouble is over. */
export type Closing = { cause: 'deleted' | 'paused' | 'resumed' | 'token'; by: Person };

/** One stretch of trouble of one connector: one card, from its opening to its recovery, and a thread of what became of it. */
export type Incident = {
  id: string;
  connectorId: string;
  /** When the trouble began, as far as is known: it stays through every change of reason. */
  beganAt: number;
  /** When people were first told. */
  openedAt: number;
  resolvedAt: number | null;
  /** What is wrong now, or was last. */
  problem: Problem;
  /** It is an error, or was one at some time. */
  wasError: boolean;
  /** All that went wrong in it, each once, in order. */
  reasons: Reason[];
  /** Null while it is open, and when it has recovered. */
  closing: Closing | null;
  /** Where in Okta's log events may be missing because of it. */
  missing: Span | null;
  /** Who is on it; whoever was first. */
  acknowledged: { by: Person; at: number } | null;
  /** Nothing but its recovery is told until then. */
  snoozed: Mute | null;
  /** How often it was said again since it was told of, or the snooze ended. */
  reminders: number;
  /** When it is to be looked at again: to remind, or because the snooze ends. */
  dueAt: number | null;
};

type Row = {
  id: string;
  connector_id: string;
  began_at: number;
  opened_at: number;
  resolved_at: number | null;
  problem: Problem;
  was_error: boolean;
  reasons: Reason[];
  closing: Closing | null;
  missing: Span | null;
  told: Held['told'];
  acknowledged: Incident['acknowledged'];
  snoozed: Mute | null;
  reminders: number;
  due_at: number | null;
};

/** An incident with what the deeds on it go by: when each change of reason was last told in a reply, by both reasons. */
export type Held = Incident & { told: Record<string, number> };

const fromRow = (row: Row): Held => ({
  id: row.id,
  connectorId: row.connector_id,
  beganAt: row.began_at,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  problem: row.problem,
  wasError: row.was_error,
  reasons: row.reasons,
  closing: row.closing,
  missing: row.missing,
  told: row.told,
  acknowledged: row.acknowledged,
  snoozed: row.snoozed,
  reminders: row.reminders,
  dueAt: row.due_at,
});

/** The incident, open or resolved; null when its connector is gone, or there is none with what a card carried as its id. */
export async function getIncident(db: Queryable, id: string): Promise<Incident | null> {
  if (!isGuid(id)) return null;
  const { rows } = await db.query<Row>('select * from incidents where id = $1', [id]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The open incident of a connector; null when nothing is wrong of which people are told. */
export async function getOpenIncident(db: Queryable, connectorId: string): Promise<Incident | null> {
  const { rows } = await db.query<Row>('select * from incidents where connector_id = $1 and resolved_at is null', [
    connectorId,
  ]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The open incidents of a tenant, the longest first; at most `most`. */
export async function listOpenIncidents(db: Queryable, tenantId: string, most: number): Promise<Incident[]> {
  const { rows } = await db.query<Row>(
    `select incidents.* from incidents join connectors on connectors.id = incidents.connector_id
      where connectors.tenant_id = $1 and resolved_at is null order by began_at limit $2`,
    [tenantId, most],
  );
  return rows.map(fromRow);
}

/** How many incidents of a tenant are open. */
export async function countOpenIncidents(db: Queryable, tenantId: string): Promise<number> {
  const { rows } = await db.query<{ open: number }>(
    `select count(*) as open from incidents join connectors on connectors.id = incidents.connector_id
      where connectors.tenant_id = $1 and resolved_at is null`,
    [tenantId],
  );
  return rows[0]?.open ?? 0;
}

/** The incidents of a tenant that are open, or were at `since` or later, with their connectors' names: open ones first, then the latest. */
export async function listIncidents(
  db: Queryable,
  tenantId: string,
  since: number,
): Promise<{ name: string; incident: Incident }[]> {
  const { rows } = await db.query<Row & { name: string }>(
    `select incidents.*, name from incidents join connectors on connectors.id = incidents.connector_id
      where connectors.tenant_id = $1 and (resolved_at is null or resolved_at >= $2)
      order by resolved_at desc nulls first, incidents.opened_at desc`,
    [tenantId, new Date(since)],
  );
  return rows.map(({ name, ...row }) => ({ name, incident: fromRow(row) }));
}

/** The last incident of each of these connectors, by their ids. */
export async function readLastIncidents(db: Queryable, connectorIds: string[]): Promise<Map<string, Incident>> {
  const { rows } = await db.query<Row>(
    `select last.* from unnest($1::uuid[]) as asked(id),
            lateral (select * from incidents where connector_id = asked.id order by opened_at desc limit 1) as last`,
    [connectorIds],
  );
  return new Map(rows.map((row) => [row.connector_id, fromRow(row)]));
}

/** The open incident of a connector, locked until the end of the transaction. */
export async function holdOpenIncident(tx: Queryable, connectorId: string): Promise<Held | null> {
  const { rows } = await tx.query<Row>(
    'select * from incidents where connector_id = $1 and resolved_at is null for update',
    [connectorId],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The incident with this id if it is open, locked until the end of the transaction. */
export async function holdIncident(tx: Queryable, id: string): Promise<Held | null> {
  const { rows } = await tx.query<Row>('select * from incidents where id = $1 and resolved_at is null for update', [
    id,
  ]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The last incidents of a connector, at most `most`, the newest first. */
export async function listIncidentsOf(db: Queryable, connectorId: string, most: number): Promise<Incident[]> {
  const { rows } = await db.query<Row>(
    'select * from incidents where connector_id = $1 order by opened_at desc limit $2',
    [connectorId, most],
  );
  return rows.map(fromRow);
}
