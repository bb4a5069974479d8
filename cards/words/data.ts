import type { Member } from '../../ingestion/connector/alert.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import type { Hint } from './hint.ts';
import { hintOf } from './hints.ts';

const whileRemoved: Hint['data'] = {
  fate: 'not affected',
  sentence: 'What has arrived stays in the workspace, and Okta is not read any more.',
};

const notStarted: Hint['data'] = {
  fate: 'not started',
  sentence:
    'Nothing has been read or sent yet, so nothing is lost: Okta keeps its log for 90 days, and Patchbay begins where its owner asked it to.',
};

/** What becomes of a connector’s data while this is wrong: where nothing was ever sent, nothing goes on where it stopped. */
export function dataOf(connector: Connector, reason: Reason): Hint['data'] {
  const { data } = hintOf(reason);
  if (connector.desired === 'delete') return whileRemoved;
  return data.fate === 'delayed' && !hasStarted(connector) ? notStarted : data;
}

/** Whether an event has ever been delivered, as far as is known. */
function hasStarted({ status }: Connector): boolean {
  return status.lastEventAt !== null || status.firstSeenAt !== null || status.unseenSince !== null;
}

/** What has become of the data, once it is over: the worst that any of its reasons may do. */
export function dataAfter({ status }: Connector, { reasons, beganAt }: Incident): string {
  const fates = reasons.map((reason) => hintOf(reason).data.fate);
  if (fates.includes('may be lost')) return 'Events of that time may be missing in the workspace.';
  if (!fates.includes('delayed')) return 'Events are coming in as usual again.';
  const wasRunning = status.firstSeenAt !== null && status.firstSeenAt < beganAt;
  return wasRunning
    ? 'Nothing was lost: Patchbay went on where it had stopped.'
    : 'Nothing was lost: Patchbay has begun where its owner asked it to.';
}

/** The same of all that an alert told of: the worst that any of their reasons may do. Never of none. */
export function dataAfterAll(members: Member[]): string {
  const [lead] = members;
  const reasons = members.flatMap(({ incident }) => incident.reasons);
  return lead ? dataAfter(lead.connector, { ...lead.incident, reasons }) : '';
}
