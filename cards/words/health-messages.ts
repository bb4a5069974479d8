import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { shown } from '../kit/text.ts';
import { duration, moment } from '../kit/times.ts';
import { closingWords } from './closings.ts';
import { hintOf } from './hints.ts';

/** What was last told of a connector's health, beside the problem that it has now: since when, or else what was over last. */
export function latestMessage({ status, provisioning }: Connector, incident: Incident | null): string {
  const open = incident?.resolvedAt === null ? incident : null;
  if (status.problem) return `Since ${moment(open?.beganAt ?? status.problem.since)}${open ? whoIsOnIt(open) : ''}`;
  if (provisioning.problem) return 'Since it was last tried';
  return incident ? incidentMessage(incident) : 'No trouble so far';
}

/** One stretch of trouble, in one sentence without Markdown: what it was, from when to when. */
export function incidentMessage(incident: Incident): string {
  const { problem, reasons, beganAt, resolvedAt, snoozed, closing } = incident;
  const mark = problem.health === 'error' ? '✕' : '▲';
  const what = reasons.map((reason) => hintOf(reason).title).join('; then: ');
  const quiet = snoozed ? `; snoozed until ${moment(snoozed.until)}` : '';
  if (resolvedAt === null) return `${mark} Since ${moment(beganAt)}: ${what}${whoIsOnIt(incident)}${quiet}`;
  const lasted = duration(resolvedAt - beganAt);
  if (closing) return `○ ${moment(beganAt)}, closed after ${lasted}, ${closingWords(closing).deed}: ${what}`;
  return `✓ ${moment(beganAt)}, over after ${lasted}: ${what}`;
}

function whoIsOnIt({ acknowledged }: Incident): string {
  return acknowledged ? `; ${shown(acknowledged.by.name, 60)} is on it` : '';
}
