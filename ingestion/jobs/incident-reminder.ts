import { getConnector } from '../connector/connectors.ts';
import { getIncident } from '../connector/incident.ts';
import { postponeReminder, remindOfIncident } from '../connector/incidents.ts';
import { transaction } from '../store/database.ts';
import type { Job } from './job.ts';

const queue = 'incident-reminder';

/** Reminds of an error that nobody has acknowledged, or says that a snooze has ended. Its key: the incident's id. */
export const incidentReminderJob: Job = {
  queue,
  concurrency: 2,
  lockName: (id) => `${queue}:${id}`,
  due: (now, bind) =>
    `select id::text as key from incidents where resolved_at is null and due_at <= ${bind(new Date(now))} order by due_at`,
  async run({ pool, runtime }, id) {
    const incident = await getIncident(pool, id);
    const connector = incident && (await getConnector(pool, incident.connectorId));
    if (connector) await transaction(pool, (tx) => remindOfIncident(tx, connector, { id, now: runtime.now() }));
  },
  postpone: (db, id, { until }) => postponeReminder(db, id, until),
};
