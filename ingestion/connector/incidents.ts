import { randomUUID } from 'node:crypto';
import { factsOf, type Reason } from '../reasons.ts';
import type { Queryable } from '../store/database.ts';
import type { Connector, Person, Problem } from './connector.ts';
import { bumpIncident, createOutboxCard } from './outbox.ts';

/** What ended an incident that has not recovered: nobody knows by then whether the trouble is over. */
export type Closing = { cause: 'deleted' | 'paused' | 'resumed' | 'token'; by: Person };

/** One stretch of trouble of one connector: one card, from its opening to its recovery. */
export type Incident = {
  id: string;
  connectorId: string;
  openedAt: number;
  resolvedAt: number | null;
  /** What is wrong now, or was last. */
  problem: Problem;
  /** All that went wrong in it, each once, in order. */
  reasons: Reason[];
  /** Null while it is open, and when it has recovered. */
  closing: Closing | null;
};

type Row = {
  id: string;
  connector_id: string;
  opened_at: number;
  resolved_at: number | null;
  problem: Problem;
  reasons: Reason[];
  closing: Closing | null;
};

const fromRow = (row: Row): Incident => ({
  id: row.id,
  connectorId: row.connector_id,
  openedAt: row.opened_at,
  resolvedAt: row.resolved_at,
  problem: row.problem,
  reasons: row.reasons,
  closing: row.closing,
});

/** The problem if people are to be told of it; a mere notice opens no incident and keeps none open. */
function alarming(problem: Problem | null): Problem | null {
  return problem && (problem.health === 'error' || factsOf(problem.reason).alarmsFrom === 'warning') ? problem : null;
}

/**
 * A conversation that is told of an incident: in the stead of one that can't be reached, perhaps, and perhaps not before some
 * time (ms since the epoch), such as the end of its quiet hours.
 */
export type Place = { conversationId: string; insteadOf: string | null; notBefore: number | null };

/** The places that are told of a connector's incident; read in the transaction that opens it. The bot knows them. */
export type Audience = (tx: Queryable, connector: Connector, problem: Problem) => Promise<Place[]>;

/** Opens, changes or resolves the connector's incident to fit its status, and has its cards follow. */
export async function followIncident(
  tx: Queryable,
  connector: Connector,
  { audience, now }: { audience: Audience; now: number },
): Promise<void> {
  const problem = alarming(connector.status.problem);
  const open = await getOpenIncident(tx, connector.id);
  if (!open) {
    if (!problem) return;
    const incidentId = await openIncident(tx, connector.id, { problem, now });
    for (const place of await audience(tx, connector, problem))
      await createOutboxCard(tx, { kind: 'incident', connectorId: connector.id, incidentId, ...place }, now);
    return;
  }
  if (!problem) {
    await tx.query('update incidents set resolved_at = $2 where id = $1', [open.id, new Date(now)]);
  } else if (problem.reason !== open.problem.reason || problem.health !== open.problem.health) {
    const reasons = open.reasons.includes(problem.reason) ? open.reasons : [...open.reasons, problem.reason];
    await tx.query('update incidents set problem = $2, reasons = $3 where id = $1', [open.id, problem, reasons]);
  } else {
    return;
  }
  await bumpIncident(tx, open.id);
}

/** Ends the connector's incident by what somebody did, whether or not the trouble is over. */
export async function closeIncident(
  tx: Queryable,
  connectorId: string,
  { closing, now }: { closing: Closing; now: number },
): Promise<void> {
  const open = await getOpenIncident(tx, connectorId);
  if (!open) return;
  await tx.query('update incidents set resolved_at = $2, closing = $3 where id = $1', [
    open.id,
    new Date(now),
    closing,
  ]);
  await bumpIncident(tx, open.id);
}

/** Has the cards of the connector's open incident, if there is one, follow what has changed of the connector itself. */
export async function bumpOpenIncident(tx: Queryable, connectorId: string): Promise<void> {
  const open = await getOpenIncident(tx, connectorId);
  if (open) await bumpIncident(tx, open.id);
}

async function getOpenIncident(db: Queryable, connectorId: string): Promise<Incident | null> {
  const { rows } = await db.query<Row>('select * from incidents where connector_id = $1 and resolved_at is null', [
    connectorId,
  ]);
  return rows[0] ? fromRow(rows[0]) : null;
}

async function openIncident(
  tx: Queryable,
  connectorId: string,
  { problem, now }: { problem: Problem; now: number },
): Promise<string> {
  const id = randomUUID();
  await tx.query('insert into incidents (id, connector_id, opened_at, problem, reasons) values ($1, $2, $3, $4, $5)', [
    id,
    connectorId,
    new Date(now),
    problem,
    [problem.reason],
  ]);
  return id;
}

/** The incident, open or resolved; null when its connector is gone. */
export async function getIncident(db: Queryable, id: string): Promise<Incident | null> {
  const { rows } = await db.query<Row>('select * from incidents where id = $1', [id]);
  return rows[0] ? fromRow(rows[0]) : null;
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
