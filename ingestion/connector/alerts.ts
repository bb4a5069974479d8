import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/queryable.ts';
import { type Alert, findOpenAlert, holdAlerts, listMembers, readOpen, stillOpen } from './alert.ts';
import type { Cause } from './cause.ts';
import type { Person } from './connector.ts';
import { muteAt } from './mutes.ts';
import { bumpAlert, replyToAlert } from './outbox/telling.ts';
import { nextReminderAt } from './reminders.ts';

/** Of which tenant, for what cause (null: of one connector alone), and how grave. */
type Opening = Pick<Alert, 'tenantId' | 'health'> & { cause: Cause | null };

/** The open alert that a new incident joins, held until the end of the transaction; or one that is opened for it. */
export async function alertFor(
  tx: Queryable,
  opening: Opening,
  now: number,
): Promise<{ alert: Alert; joined: boolean }> {
  const [known] = await holdAlerts(tx, await joinable(tx, opening, now));
  return known ? { alert: known, joined: true } : { alert: await openAlert(tx, opening, now), joined: false };
}

/** Nobody opens another alert of the cause until the end of the transaction. */
async function joinable(tx: Queryable, { tenantId, cause }: Opening, now: number): Promise<string[]> {
  if (!cause) return [];
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`cause ${tenantId} ${cause.key}`]);
  const since = cause.togetherMs === null ? 0 : now - cause.togetherMs;
  const id = await findOpenAlert(tx, { tenantId, cause: cause.key, since });
  return id ? [id] : [];
}

async function openAlert(tx: Queryable, { tenantId, cause, health }: Opening, now: number): Promise<Alert> {
  const fresh = { resolvedAt: null, acknowledged: null, snoozed: null, reminders: 0 };
  const alert = { id: randomUUID(), tenantId, cause: cause?.key ?? null, health, openedAt: now, told: {}, ...fresh };
  const dueAt = nextReminderAt(alert, now);
  await tx.query(
    'insert into alerts (id, tenant_id, cause, health, opened_at, due_at) values ($1, $2, $3, $4, $5, $6)',
    [alert.id, tenantId, alert.cause, health, new Date(now), dateOr(dueAt)],
  );
  return { ...alert, dueAt };
}

/**
 * The alert that tells of an incident from now on, which has another cause now: that of its cause, if one is open; the same, where
 * it is the only one in it that goes on; else one of its own. Without `mayMove` the same in any case. Both are held.
 */
export async function alertAfter(
  tx: Queryable,
  alertId: string,
  { mayMove, now, ...opening }: Opening & { mayMove: boolean; now: number },
): Promise<{ from: Alert; to: Alert }> {
  const known = await joinable(tx, opening, now);
  const held = await holdAlerts(tx, [alertId, ...known]);
  const from = held.find(({ id }) => id === alertId);
  if (!from) throw new Error(`the alert ${alertId} of an open incident is over`);
  const key = opening.cause?.key ?? null;
  if (key !== null && key === from.cause) return { from, to: from };
  const other = held.find((alert) => alert !== from);
  if (other && mayMove) return { from, to: other };
  if ((await readOpen(tx, alertId)).open === 1) {
    await tx.query('update alerts set cause = $2 where id = $1', [alertId, key]);
    return { from, to: { ...from, cause: key } };
  }
  return { from, to: mayMove ? await openAlert(tx, opening, now) : from };
}

/** Has an alert that is held follow its incidents: over with the last of them, and as grave as the worst. */
export async function followIncidents(tx: Queryable, alert: Alert, now: number): Promise<void> {
  const { open, health } = await readOpen(tx, alert.id);
  if (open === 0) {
    await tx.query('update alerts set resolved_at = $2, due_at = null where id = $1', [alert.id, new Date(now)]);
  } else if (health !== alert.health) {
    const dueAt = nextReminderAt({ ...alert, health, reminders: 0 }, now);
    await tx.query('update alerts set health = $2, due_at = $3 where id = $1', [alert.id, health, dateOr(dueAt)]);
  }
}

/** Notes when this change was told. */
export async function noteTold(tx: Queryable, { id }: Alert, told: Alert['told']): Promise<void> {
  await tx.query('update alerts set told = told || $2 where id = $1', [id, told]);
}

