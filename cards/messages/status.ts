import type { Sent } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, pauseOf, type State, type TableSettings } from '../../ingestion/connector/connector.ts';
import { idleTokenMs } from '../../ingestion/connector/idle-token.ts';
import type { Traffic } from '../../ingestion/connector/statistics.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { executeAction, manageAction, pauseAction, pauseSubmit, retryAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { facts, shown } from '../kit/text.ts';
import { clock, duration, every, moment } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';
import { sentences } from '../words/sentences.ts';
import { appearanceOf, problemOf, type Stopping } from '../words/state.ts';
import { problemBlock } from './problem.ts';
import template from './status.json' with { type: 'json' };

/** How the sending of a workspace’s health records goes. */
type Reporting = { sentAt: number | null; problem: { reason: Reason; since: number } | null };

type Status = {
  connector: Connector;
  checkpoint: Sent | null;
  lastHour: Traffic | null;
  /** How the health records of its workspace are sent. */
  reporting?: Reporting | null;
  /** Other connectors that send the same org's events to the same workspace. */
  alsoFedBy?: string[];
  state: State;
  now: number;
};

/** Everything about one connector: how it stands, what is wrong and what to do, what it has sent. */
export function statusCard(given: Status & { inDialog?: boolean }): Card {
  const { connector, state, now, inDialog = false } = given;
  const appearance = appearanceOf(connector, state);
  const name = shown(connector.name);
  const problem = problemOf(connector, state);
  return expand(template, {
    fallback: `${name}: ${appearance.word}`,
    header: header({
      title: [name],
      tone: appearance.tone,
      state: { text: `${appearance.mark} ${appearance.word}`, color: appearance.color },
    }),
    problem: problem ? [{ block: explained(connector, problem) }] : [],
    separator: problem !== null,
    facts: facts(rowsOf(given)),
    footer: `As of ${moment(now)}`,
    actions: inDialog ? dialogActions(connector) : actions(connector, problem),
  });
}

function actions(connector: Connector, problem: Stopping | null): Card[] {
  const data = { connector: connector.id };
  return [
    executeAction('status', 'Refresh', data),
    ...(problem && connector.desired !== 'pause' ? [retryAction(connector, problem)] : []),
    ...(connector.desired === 'delete' ? [] : [manageAction(connector), pauseAction(connector)]),
    { type: 'Action.Submit', title: 'Delete…', data: { msteams: { type: 'task/fetch' }, dialog: 'delete', ...data } },
  ];
}

/** In a dialog nothing but Submit works: `open` asks for another dialog's first page. */
function dialogActions(connector: Connector): Card[] {
  const { id } = connector;
  return [
    { type: 'Action.Submit', title: 'Refresh', data: { dialog: 'status', connector: id } },
    { type: 'Action.Submit', title: 'Manage…', data: { dialog: 'manage', connector: id, open: true } },
    pauseSubmit(connector),
    { type: 'Action.Submit', title: 'Delete…', data: { dialog: 'delete', connector: id, open: true } },
  ];
}

function explained(connector: Connector, problem: Stopping): Card {
  const { status } = connector;
  const since = problem === status.problem ? `, since ${moment(status.problem.since)}` : '';
  const health = problem === status.problem ? status.problem.health : 'error';
  const title = { text: `${hintOf(problem.reason).title}${since}`, health };
  return problemBlock(connector, problem, title);
}

/** The table as it is; before it is made, as it was asked for. */
function tableOf({ provisioning, settings }: Connector): TableSettings {
  return provisioning.table ?? settings.table;
}

