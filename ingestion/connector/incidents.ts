import { randomUUID } from 'node:crypto';
import { factsOf } from '../reasons.ts';
import type { Queryable } from '../store/database.ts';
import type { Connector, Person, Problem } from './connector.ts';
import { type Closing, type Held, holdIncident, holdOpenIncident, type Incident } from './incident.ts';
import { joinSpans, missingSpan } from './missing-span.ts';
import { muteAt } from './mutes.ts';
import { bumpIncident, createOutboxCard, replyToIncident } from './outbox.ts';
import { nextReminderAt } from './reminders.ts';
import type { ReplySubject } from './reply-subject.ts';

/** The problem if people are to be told of it; a mere notice opens no incident and keeps none open. */
function alarming(problem: Problem | null): Problem | null {
  return problem && (problem.health === 'error' || factsOf(problem.reason).alarmsFrom === 'warning') ? problem : null;
}

/** The ids of the conversations that are told of a connector's problem, read in the transaction that opens its incident. */
export type Audience = (tx: Queryable, connector: Connector, problem: Problem) => Promise<string[]>;

type Given = { audience: Audience; now: number };

/** Opens, changes or resolves the connector's incident to fit its status, and has its cards follow. */
export async function followIncident(tx: Queryable, connector: Connector, given: Given): Promise<void> {
  const problem = alarming(connector.status.problem);
  const open = await holdOpenIncident(tx, connector.id);
  if (!open) {
    if (problem) await openIncident(tx, connector, { problem, ...given });
  } else if (!problem) {
    await resolveIncident(tx, open, given.now);
  } else if (problem.reason !== open.problem.reason || problem.health !== open.problem.health) {
    await changeIncident(tx, connector, { open, problem, ...given });
  }
}