/** What came of a deed on an alert: it was done, had been done before, or the alert is over. */
export type DeedResult = 'done' | 'already' | 'over';

/**
 * Somebody is on it: it is said in its thread, and nobody is reminded any more. The first who says so stays, through whatever
 * else goes wrong or joins in the same alert: the reply that tells of a change names them.
 */
export async function acknowledgeAlert(
  tx: Queryable,
  id: string,
  { by, now }: { by: Person; now: number },
): Promise<DeedResult> {
  const [alert] = await holdAlerts(tx, [id]);
  if (!alert) return 'over';
  if (alert.acknowledged) return 'already';
  await saveCourse(tx, { ...alert, acknowledged: { by, at: now } }, now);
  await replyToAlert(tx, { alertId: id, subject: { kind: 'acknowledged', by: by.name } }, now);
  return 'done';
}

/** Nothing but its recovery is told of the alert until `until`; null ends that at once. */
export async function snoozeAlert(
  tx: Queryable,
  id: string,
  { by, until, now }: { by: Person; until: number | null; now: number },
): Promise<DeedResult> {
  const [alert] = await holdAlerts(tx, [id]);
  if (!alert) return 'over';
  if (until === null && !muteAt(alert.snoozed, now)) return 'already';
  const snoozed = until === null ? null : { by, at: now, until };
  await saveCourse(tx, { ...alert, snoozed, reminders: 0 }, now);
  const subject = until === null ? null : ({ kind: 'snoozed', by: by.name, until } as const);
  if (subject) await replyToAlert(tx, { alertId: id, subject }, now);
  return 'done';
}

/**
 * The end of a snooze, or a reminder, whichever is due; nothing when neither is any more. While all its connectors are muted, nothing
 * is said.
 */
export async function remindOfAlert(tx: Queryable, id: string, now: number): Promise<void> {
  const [alert] = await holdAlerts(tx, [id]);
  if (!alert || alert.dueAt === null || alert.dueAt > now) return;
  const mutes = stillOpen(await listMembers(tx, id)).map(({ connector }) => muteAt(connector.muted, now));
  const until = Math.min(...mutes.map((mute) => mute?.until ?? 0));
  if (until > 0 && until < Infinity) return postponeReminder(tx, id, until);
  const { snoozed, reminders } = alert;
  if (snoozed) {
    await saveCourse(tx, { ...alert, snoozed: null, reminders: 0 }, now);
    const subject = { kind: 'snooze-ended', by: snoozed.by.name } as const;
    await replyToAlert(tx, { alertId: id, subject }, now);
  } else {
    await saveCourse(tx, { ...alert, reminders: reminders + 1 }, now);
    await replyToAlert(tx, { alertId: id, subject: { kind: 'reminder' } }, now);
  }
}

/** Has what may not have been seen said again at `at` at the latest, if it is still open then and nobody is on it. */
export async function remindSoon(db: Queryable, id: string, at: number): Promise<void> {
  await db.query(
    `update alerts set due_at = least(due_at, $2)
      where id = $1 and resolved_at is null and acknowledged is null and snoozed is null`,
    [id, new Date(at)],
  );
}

/** Has the alert be looked at again at `until`. */
export async function postponeReminder(db: Queryable, id: string, until: number): Promise<void> {
  await db.query('update alerts set due_at = $2 where id = $1', [id, new Date(until)]);
}

async function saveCourse(tx: Queryable, alert: Alert, now: number): Promise<void> {
  const { id, acknowledged, snoozed, reminders } = alert;
  await tx.query('update alerts set acknowledged = $2, snoozed = $3, reminders = $4, due_at = $5 where id = $1', [
    id,
    acknowledged,
    snoozed,
    reminders,
    dateOr(nextReminderAt(alert, now)),
  ]);
  await bumpAlert(tx, id);
}

/** Takes those away that tell of nothing any more, as their connectors are gone; their cards are not followed any more. */
export async function dropEmptyAlerts(tx: Queryable, tenantId: string): Promise<void> {
  await tx.query(
    'delete from alerts where tenant_id = $1 and not exists (select from incidents where alert_id = alerts.id)',
    [tenantId],
  );
}

function dateOr(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
