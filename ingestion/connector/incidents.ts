import { randomUUID } from 'node:crypto';
import { factsOf, type Reason } from '../reasons.ts';
import type { Queryable } from '../store/queryable.ts';
import { type Alert, holdAlerts } from './alert.ts';
import { alertAfter, alertFor, followIncidents, noteTold } from './alerts.ts';
import { causeOf } from './cause.ts';
import type { Connector, Problem } from './connector.ts';
import { type Closing, getOpenIncident, holdOpenIncident, type Incident, listIncidentsIn } from './incident.ts';
import { joinSpans, missingSpan } from './missing-span.ts';
import { muteAt } from './mutes.ts';
import { listPlacesOver } from './outbox/card.ts';
import { bumpAlert, bumpMember, replyToAlert, tellPlaces } from './outbox/telling.ts';
import type { ReplySubject } from './reply-subject.ts';

/** The problem if people are to be told of it; a mere notice opens no incident and keeps none open. */
export function alarming(problem: Problem | null): Problem | null {
  return problem && (problem.health === 'error' || factsOf(problem.reason).alarmsFrom === 'warning') ? problem : null;
}

/** The ids of the conversations that are told of a connector's problem, read in the transaction that opens its incident. */
export type Audience = (tx: Queryable, connector: Connector, problem: Problem) => Promise<string[]>;

type Given = { audience: Audience; now: number };

/** Opens, changes or resolves the connector's incident to fit its status, and has its alert and cards follow. */
export async function followIncident(tx: Queryable, connector: Connector, given: Given): Promise<void> {
  const problem = alarming(connector.status.problem);
  const open = await holdOpenIncident(tx, connector.id);
  if (!open) {
    if (problem) await openIncident(tx, connector, { problem, ...given });
  } else if (!problem) {
    await endIncident(tx, open, { closing: null, now: given.now });
  } else if (problem.reason !== open.problem.reason || problem.health !== open.problem.health) {
    await changeIncident(tx, connector, { open, problem, ...given });
  }
}