function rowsOf({
  connector,
  checkpoint,
  lastHour,
  reporting = null,
  alsoFedBy = [],
  now,
}: Status): [string, string][] {
  const { settings, status, observation } = connector;
  const rows: [string, string | null][] = [
    ['Paused', pausedSince(connector)],
    ['Okta domain', shown(connector.domain)],
    ['Workspace', `${shown(settings.workspace.name)}, ${shown(settings.workspace.location)}`],
    ['Also fed by', alsoFedBy.length > 0 ? sentences.alsoFedBy(alsoFedBy.map((name) => shown(name))) : null],
    ['Table', `OktaSystemLogs_CL, ${tableOf(connector).plan === 'Analytics' ? 'Analytics' : 'data lake only'}`],
    ['Retention', retention(tableOf(connector))],
    ['Events sent', checkpoint ? count(checkpoint.sentEvents) : null],
    [
      'Possibly twice',
      checkpoint && checkpoint.possiblyDuplicatedEvents > 0 ? count(checkpoint.possiblyDuplicatedEvents) : null,
    ],
    ['Put aside', checkpoint && checkpoint.refusedEvents > 0 ? putAside(connector, checkpoint) : null],
    ['Newest event', timeOr(checkpoint?.newest ?? status.lastEventAt, 'none yet')],
    ['Newest row', timeOr(observation?.seen?.newestEvent ?? null, 'none yet')],
    ['Checked', every(settings.intervalSeconds).toLowerCase()],
    ['Last check', timeOr(status.lastPollAt, 'not yet')],
    ['Next check', nextCheck(connector, now)],
    ['Last hour', lastHour ? traffic(lastHour) : null],
    ['Behind', connector.desired === 'pause' ? null : behind(status)],
    ['Health records', reporting && records(reporting)],
    ['Created', `${moment(connector.createdAt)}, by ${shown(settings.createdBy.name)}`],
  ];
  return rows.flatMap(([title, value]) => (value === null ? [] : [[title, value]]));
}

function putAside({ name }: Connector, { refusedEvents }: Sent): string {
  return `${count(refusedEvents)}; say “quarantine ${shown(name)}” to see them`;
}

function behind({ behindMs, catchUpMs, lastPollAt }: Connector['status']): string | null {
  if (behindMs === 0) return lastPollAt === null ? null : 'no, caught up';
  return `${duration(behindMs)}${catchUpMs === null ? '' : `, caught up in about ${duration(catchUpMs)}`}`;
}

function records({ sentAt, problem }: Reporting): string {
  if (problem) return `not written since ${moment(problem.since)}: ${hintOf(problem.reason).title}`;
  return sentAt === null ? 'none yet' : `last written ${moment(sentAt)}`;
}

/** The delays are the upper ends of the bins that they were counted in. */
function traffic({ events, requests, retries, p50Seconds, p95Seconds }: Traffic): string {
  const delays = p50Seconds === null ? '' : `; half within ${seconds(p50Seconds)}, 95 % within ${seconds(p95Seconds)}`;
  const again = retries === 0 ? '' : `, ${count(retries)} of them made again`;
  const calls = `${count(requests)} ${requests === 1 ? 'request' : 'requests'}${again}`;
  return events === 0
    ? `no events; ${calls}`
    : `${count(events)} ${events === 1 ? 'event' : 'events'}${delays}; ${calls}`;
}

function seconds(value: number | null): string {
  return value !== null && value < 120 ? `${value} s` : duration((value ?? 0) * 1000);
}

function retention({ plan, retentionDays, totalRetentionDays }: TableSettings): string {
  if (plan === 'Auxiliary' || totalRetentionDays <= retentionDays) return `${totalRetentionDays} days`;
  return `${retentionDays} days, ${totalRetentionDays} in all`;
}

function pausedSince(connector: Connector): string | null {
  const pause = pauseOf(connector);
  if (!pause) return null;
  const { at, by, idleSince } = pause;
  return `since ${moment(at)}, by ${shown(by.name)}; unless it is used, its API token ends ${moment(idleSince + idleTokenMs)}`;
}

function nextCheck({ dueAt, desired }: Connector, now: number): string | null {
  if (desired !== 'run') return null;
  return dueAt <= now ? 'now' : clock(dueAt);
}

function timeOr(time: number | null, otherwise: string): string {
  return time === null ? otherwise : moment(time);
}

function count(events: number): string {
  return events.toLocaleString('en-US');
}