async function openIncident(
  tx: Queryable,
  connector: Connector,
  { problem, audience, now }: Given & { problem: Problem },
): Promise<void> {
  const id = randomUUID();
  const dueAt = nextReminderAt({ ...fresh, problem }, now);
  await tx.query(
    `insert into incidents (id, connector_id, began_at, opened_at, problem, was_error, reasons, missing, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      connector.id,
      new Date(problem.since),
      new Date(now),
      problem,
      problem.health === 'error',
      [problem.reason],
      missingSpan(connector, problem),
      dateOr(dueAt),
    ],
  );
  await tellPlaces(tx, connector, { id, problem, audience, now });
}

const fresh = { resolvedAt: null, acknowledged: null, snoozed: null, reminders: 0 };

/** The places that are told of such a problem, and have not been told of the incident yet. */
async function tellPlaces(
  tx: Queryable,
  connector: Connector,
  { id: incidentId, problem, audience, now }: Given & { id: string; problem: Problem },
): Promise<void> {
  for (const conversationId of await audience(tx, connector, problem))
    await createOutboxCard(tx, { kind: 'incident', connectorId: connector.id, incidentId, conversationId }, now);
}

async function resolveIncident(tx: Queryable, open: Incident, now: number): Promise<void> {
  await tx.query('update incidents set resolved_at = $2, due_at = null where id = $1', [open.id, new Date(now)]);
  await bumpIncident(tx, open.id);
  const subject = { kind: 'recovered', beganAt: open.beganAt, resolvedAt: now } as const;
  await replyToIncident(tx, { incidentId: open.id, subject }, now);
}

async function changeIncident(
  tx: Queryable,
  connector: Connector,
  { open, problem, audience, now }: Given & { open: Held; problem: Problem },
): Promise<void> {
  const reasons = open.reasons.includes(problem.reason) ? open.reasons : [...open.reasons, problem.reason];
  const missing = joinSpans(open.missing, missingSpan(connector, problem));
  const graver = problem.health === 'error' && open.problem.health === 'warning';
  const sameHealth = problem.health === open.problem.health;
  const dueAt = sameHealth ? open.dueAt : nextReminderAt({ ...open, problem, reminders: 0 }, now);
  const telling = !muteAt(open.snoozed, now) && (graver || isNews(open, problem, now));
  const told = telling ? { ...open.told, [pairOf(open, problem)]: now } : open.told;
  await tx.query(
    `update incidents set problem = $2, was_error = was_error or $3, reasons = $4, missing = $5, told = $6, due_at = $7
      where id = $1`,
    [open.id, problem, problem.health === 'error', reasons, missing, told, dateOr(dueAt)],
  );
  await bumpIncident(tx, open.id);
  // Some places are told of errors only.
  if (graver) await tellPlaces(tx, connector, { id: open.id, problem, audience, now });
  if (telling) await replyToIncident(tx, { incidentId: open.id, subject: changeOf(open, problem) }, now);
}

function changeOf(open: Incident, { reason: to }: Problem): ReplySubject {
  const from = open.problem.reason;
  return from === to ? { kind: 'grown-worse' } : { kind: 'reason-changed', from, to };
}

/** Reasons that take turns are told of once in this time; the card shows the one of now. */
const holdMs = 30 * 60_000;

function isNews(open: Held, problem: Problem, now: number): boolean {
  return problem.reason !== open.problem.reason && now - (open.told[pairOf(open, problem)] ?? -Infinity) >= holdMs;
}

/** Both ways are the same pair. */
function pairOf(open: Incident, { reason }: Problem): string {
  return [open.problem.reason, reason].sort().join(' ');
}

/** Ends the connector's incident by what somebody did, whether or not the trouble is over. */
export async function closeIncident(
  tx: Queryable,
  connectorId: string,
  { closing, now }: { closing: Closing; now: number },
): Promise<void> {
  const open = await holdOpenIncident(tx, connectorId);
  if (!open) return;
  await tx.query('update incidents set resolved_at = $2, due_at = null, closing = $3 where id = $1', [
    open.id,
    new Date(now),
    closing,
  ]);
  await bumpIncident(tx, open.id);
  await replyToIncident(tx, { incidentId: open.id, subject: { kind: 'closed', closing } }, now);
}

/** What came of a deed on an incident: it was done, had been done before, or the incident is over. */
export type DeedResult = 'done' | 'already' | 'over';

/**
 * Somebody is on it: it is said in its thread, and nobody is reminded any more. The first who says so stays, through whatever
 * else goes wrong in the same incident: the reply that tells of a change names them.
 */
export async function acknowledgeIncident(
  tx: Queryable,
  id: string,
  { by, now }: { by: Person; now: number },
): Promise<DeedResult> {
  const incident = await holdIncident(tx, id);
  if (!incident) return 'over';
  if (incident.acknowledged) return 'already';
  const acknowledged = { by, at: now };
  await saveCourse(tx, { ...incident, acknowledged }, now);
  await replyToIncident(tx, { incidentId: id, subject: { kind: 'acknowledged', by: by.name } }, now);
  return 'done';
}

/** Nothing but its recovery is told of the incident until `until`; null ends that at once. */
export async function snoozeIncident(
  tx: Queryable,
  id: string,
  { by, until, now }: { by: Person; until: number | null; now: number },
): Promise<DeedResult> {
  const incident = await holdIncident(tx, id);
  if (!incident) return 'over';
  if (until === null && !muteAt(incident.snoozed, now)) return 'already';
  const snoozed = until === null ? null : { by, at: now, until };
  await saveCourse(tx, { ...incident, snoozed, reminders: 0 }, now);
  const subject = until === null ? null : ({ kind: 'snoozed', by: by.name, until } as const);
  if (subject) await replyToIncident(tx, { incidentId: id, subject }, now);
  return 'done';
}

/**
 * The end of a snooze, or a reminder, whichever is due; nothing when neither is any more. While the connector is muted, or was
 * deleted, nothing is said.
 */
export async function remindOfIncident(
  tx: Queryable,
  connector: Connector,
  { id, now }: { id: string; now: number },
): Promise<void> {
  const incident = await holdIncident(tx, id);
  if (!incident || incident.dueAt === null || incident.dueAt > now) return;
  const mute = muteAt(connector.muted, now);
  if (mute) return postponeReminder(tx, id, mute.until);
  const { snoozed, reminders } = incident;
  if (snoozed) {
    await saveCourse(tx, { ...incident, snoozed: null, reminders: 0 }, now);
    const subject = { kind: 'snooze-ended', by: snoozed.by.name } as const;
    await replyToIncident(tx, { incidentId: id, subject }, now);
  } else {
    await saveCourse(tx, { ...incident, reminders: reminders + 1 }, now);
    await replyToIncident(tx, { incidentId: id, subject: { kind: 'reminder' } }, now);
  }
}

/** Has what may not have been seen said again at `at` at the latest, if it is still open then and nobody is on it. */
export async function remindSoon(db: Queryable, id: string, at: number): Promise<void> {
  await db.query(
    `update incidents set due_at = least(due_at, $2)
      where id = $1 and resolved_at is null and acknowledged is null and snoozed is null`,
    [id, new Date(at)],
  );
}

/** Has the cards of the connector's open incident, if there is one, follow what has changed of the connector itself. */
export async function bumpOpenIncident(tx: Queryable, connectorId: string): Promise<void> {
  const open = await holdOpenIncident(tx, connectorId);
  if (open) await bumpIncident(tx, open.id);
}

async function saveCourse(tx: Queryable, incident: Incident, now: number): Promise<void> {
  const { id, acknowledged, snoozed, reminders } = incident;
  await tx.query('update incidents set acknowledged = $2, snoozed = $3, reminders = $4, due_at = $5 where id = $1', [
    id,
    acknowledged,
    snoozed,
    reminders,
    dateOr(nextReminderAt(incident, now)),
  ]);
  await bumpIncident(tx, id);
}

/** Has the incident be looked at again at `until`. */
export async function postponeReminder(db: Queryable, id: string, until: number): Promise<void> {
  await db.query('update incidents set due_at = $2 where id = $1', [id, new Date(until)]);
}

function dateOr(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
