import type { Reason } from '../reasons.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Mute, Person, Problem } from './connector.ts';
import type { Span } from './missing-span.ts';

/** What ended an incident that has not recovered: nobody knows by then whether the trouble is over. */
export type Closing = { cause: 'deleted' | 'paused' | 'resumed' | 'token'; by: Person };

/** One stretch of trouble of one connector, from its beginning to its end: what people are told of, together with others of its cause. */
export type Incident = {
  id: string;
  connectorId: string;
  /** The alert that tells of it. */
  alertId: string;
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
  /** When another alert than the one before began to tell of it; null when one has told of it throughout. */
  movedAt: number | null;
  /** Who is on its alert; whoever was first. */
  acknowledged: { by: Person; at: number } | null;
  /** Nothing but the recovery is told of its alert until then. */
  snoozed: Mute | null;
};

type Row = {
  id: string;
  connector_id: string;
  alert_id: string;
  began_at: number;
  opened_at: number;
  resolved_at: number | null;
  problem: Problem;
  was_error: boolean;
  reasons: Reason[];
  closing: Closing | null;
  missing: Span | null;
  moved_at: number | null;
  acknowledged: Incident['acknowledged'];
  snoozed: Mute | null;
};

const fromRow = (row: Row): Incident => ({
  id: row.id,
  connectorId: row.connector_id,
  alertId: row.alert_id,
  beganAt: row.began_at,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  problem: row.problem,
  wasError: row.was_error,
  reasons: row.reasons,
  closing: row.closing,
  missing: row.missing,
  movedAt: row.moved_at,
  acknowledged: row.acknowledged,
  snoozed: row.snoozed,
});

const columns = `select incidents.*, alerts.acknowledged, alerts.snoozed from incidents join alerts on alerts.id = incidents.alert_id`;

/** The open incident of a connector; null when nothing is wrong of which people are told. */
export async function getOpenIncident(db: Queryable, connectorId: string): Promise<Incident | null> {
  const { rows } = await db.query<Row>(`${columns} where connector_id = $1 and incidents.resolved_at is null`, [
    connectorId,
  ]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The same, locked until the end of the transaction. */
export async function holdOpenIncident(tx: Queryable, connectorId: string): Promise<Incident | null> {
  const { rows } = await tx.query<Row>(
    `${columns} where connector_id = $1 and incidents.resolved_at is null for update of incidents`,
    [connectorId],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The last incident of each connector that an alert tells of, or told of until it recovered. */
export async function listIncidentsIn(db: Queryable, alertId: string): Promise<Incident[]> {
  const { rows } = await db.query<Row>(
    `select distinct on (connector_id) told.* from (${columns} where alert_id = $1) as told
      order by connector_id, resolved_at desc nulls first, opened_at desc`,
    [alertId],
  );
  return rows.map(fromRow);
}

/** The incidents of a tenant that are open, or were at `since` or later, with their connectors' names: open ones first, then the latest. */
export async function listIncidents(
  db: Queryable,
  tenantId: string,
  since: number,
): Promise<{ name: string; incident: Incident }[]> {
  const { rows } = await db.query<Row & { name: string }>(
    `select told.*, name from (${columns}) as told join connectors on connectors.id = told.connector_id
      where connectors.tenant_id = $1 and (resolved_at is null or resolved_at >= $2)
      order by resolved_at desc nulls first, opened_at desc`,
    [tenantId, new Date(since)],
  );
  return rows.map(({ name, ...row }) => ({ name, incident: fromRow(row) }));
}

/** The last incident of each of these connectors, by their ids. */
export async function readLastIncidents(db: Queryable, connectorIds: string[]): Promise<Map<string, Incident>> {
  const { rows } = await db.query<Row>(
    `select last.* from unnest($1::uuid[]) as asked(id),
            lateral (${columns} where connector_id = asked.id order by incidents.opened_at desc limit 1) as last`,
    [connectorIds],
  );
  return new Map(rows.map((row) => [row.connector_id, fromRow(row)]));
}

/** The last incidents of a connector, at most `most`, the newest first. */
export async function listIncidentsOf(db: Queryable, connectorId: string, most: number): Promise<Incident[]> {
  const { rows } = await db.query<Row>(
    `${columns} where connector_id = $1 order by incidents.opened_at desc limit $2`,
    [connectorId, most],
  );
  return rows.map(fromRow);
}
