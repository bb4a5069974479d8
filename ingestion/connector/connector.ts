import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import type { Arrivals } from './arrivals.ts';
import type { PollResult } from './poll-result.ts';

/** How grave it is; `warning` alone seldom alarms anybody. */
export type Health = 'ok' | 'warning' | 'error';

/**
 * What is wrong, and what the platforms said of it. `since`: when the trouble began as far as is known, such as at the first poll
 * that failed, whatever the reason was then. The words for people are in `cards/words/hints.ts`.
 */
export type Problem = { reason: Reason; health: 'warning' | 'error'; since: number; evidence: Evidence };

/** Who did it: the object id from the authenticated activity, and the name to show. */
export type Person = { id: string; name: string };

/** Who has asked for silence, when, and until when; what is wrong meanwhile is told at its end, if it still is. */
export type Mute = { by: Person; at: number; until: number };

/** The Log Analytics workspace that a connector writes to. */
export type Workspace = {
  /** ARM id. */
  id: string;
  name: string;
  /** The workspace's own GUID, which queries use. */
  customerId: string;
  location: string;
  /** Its subscription belongs to another tenant, which lets us in by Azure Lighthouse. */
  delegated?: true;
};

/** The "table manager" of the howto: Auxiliary is the data lake tier, which Azure never changes back. */
export type TableSettings = { plan: 'Analytics' | 'Auxiliary'; retentionDays: number; totalRetentionDays: number };

/**
 * The last rest that somebody gave a connector: since when and by whom, since when its token lies idle, and who ended it when.
 * Times are milliseconds since the epoch.
 */
export type Pause = { at: number; by: Person; idleSince: number; resumed: { at: number; by: Person } | null };

/** What its owner chose. */
export type Settings = {
  workspace: Workspace;
  table: TableSettings;
  /** When another retention of the table was asked for. */
  tableChangedAt?: number;
  /** The credential for Okta, as `secrets` keeps it: an API token, or the private key of the service app with this client id. */
  keyId: string;
  clientId?: string | null;
  intervalSeconds: number;
  backfillHours: number;
  /** Whether people are to be told when far more comes than is usual. */
  tellsSurges?: boolean;
  conversationId: string;
  createdBy: Person;
};

/** A data collection rule as Azure has made it; `endpoint` is where its rows are sent. */
export type DataCollectionRule = { id: string; immutableId: string; endpoint: string };

/** How far provisioning has come; written by `provisioning-record.ts` only. */
export type Provisioning = {
  /** Names of steps, of the list in `provisioning/resources.ts`; another version may have had others. */
  done: string[];
  /** The step under way, or that failed; while it is taken apart again, the one whose work is being undone. */
  running: string | null;
  rule: DataCollectionRule | null;
  /** The table as it is: one that existed before keeps its tier and retention. */
  table: TableSettings | null;
  /** Names of functions that somebody else's saved search has, so that ours were not saved. */
  leftAlone?: string[];
  /** Whether the rule's error log is on (null), or why not, and when that is tried again; absent before. */
  errorLog?: { refused: Evidence | null; dueAt: number | null };
  problem: { reason: Reason; evidence: Evidence } | null;
  attempts: number;
  finishedAt: number | null;
  /** The version of `deploy/` that table, functions and rule were last brought to, or are being built to; 0 before. */
  version: number;
  /** When the retention that Azure was last told of was asked for; 0 before. */
  tableAt: number;
  /** Why what runs could not be brought up to date, since when, and when that is tried again. */
  failedUpgrade: { since: number; attempts: number; dueAt: number; evidence: Evidence } | null;
  /** All of it has been taken apart again. */
  removedAt: number | null;
};

/** What checks of the workspace have shown; written by `observations.ts` only. */
export type Observation = {
  /** When the last check that has ended began. */
  triedAt: number;
  /** The last check that had an answer; a part of one only adds to it. */
  seen: ({ at: number } & SeenRows) | null;
  /** Why the last check had none, or a part. */
  problem: { reason: Reason; evidence: Evidence } | null;
  /** When a check last found the table and the connector's rule where they belong, and how far had been delivered before it. */
  there: { at: number; since: number } | null;
  /** What the last check that could tell has not found there. */
  gone: { at: number; reason: 'table-missing' | 'rule-missing' } | null;
  /** When the table, known to be gone, was made anew; absent where it never was. */
  tableMadeAt?: number;
  /** Why rows that Azure took are missing, as far as it is known; null or absent while none are. */
  lost?: Lost | null;
  /** When rows came again after none had; absent where they never stayed away. */
  cameAgainAt?: number;
  /** When somebody last wanted a check at once; absent where nobody did. */
  requestedAt?: number;
  /** Until when the next check rests, because the last one ended in a bug. */
  restsUntil?: number;
};

/**
 * A reason for rows that are missing, with Azure's own words; `not-visible` where none was found. `someSince`: about since when, where
 * only some are missing, and others come.
 */
export type Lost = {
  reason: 'daily-cap' | 'ingestion-limit' | 'transform-failed' | 'not-visible';
  evidence: Evidence;
  someSince?: number;
};

/** The subjects of `not-visible` where all was read and nothing found; and where the rule's error log is off. */
export const nothingFound = 'nothing found';
export const logOff = 'error log off';

