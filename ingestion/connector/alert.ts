import { isGuid } from '../store/guid.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Connector, Mute, Problem } from './connector.ts';
import { listConnectors } from './connectors.ts';
import { type Incident, listIncidentsIn, readLastIncidents } from './incident.ts';

/** What people are told of as one: the incidents of one cause, with one card in each place and one recovery. */
export type Alert = {
  id: string;
  tenantId: string;
  /** What its connectors fail together by, as the key of a `Cause`; null where it is of one connector alone. */
  cause: string | null;
  /** The worst of its open incidents. */
  health: Problem['health'];
  openedAt: number;
  /** When the last of its incidents ended. */
  resolvedAt: number | null;
  /** When each change of reason was last told in a reply, by both reasons. */
  told: Record<string, number>;
  /** Who is on it; whoever was first. */
  acknowledged: Incident['acknowledged'];
  /** Nothing but its recovery is told until then. */
  snoozed: Mute | null;
  /** How often it was said again since it was told of, or the snooze ended. */
  reminders: number;
  /** When it is to be looked at again: to remind, or because the snooze ends. */
  dueAt: number | null;
};

type Row = {
  id: string;
  tenant_id: string;
  cause: string | null;
  health: Alert['health'];
  opened_at: number;
  resolved_at: number | null;
  told: Alert['told'];
  acknowledged: Alert['acknowledged'];
  snoozed: Mute | null;
  reminders: number;
  due_at: number | null;
};

const fromRow = (row: Row): Alert => ({
  id: row.id,
  tenantId: row.tenant_id,
  cause: row.cause,
  health: row.health,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  told: row.told,
  acknowledged: row.acknowledged,
  snoozed: row.snoozed,
  reminders: row.reminders,
  dueAt: row.due_at,
});

/** The alert, open or over; null when there is none with what a card carried as its id. */
export async function getAlert(db: Queryable, id: string): Promise<Alert | null> {
  if (!isGuid(id)) return null;
  const { rows } = await db.query<Row>('select * from alerts where id = $1', [id]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** Those of these alerts that are open, locked until the end of the transaction. */
export async function holdAlerts(tx: Queryable, ids: string[]): Promise<Alert[]> {
  // In one order everywhere, so that two who hold several do not wait for each other.
  const { rows } = await tx.query<Row>(
    'select * from alerts where id = any($1) and resolved_at is null order by id for update',
    [ids],
  );
  return rows.map(fromRow);
}

/** The open alert of a tenant that tells of a cause, of those opened at `since` or later the first; null when there is none. */
export async function findOpenAlert(
  db: Queryable,
  { tenantId, cause, since }: { tenantId: string; cause: string; since: number },
): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `select id from alerts where tenant_id = $1 and cause = $2 and resolved_at is null and opened_at >= $3
      order by opened_at limit 1`,
    [tenantId, cause, new Date(since)],
  );
  return rows[0]?.id ?? null;
}

/** The open alerts of a tenant, the longest first; at most `most`. */
export async function listOpenAlerts(db: Queryable, tenantId: string, most: number): Promise<Alert[]> {
  const { rows } = await db.query<Row>(
    'select * from alerts where tenant_id = $1 and resolved_at is null order by opened_at limit $2',
    [tenantId, most],
  );
  return rows.map(fromRow);
}

/** How many alerts of a tenant are open. */
export async function countOpenAlerts(db: Queryable, tenantId: string): Promise<number> {
  const { rows } = await db.query<{ open: number }>(
    'select count(*) as open from alerts where tenant_id = $1 and resolved_at is null',
    [tenantId],
  );
  return rows[0]?.open ?? 0;
}

/** How many incidents of an alert are open, and the worst of them. */
export async function readOpen(db: Queryable, id: string): Promise<{ open: number; health: Alert['health'] }> {
  const { rows } = await db.query<{ open: number; errors: number }>(
    `select count(*) as open, count(*) filter (where problem->>'health' = 'error') as errors from incidents
      where alert_id = $1 and resolved_at is null`,
    [id],
  );
  const { open = 0, errors = 0 } = rows[0] ?? {};
  return { open, health: errors > 0 ? 'error' : 'warning' };
}

/** A connector with the incident of it that an alert tells of. */
export type Member = { connector: Connector; incident: Incident };

/** Those that an alert tells of: what is open first, of that errors first, then the longest. */
export async function listMembers(db: Queryable, alertId: string): Promise<Member[]> {
  return withConnectors(db, await listIncidentsIn(db, alertId));
}

/** What a place is told by an alert's card. */
export type Told = {
  /** Never empty. */
  members: Member[];
  /** The alert does not tell of them any more: another one does. */
  goesOn: boolean;
};

/** What an alert tells of these connectors; null when all of them are gone. */
export async function readTold(
  db: Queryable,
  { alertId, connectorIds }: { alertId: string | null; connectorIds: string[] },
): Promise<Told | null> {
  if (!alertId) return null;
  const incidents = (await listIncidentsIn(db, alertId)).filter(({ connectorId }) =>
    connectorIds.includes(connectorId),
  );
  const goesOn = incidents.length === 0;
  const last = goesOn ? [...(await readLastIncidents(db, connectorIds)).values()] : incidents;
  const members = await withConnectors(db, last);
  return members.length > 0 ? { members, goesOn } : null;
}

async function withConnectors(db: Queryable, incidents: Incident[]): Promise<Member[]> {
  const connectors = await listConnectors(
    db,
    incidents.map(({ connectorId }) => connectorId),
  );
  const byId = new Map(incidents.map((incident) => [incident.connectorId, incident]));
  const members = connectors.flatMap((connector) => {
    const incident = byId.get(connector.id);
    return incident ? [{ connector, incident }] : [];
  });
  return members.sort(worstFirst);
}

function worstFirst(one: Member, other: Member): number {
  const [a, b] = [one.incident, other.incident];
  return rank(a) - rank(b) || a.beganAt - b.beganAt || (one.connector.name < other.connector.name ? -1 : 1);
}

function rank({ resolvedAt, problem }: Incident): number {
  if (resolvedAt !== null) return 2;
  return problem.health === 'error' ? 0 : 1;
}

/** Those of an alert's connectors that are not well. Pure. */
export function stillOpen(members: Member[]): Member[] {
  return members.filter(({ incident }) => incident.resolvedAt === null);
}
