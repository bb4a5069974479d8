import type { Alert } from './alert.ts';

const hourMs = 3_600_000;

/** How long after it was last told of an error is told of again that nobody has acknowledged; the last goes on for ever. */
const pausesMs = [hourMs, 4 * hourMs, 24 * hourMs];

type Course = Pick<Alert, 'resolvedAt' | 'health' | 'acknowledged' | 'snoozed' | 'reminders'>;

/**
 * When an alert that was told of at `now` has to be looked at again: at the end of its snooze, or to remind of an error that
 * nobody has acknowledged. Null when nobody is to be reminded: warnings wait for whoever looks. Pure.
 */
export function nextReminderAt({ resolvedAt, health, ...course }: Course, now: number): number | null {
  const { acknowledged, snoozed, reminders } = course;
  if (resolvedAt !== null) return null;
  if (snoozed && snoozed.until > now) return snoozed.until;
  if (acknowledged || health !== 'error') return null;
  return now + (pausesMs[Math.min(reminders, pausesMs.length - 1)] ?? 0);
}
