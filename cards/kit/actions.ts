import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { factsOf, type Reason } from '../../ingestion/reasons.ts';
import type { Card } from './template.ts';
import { shown } from './text.ts';

/**
 * A button that is answered with a card in the place of its own. A client that does not know such buttons leaves it out: it would
 * send a Submit as a message that says nothing, and every button has a command that does the same.
 */
export function executeAction(verb: string, title: string, data: Card = {}): Card {
  return { type: 'Action.Execute', title, verb, data, fallback: 'drop' };
}

/** A button that does something to the whole alert that tells of an incident. `incident` is what cards have always called its id. */
export function alertAction(verb: string, title: string, { alertId }: Pick<Incident, 'alertId'>): Card {
  return executeAction(verb, title, { incident: alertId });
}

/** Opens the choice for how long an alert is to be silent, and what of it. */
export function snoozeAction({ alertId }: Pick<Incident, 'alertId'>): Card {
  const data = { msteams: { type: 'task/fetch' }, dialog: 'silence', incident: alertId };
  return { type: 'Action.Submit', title: 'Snooze…', data };
}

/** Opens the connect dialog. */
export const connectButton: Card = {
  type: 'Action.Submit',
  title: 'Connect a connector',
  style: 'positive',
  data: { msteams: { type: 'task/fetch' }, dialog: 'connect' },
};

/** The same, with the Okta domain filled in. */
export function connectAction(domain: string): Card {
  return { ...connectButton, data: { ...(connectButton.data as Card), domain } };
}

/** Says something to the bot for whoever presses; the answer takes the card's place. What `shown` puts into it, nobody types: it goes again. */
export function sayAction(text: string): Card {
  return executeAction('say', shown(text, 60), { text: shown(text, 300) });
}

/** Opens the status in a dialog, so that the card from which it is opened stays as it is. */
export function statusAction({ id }: Connector, title: string): Card {
  return { type: 'Action.Submit', title, data: { msteams: { type: 'task/fetch' }, dialog: 'status', connector: id } };
}

/** Opens the manage dialog from a message. */
export function manageAction({ id }: Connector, title = 'Manage…'): Card {
  const data = { msteams: { type: 'task/fetch' }, dialog: 'manage', connector: id };
  return { type: 'Action.Submit', title, data };
}

/** Opens the page of a service app in the manage dialog: the first one, or another key. `draft` is that of the dialog that is open. */
export function serviceAppSubmit({ id, settings }: Connector, draft: string): Card {
  const data = { dialog: 'manage', connector: id, draft, page: 'app' };
  return { type: 'Action.Submit', title: appTitle(settings), associatedInputs: 'none', data };
}

/** The same from a message. */
export function serviceAppAction({ id, settings }: Connector): Card {
  const data = { msteams: { type: 'task/fetch' }, dialog: 'manage', connector: id, page: 'app' };
  return { type: 'Action.Submit', title: appTitle(settings), data };
}

function appTitle({ clientId }: Connector['settings']): string {
  return clientId ? 'New key…' : 'Service app…';
}

/** Tries again at once; where that mends what is gone or was changed in Azure, the button says so. */
export function retryAction({ id }: Connector, problem: { reason: Reason } | null): Card {
  return executeAction('retry', retryTitle(problem), { connector: id });
}

/** The same for a dialog, which it ends. */
export function retrySubmit({ id }: Connector, problem: { reason: Reason }): Card {
  return {
    type: 'Action.Submit',
    title: retryTitle(problem),
    associatedInputs: 'none',
    data: { dialog: 'retry', connector: id },
  };
}

/** What trying again is called where it mends what is wrong. */
export function retryTitle(problem: { reason: Reason } | null): string {
  return problem && mends(problem.reason) ? 'Repair' : 'Retry';
}

/** Gives the connector a rest, or ends it; for a message. */
export function pauseAction(connector: Connector): Card {
  const { title, verb } = pausing(connector);
  return executeAction(verb, title, { connector: connector.id });
}

/** The same for a dialog, which it ends. */
export function pauseSubmit(connector: Connector): Card {
  const { title, verb } = pausing(connector);
  const data = { dialog: 'pause', connector: connector.id, to: verb };
  return { type: 'Action.Submit', title, associatedInputs: 'none', data };
}

function pausing({ desired }: Connector): { title: string; verb: string } {
  return desired === 'pause' ? { title: 'Resume', verb: 'resume' } : { title: 'Pause', verb: 'pause' };
}

function mends(reason: Reason): boolean {
  const { mendedBy } = factsOf(reason);
  return mendedBy === 'rebuild' || mendedBy === 'check';
}

/**
 * The buttons for what mends a problem: trying again, and the dialog in which token and domain are changed where that helps. While
 * the connector rests, there is nothing to try again.
 */
export function remedyActions(connector: Connector, problem: { reason: Reason } | null): Card[] {
  const mended = problem && factsOf(problem.reason).mendedBy;
  if (mended === 'resume') return [pauseAction(connector), manageAction(connector)];
  return [
    retryAction(connector, problem),
    ...(problem && mended === 'manage' ? [changeAction(connector, problem.reason)] : []),
  ];
}

/** Opens the dialog where what is wrong is changed: the domain, the key of the service app, or the token. */
function changeAction(connector: Connector, reason: Reason): Card {
  if (reason.startsWith('domain-')) return manageAction(connector);
  return connector.settings.clientId ? serviceAppAction(connector) : manageAction(connector, 'Rotate token…');
}