async function openIncident(
  tx: Queryable,
  connector: Connector,
  { problem, audience, now }: Given & { problem: Problem },
): Promise<void> {
  const opening = { tenantId: connector.tenantId, cause: causeOf(connector, problem), health: problem.health };
  const { alert, joined } = await alertFor(tx, opening, now);
  const before = joined ? await readBefore(tx, alert) : nothing;
  await tx.query(
    `insert into incidents (id, connector_id, alert_id, began_at, opened_at, problem, was_error, reasons, missing)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      randomUUID(),
      connector.id,
      alert.id,
      new Date(problem.since),
      new Date(now),
      problem,
      problem.health === 'error',
      [problem.reason],
      missingSpan(connector, problem),
    ],
  );
  await tell(tx, connector, { alert, problem, audience, before, now });
  if (joined) await followIncidents(tx, alert, now);
}

/** How an alert stood before an incident joined it: where all that was told was over, and for what reasons it is open. */
type Before = { over: string[]; reasons: Reason[] };

const nothing: Before = { over: [], reasons: [] };

async function readBefore(tx: Queryable, { id }: Alert): Promise<Before> {
  const open = (await listIncidentsIn(tx, id)).filter(({ resolvedAt }) => resolvedAt === null);
  return { over: await listPlacesOver(tx, id), reasons: open.map(({ problem }) => problem.reason) };
}

type Telling = Given & { alert: Alert; problem: Problem; before: Before };

/**
 * The places that are told of such a problem have the connector on the alert's card. That it joins is no message, unless it is news:
 * in a place that was told that all is well, or where it is in a way for which others have no remedy.
 */
async function tell(tx: Queryable, connector: Connector, telling: Telling): Promise<void> {
  const { alert, problem, audience, before, now } = telling;
  const { id: alertId } = alert;
  const places = await audience(tx, connector, problem);
  await tellPlaces(tx, { alertId, connectorIds: [connector.id], places }, now);
  await bumpMember(tx, { alertId, connectorId: connector.id });
  const again = before.over.filter((place) => places.includes(place));
  if (again.length > 0) await replyToAlert(tx, { alertId, subject: { kind: 'again' }, places: again }, now);
  else if (isOther(telling)) {
    const subject = { kind: 'also', reason: problem.reason } as const;
    await noteTold(tx, alert, { [`also ${problem.reason}`]: now });
    await replyToAlert(tx, { alertId, subject, about: connector.id }, now);
  }
}

/** None of the others has such a problem, and it does not merely grow out of theirs. */
function isOther({ alert, problem: { reason }, before: { reasons }, now }: Telling): boolean {
  if (reasons.length === 0 || reasons.includes(reason) || muteAt(alert.snoozed, now)) return false;
  return factsOf(reason).gravity === 'error' && now - (alert.told[`also ${reason}`] ?? -Infinity) >= holdMs;
}

async function changeIncident(
  tx: Queryable,
  connector: Connector,
  { open, problem, audience, now }: Given & { open: Incident; problem: Problem },
): Promise<void> {
  const cause = causeOf(connector, problem);
  const opening = { tenantId: connector.tenantId, cause, health: problem.health };
  const { from, to } = await alertAfter(tx, open.alertId, { ...opening, mayMove: mayMove(open, now), now });
  const moves = from.id !== to.id;
  const before = moves ? await readBefore(tx, to) : nothing;
  await saveChange(tx, connector, { open, problem, alert: to, movedAt: moves ? now : open.movedAt });
  // Some places are told of errors only.
  if (moves || (problem.health === 'error' && open.problem.health === 'warning'))
    await tell(tx, connector, { alert: to, problem, audience, before, now });
  else await bumpMember(tx, { alertId: to.id, connectorId: connector.id });
  if (moves) await leave(tx, { from, open, problem }, now);
  else await tellChange(tx, { alert: to, open, problem, own: to.cause !== (cause?.key ?? null) }, now);
  await followIncidents(tx, to, now);
}

/** Causes that take turns do not move it to and fro: it stays where it is for so long, as reasons that do are told once in it. */
const holdMs = 30 * 60_000;

function mayMove({ movedAt }: Incident, now: number): boolean {
  return movedAt === null || now - movedAt >= holdMs;
}

async function saveChange(
  tx: Queryable,
  connector: Connector,
  { open, problem, alert, movedAt }: { open: Incident; problem: Problem; alert: Alert; movedAt: number | null },
): Promise<void> {
  const reasons = open.reasons.includes(problem.reason) ? open.reasons : [...open.reasons, problem.reason];
  await tx.query(
    `update incidents set problem = $2, was_error = was_error or $3, reasons = $4, missing = $5, alert_id = $6, moved_at = $7
      where id = $1`,
    [
      open.id,
      problem,
      problem.health === 'error',
      reasons,
      joinSpans(open.missing, missingSpan(connector, problem)),
      alert.id,
      movedAt === null ? null : new Date(movedAt),
    ],
  );
}

type Change = { open: Incident; problem: Problem };

/** The alert that told of it goes on without it; where it was the last, its card says that another one does. */
async function leave(tx: Queryable, { from, open, problem }: Change & { from: Alert }, now: number): Promise<void> {
  const { connectorId } = open;
  await bumpMember(tx, { alertId: from.id, connectorId });
  const places = await listPlacesOver(tx, from.id, connectorId);
  await bumpAlert(tx, from.id, places);
  const subject = { kind: 'goes-on', from: open.problem.reason, to: problem.reason } as const;
  if (places.length > 0 && !muteAt(from.snoozed, now))
    await replyToAlert(tx, { alertId: from.id, subject, places, about: connectorId }, now);
  await followIncidents(tx, from, now);
}

/** A reply tells of another reason, or that the alert has become graver; `own`: the reason is not what its connectors share. */
async function tellChange(
  tx: Queryable,
  { alert, open, problem, own }: Change & { alert: Alert; own: boolean },
  now: number,
): Promise<void> {
  const graver = problem.health === 'error' && alert.health === 'warning';
  const change = pairOf(open, problem, own);
  const isNews = problem.reason !== open.problem.reason && now - (alert.told[change] ?? -Infinity) >= holdMs;
  if (muteAt(alert.snoozed, now) || !(graver || isNews)) return;
  await noteTold(tx, alert, { [change]: now });
  const about = own ? { about: open.connectorId } : {};
  await replyToAlert(tx, { alertId: alert.id, subject: changeOf(open, problem), ...about }, now);
}

function changeOf(open: Incident, { reason: to }: Problem): ReplySubject {
  const from = open.problem.reason;
  return from === to ? { kind: 'grown-worse' } : { kind: 'reason-changed', from, to };
}

/** Both ways are the same pair. */
function pairOf(open: Incident, { reason }: Problem, own: boolean): string {
  return [...(own ? [open.connectorId] : []), ...[open.problem.reason, reason].sort()].join(' ');
}

/** Ends the connector's incident by what somebody did, whether or not the trouble is over. */
export async function closeIncident(
  tx: Queryable,
  connectorId: string,
  { closing, now }: { closing: Closing; now: number },
): Promise<void> {
  const open = await holdOpenIncident(tx, connectorId);
  if (open) await endIncident(tx, open, { closing, now });
}

/** It is over; a place hears so when nothing goes on any more that it was told of by this alert. */
async function endIncident(
  tx: Queryable,
  { id, alertId, connectorId }: Incident,
  { closing, now }: { closing: Closing | null; now: number },
): Promise<void> {
  const [alert] = await holdAlerts(tx, [alertId]);
  await tx.query('update incidents set resolved_at = $2, closing = $3 where id = $1', [id, new Date(now), closing]);
  await bumpMember(tx, { alertId, connectorId });
  const places = await listPlacesOver(tx, alertId, connectorId);
  await bumpAlert(tx, alertId, places);
  const subject = closing ? ({ kind: 'closed', closing } as const) : ({ kind: 'recovered' } as const);
  if (places.length > 0) await replyToAlert(tx, { alertId, subject, places }, now);
  if (alert) await followIncidents(tx, alert, now);
}

/** Has the cards of the connector's open incident, if there is one, follow what has changed of the connector itself. */
export async function bumpOpenIncident(tx: Queryable, connectorId: string): Promise<void> {
  const open = await getOpenIncident(tx, connectorId);
  if (!open) return;
  // Whoever changes the cards of an alert holds it, so that two who change several do not wait for each other.
  await holdAlerts(tx, [open.alertId]);
  await bumpMember(tx, { alertId: open.alertId, connectorId });
}