/** What is visible of a connector's rows: how many of three days, the newest by when they were published, and by when they came. */
export type SeenRows = {
  rows: number;
  newestEvent: number | null;
  newestArrival: number | null;
  /** Of a day: from when on, how many events were sent until the check began, and how many rows had come; absent where unknown. */
  day?: { since: number; sent: number; visible: number };
};

/** Where a connector stands; written by `statuses.ts`, at the end of each poll. All times are milliseconds since the epoch. */
export type ConnectorStatus = {
  state: 'pending' | 'connected' | 'error';
  health: Health;
  problem: Problem | null;
  /**
   * The failure that repeats, before it is grave enough to be a problem: since when for this reason; and where another came
   * before it, with no good poll in between, when that began.
   */
  failing: { reason: Reason; since: number; polls: number; beganAt?: number } | null;
  /** The end of the last failure, and when Okta last had no more than was delivered. */
  lastFailedAt: number | null;
  caughtUpAt: number | null;
  firstSeenAt: number | null;
  /** The oldest acceptance that no check of the workspace has confirmed. */
  unseenSince: number | null;
  lastPollAt: number | null;
  lastEventAt: number | null;
  lastRefusedAt: number | null;
  lastCutAt: number | null;
  lastReread: { at: number; from: number } | null;
  /** Events that said of themselves that they are of a time to come, when they came last; absent where none did. */
  lastToCome?: { at: number; events: number; uuid: string };
  /** Fields that our stream does not declare, and since when each has been told; absent before the first. */
  newFields?: NewField[];
  behindMs: number;
  catchUpMs: number | null;
  /** The backlog that polls work on; absent or null where there is none. */
  lag?: Lag | null;
  arrivals: Arrivals;
};

/** A backlog: how far behind it was at the most, and at the least, and when that was. */
export type Lag = { mostMs: number; leastMs: number; leastAt: number };

/** A field of Okta's events that is not in the workspace; `toldAt` is null until it has been told. */
export type NewField = { name: string; toldAt: number | null };

/** What one poll says of its connector: how well it is, what is wrong, and the failure that repeats. */
export type Verdict = Pick<ConnectorStatus, 'health' | 'problem' | 'failing'>;

/** An Okta org whose System Log goes to a workspace. Times are milliseconds since the epoch. */
export type Connector = {
  id: string;
  tenantId: string;
  name: string;
  domain: string;
  createdAt: number;
  dueAt: number;
  desired: 'run' | 'pause' | 'delete';
  /** Null when it never had a rest. */
  pause: Pause | null;
  settings: Settings;
  provisioning: Provisioning;
  status: ConnectorStatus;
  observation: Observation | null;
  /** Who wanted it tried again last, when, and whether that has been done. */
  retried: { by: Person; at: number; tried: boolean } | null;
  /** The last silence about it, over or not; written by `mutes.ts`. */
  muted: Mute | null;
};

/** What people are told of where it stands. */
export type State = ConnectorStatus['state'] | 'paused' | 'deleting';

/** The state that people see: its owner's desired state comes first, then what stops it from being built, then how it stands. */
export function stateOf(connector: Connector): State {
  if (connector.desired === 'delete') return 'deleting';
  if (connector.desired === 'pause') return 'paused';
  return connector.provisioning.problem ? 'error' : connector.status.state;
}

/** Whether the connector is built and is to be polled. */
export function isRunning({ desired, provisioning }: Connector): boolean {
  return desired === 'run' && provisioning.finishedAt !== null;
}

/** The rest that it has now; null when it has none. */
export function pauseOf({ desired, pause }: Connector): Pause | null {
  return desired === 'pause' ? pause : null;
}

/** When its last rest ended, 0 when it had none: what was due in that time is not late. */
export function resumedAt({ pause }: Connector): number {
  return pause?.resumed?.at ?? 0;
}

/** Clocks of Azure and ours may differ by this much. */
const slackMs = 2 * 60_000;

/** Before the first check. */
export const unseen: Observation = { triedAt: 0, seen: null, problem: null, there: null, gone: null };

/** What somebody has deleted behind the connector's back; null when nothing is known to be gone, or since it was built anew. */
export function goneOf({ observation, provisioning }: Connector): 'table-missing' | 'rule-missing' | null {
  const gone = observation?.gone;
  return gone && gone.at > (provisioning.finishedAt ?? 0) ? gone.reason : null;
}

/** Whether a check of the workspace has seen rows that arrived at or after `since`. */
export function seenSince(observation: Observation | null, since: number): boolean {
  return (observation?.seen?.newestArrival ?? 0) + slackMs >= since;
}

/** The tier of the table as it is, which may not be the one that was asked for. */
export function isLake({ provisioning, settings }: Connector): boolean {
  return (provisioning.table ?? settings.table).plan === 'Auxiliary';
}

/** When rows were first seen in the workspace; null while there are none. In the lake, acceptance is all there is to see. */
export function firstSeen(connector: Connector, poll: PollResult, now: number): number | null {
  if (isLake(connector)) return poll.accepted > 0 ? now : null;
  const { observation } = connector;
  return observation?.seen && observation.seen.rows > 0 ? observation.seen.at : null;
}
