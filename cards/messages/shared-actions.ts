import { type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import { factsOf } from '../../ingestion/reasons.ts';
import { alertAction, manageAction, retryTitle, snoozeAction } from '../kit/actions.ts';
import { eventsQuery, portalAction } from '../kit/portal.ts';
import type { Card } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { beginning, end, missingOf } from './members.ts';

type Given = { members: Member[]; portal: string; now: number };

/** So many have a button of their own, where each has to be mended by itself: six buttons at most, with the others. */
const mostManaged = 2;

/** What can be done about an open alert of several connectors, or looked at once it is over; `members` are those on the card. */
export function sharedActions(given: Given): Card[] {
  const open = stillOpen(given.members);
  const [lead] = open;
  if (!lead) return portalOf(given);
  const { incident } = lead;
  const { problem, acknowledged, snoozed } = incident;
  return [
    ...(acknowledged ? [] : [alertAction('acknowledge', 'Acknowledge', incident)]),
    muteAt(snoozed, given.now) ? alertAction('end-snooze', 'End snooze', incident) : snoozeAction(incident),
    alertAction('retry', `${retryTitle(problem)} all`, incident),
    ...(factsOf(problem.reason).mendedBy === 'manage' ? managing(open) : []),
    ...portalOf(given),
  ];
}

function managing(open: Member[]): Card[] {
  if (open.length > mostManaged) return [];
  return open.map(({ connector }) => manageAction(connector, `Manage ${shown(connector.name, 30)}…`));
}

/** The workspace’s logs around all of it, where they have one workspace in common. */
function portalOf({ members, portal }: Given): Card[] {
  const [lead, ...others] = members;
  const idOf = ({ connector }: Member) => connector.settings.workspace.id.toLowerCase();
  if (!lead || others.some((other) => idOf(other) !== idOf(lead))) return [];
  const { tenantId, settings } = lead.connector;
  const from = missingOf(members)?.from ?? beginning(members) - 3_600_000;
  const to = stillOpen(members).length > 0 ? null : end(members);
  return [portalAction({ address: portal, tenantId }, settings.workspace.id, eventsQuery(null, { from, to }))];
}
