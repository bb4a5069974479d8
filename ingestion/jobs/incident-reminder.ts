import { postponeReminder, remindOfAlert } from '../connector/alerts.ts';
import { transaction } from '../store/database.ts';
import type { Job } from './job.ts';

const kind = 'incident-reminder';

/** Reminds of an error that nobody has acknowledged, or says that a snooze has ended. Its key: the alert's id. */
export const incidentReminderJob: Job = {
  kind,
  concurrency: 2,
  lease: (id) => `${kind}:${id}`,
  due: (now, bind) =>
    `select id::text as key from alerts where resolved_at is null and due_at <= ${bind(new Date(now))} order by due_at`,
  run: ({ pool, runtime }, id) => transaction(pool, (tx) => remindOfAlert(tx, id, runtime.now())),
  postpone: (db, id, { until }) => postponeReminder(db, id, until),
};
