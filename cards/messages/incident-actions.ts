import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import { alertAction, remedyActions, snoozeAction, statusAction } from '../kit/actions.ts';
import { eventsQuery, portalAction } from '../kit/portal.ts';
import type { Card } from '../kit/template.ts';

type Given = { connector: Connector; incident: Incident; portal: string; now: number };

/** What can be done about an open incident: six buttons at most, which is the store's limit for a card. */
export function openActions(given: Given): Card[] {
  const { connector, incident, now } = given;
  return [
    ...(incident.acknowledged ? [] : [alertAction('acknowledge', 'Acknowledge', incident)]),
    muteAt(incident.snoozed, now) ? alertAction('end-snooze', 'End snooze', incident) : snoozeAction(incident),
    ...remedyActions(connector, incident.problem),
    statusAction(connector, 'Status'),
    portalOf(given),
  ];
}

/** What can be looked at once it is over; with where to hunt again, if events may be missing. */
export function resolvedActions(given: Given): Card[] {
  return [statusAction(given.connector, 'Status'), ...(given.incident.missing ? [portalOf(given)] : [])];
}

/** The workspace’s logs around the incident. */
function portalOf({ connector, incident, portal }: Given): Card {
  const hourMs = 3_600_000;
  const span = { from: incident.missing?.from ?? incident.beganAt - hourMs, to: incident.resolvedAt };
  const { tenantId, settings } = connector;
  return portalAction({ address: portal, tenantId }, settings.workspace.id, eventsQuery(connector.id, span));
}
