import type { Audited } from '../../ingestion/connector/audit.ts';
import type { Sent } from '../../ingestion/connector/checkpoint.ts';
import type { Connector, State, TableSettings } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import type { OlderFeed } from '../../ingestion/connector/older-feeds.ts';
import type { Traffic } from '../../ingestion/connector/statistics.ts';
import type { Trend } from '../../ingestion/connector/trend.ts';
import type { BudgetState } from '../../ingestion/okta/rate-budget.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { shown } from '../kit/text.ts';
import { clock, every, moment } from '../kit/times.ts';
import { behindWords } from '../words/behind.ts';
import { changeWords } from '../words/deeds.ts';
import { evidenceLine, hintOf } from '../words/hints.ts';
import { count, seconds, share } from '../words/numbers.ts';
import { pausedWords } from '../words/pause.ts';
import { sentences } from '../words/sentences.ts';
import { type AlertPlaces, placesWords } from './alert-places.ts';

/** How the sending of a workspace’s health records goes. */
type Reporting = { sentAt: number | null; problem: { reason: Reason; since: number } | null };

/** All that is told of one connector. */
export type Status = {
  connector: Connector;
  checkpoint: Sent | null;
  lastHour: Traffic | null;
  /** How the health records of its workspace are sent. */
  reporting: Reporting | null;
  /** Other connectors that send the same org's events to the same workspace. */
  alsoFedBy: string[];
  /** What older connectors bring of the same events. */
  olderFeeds: OlderFeed[];
  trend: Trend;
  budget: BudgetState | null;
  /** Its last incidents, the newest first, and the last time that somebody changed it. */
  incidents: Incident[];
  changed: Audited | null;
  places: AlertPlaces;
  /** When its token was given to Patchbay, and after how many days another one is asked for; 0: never. */
  token: { keptAt: number | null; ageDays: number };
  state: State;
  now: number;
};

/** The table as it is; before it is made, as it was asked for. */
function tableOf({ provisioning, settings }: Connector): TableSettings {
  return provisioning.table ?? settings.table;
}

/** What is known of a connector, as rows of a title and what it says. */
export function statusRows(given: Status): [string, string][] {
  const { connector, checkpoint, lastHour, reporting, trend, budget, alsoFedBy, olderFeeds, changed, places, now } =
    given;
  const { settings, status, observation } = connector;
  const rows: [string, string | null][] = [
    ['Paused', pausedWords(connector)],
    ['Okta domain', shown(connector.domain)],
    ['Workspace', `${shown(settings.workspace.name)}, ${shown(settings.workspace.location)}`],
    ['Also fed by', alsoFedBy.length > 0 ? sentences.alsoFedBy(alsoFedBy.map((name) => shown(name))) : null],
    ['Also arriving', olderFeeds.length > 0 ? sentences.alsoArriving(olderFeeds) : null],
    ['Table', `OktaSystemLogs_CL, ${tableOf(connector).plan === 'Analytics' ? 'Analytics' : 'data lake only'}`],
    ['Retention', retention(tableOf(connector))],
    ['Events sent', checkpoint ? count(checkpoint.sentEvents) : null],
    ['Possibly twice', checkpoint && checkpoint.possiblyDuplicatedEvents > 0 ? twice(checkpoint) : null],
    ['Came again', trend.repeated > 0 ? `${count(trend.repeated)} in 24 hours; not sent again` : null],
    ['Put aside', checkpoint && checkpoint.refusedEvents > 0 ? putAside(connector, checkpoint) : null],
    ['New in Okta', unknownFields(connector)],
    ['Newest event', timeOr(checkpoint?.newest ?? status.lastEventAt, 'none yet')],
    ['Visible', visible(connector)],
    ['Newest row seen', timeOr(observation?.seen?.newestEvent ?? null, 'none yet')],
    ['Error log', errorLogOff(connector)],
    ['Checked', every(settings.intervalSeconds).toLowerCase()],
    ['Last check', timeOr(status.lastPollAt, 'not yet')],
    ['Next check', nextCheck(connector, now)],
    ['Last hour', lastHour ? traffic(lastHour) : null],
    ['Behind', behindWords(connector, now)],
    ['API budget', budget && budgetWords(budget)],
    ['Reads by', settings.clientId ? `the service app ${shown(settings.clientId)}` : null],
    [settings.clientId ? 'Key' : 'API token', agedToken(given)],
    ['Muted', mutedWords(connector, now)],
    ['Alerts go to', placesWords(places, now)],
    ['Health records', reporting && records(reporting)],
    ['Created', `${moment(connector.createdAt)}, by ${shown(settings.createdBy.name)}`],
    ['Last change', changed && changeWords(changed)],
  ];
  return rows.flatMap(([title, value]) => (value === null ? [] : [[title, value]]));
}

/** What the last look into the workspace has counted. */
function visible({ observation }: Connector): string | null {
  const { at = 0, day } = observation?.seen ?? {};
  if (!day) return null;
  return `${count(day.visible)} rows of the ${count(day.sent)} events sent since ${moment(day.since)}; looked at ${clock(at)}`;
}

function unknownFields({ status: { newFields = [] } }: Connector): string | null {
  if (newFields.length === 0) return null;
  const names = newFields.map(({ name }) => name).join(', ');
  return `${shown(names, 300)}: not in the workspace, as this version of Patchbay does not know it`;
}

function errorLogOff({ provisioning: { errorLog } }: Connector): string | null {
  return errorLog?.refused
    ? `of the rule: off, as Azure refused it. ${shown(evidenceLine(errorLog.refused), 300)}`
    : null;
}

function twice({ possiblyDuplicatedEvents: events, sentEvents }: Sent): string {
  return `at most ${count(events)} rows, ${share(events, sentEvents)} of what was sent: an answer of Azure was lost, or Patchbay was ended before it had one`;
}

function mutedWords({ muted }: Connector, now: number): string | null {
  const mute = muteAt(muted, now);
  return mute && `nothing is told until ${moment(mute.until)}, by ${shown(mute.by.name, 60)}`;
}

/** All connectors of the org take their calls from it. */
function budgetWords({ taken, most, closedUntil }: BudgetState): string {
  if (closedUntil !== null) return `used up; Okta is asked again at ${clock(closedUntil)}`;
  if (most === null) return 'Okta has not told its limit yet';
  return `${count(taken)} of the ${count(most)} calls a minute that Patchbay may take, by all connectors of the org`;
}

/** Nothing while it is young enough, and never an alert: an old token works. */
function agedToken({ connector: { settings }, token: { keptAt, ageDays }, now }: Status): string | null {
  if (keptAt === null || ageDays === 0 || now - keptAt <= ageDays * 86_400_000) return null;
  const another = settings.clientId ? 'press Manage, then New key' : 'create another one in Okta, and press Manage';
  return `the same since ${moment(keptAt)}, for more than ${count(ageDays)} days; ${another} to replace it`;
}

function putAside({ name }: Connector, { refusedEvents }: Sent): string {
  return `${count(refusedEvents)}; say “quarantine ${shown(name)}” to see them`;
}

function records({ sentAt, problem }: Reporting): string {
  if (problem) return `not written since ${moment(problem.since)}: ${hintOf(problem.reason).title}`;
  return sentAt === null ? 'none yet' : `last written ${moment(sentAt)}`;
}

/** The delays are the upper ends of the bins that they were counted in. */
function traffic({ events, requests, retries, p50Seconds, p95Seconds }: Traffic): string {
  const delays =
    p50Seconds === null ? '' : `; half were in Azure within ${seconds(p50Seconds)}, 95 % within ${seconds(p95Seconds)}`;
  const again = retries === 0 ? '' : `, ${count(retries)} of them made again`;
  const calls = `${count(requests)} ${requests === 1 ? 'request' : 'requests'}${again}`;
  return events === 0
    ? `no events; ${calls}`
    : `${count(events)} ${events === 1 ? 'event' : 'events'}${delays}; ${calls}`;
}

function retention({ plan, retentionDays, totalRetentionDays }: TableSettings): string {
  if (plan === 'Auxiliary' || totalRetentionDays <= retentionDays) return `${totalRetentionDays} days`;
  return `${retentionDays} days, ${totalRetentionDays} in all`;
}

function nextCheck({ dueAt, desired }: Connector, now: number): string | null {
  if (desired !== 'run') return null;
  return dueAt <= now ? 'due now' : clock(dueAt);
}

function timeOr(time: number | null, otherwise: string): string {
  return time === null ? otherwise : moment(time);
}
