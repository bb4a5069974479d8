import type { Evidence, Reason } from '../errors.ts';
import type { Beat } from '../sync/poll.ts';
import type { Health, Problem, Verdict } from './verdict.ts';

/** Who did it: the object id from the authenticated activity, and the name to show. */
export type Person = { id: string; name: string };

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

/** What its owner chose. */
export type Settings = {
  workspace: Workspace;
  table: TableSettings;
  /** When another retention of the table was asked for. */
  tableChangedAt?: number;
  keyId: string;
  intervalSeconds: number;
  backfillHours: number;
  conversationId: string;
  createdBy: Person;
};

export const buildSteps = ['rights', 'table', 'functions', 'rule', 'grant', 'health', 'key'] as const;
export type BuildStep = (typeof buildSteps)[number];

export type Rule = { id: string; immutableId: string; endpoint: string };

/** How far provisioning has come; written by `provision.ts` only. */
export type Build = {
  done: BuildStep[];
  /** The step under way, or that failed; while it is taken apart again, the one whose work is being undone. */
  running: BuildStep | null;
  rule: Rule | null;
  /** The table as it is: one that existed before keeps its tier and retention. */
  table: TableSettings | null;
  /** Names of functions that somebody else's saved search has, so that ours were not saved. */
  leftAlone?: string[];
  problem: { reason: Reason; evidence: Evidence } | null;
  attempts: number;
  finishedAt: number | null;
  /** The version of `deploy/` that table, functions and rule were last brought to; 0 before. */
  version: number;
  /** When the retention that Azure was last told of was asked for; 0 before. */
  tableAt: number;
  /** Why what runs could not be brought up to date, since when, and when that is tried again. */
  late: { since: number; attempts: number; dueAt: number; evidence: Evidence } | null;
  /** All of it has been taken apart again. */
  removedAt: number | null;
};

/** What looking into the workspace has shown; written by `visibility.ts` only. */
export type Sight = {
  triedAt: number;
  /** The last look that had an answer. */
  seen: { at: number; rows: number; newestEvent: number | null; newestArrival: number | null } | null;
  /** Why the last look had none. */
  problem: { reason: Reason; evidence: Evidence } | null;
  /** When a look last found the table and the connector's rule where they belong, and how far had been delivered before it. */
  there: { at: number; since: number } | null;
  /** What the last look that could tell has not found there. */
  gone: { at: number; reason: 'table-missing' | 'rule-missing' } | null;
};

/** Where a connector stands; written at the end of each beat only. All times are milliseconds since the epoch. */
export type Standing = {
  state: 'pending' | 'connected' | 'error';
  health: Health;
  problem: Problem | null;
  /** The failure that repeats, before it is grave enough to be a problem. */
  failing: { reason: Reason; since: number; beats: number } | null;
  /** The end of the last failure, and when Okta last had no more than was delivered. */
  lastFailedAt: number | null;
  caughtUpAt: number | null;
  firstSeenAt: number | null;
  /** The oldest acceptance that no look into the workspace has confirmed. */
  unseenSince: number | null;
  lastBeatAt: number | null;
  lastEventAt: number | null;
  lastRefusedAt: number | null;
  lastCutAt: number | null;
  lastReread: { at: number; from: number } | null;
  behindMs: number;
  catchUpMs: number | null;
  traffic: Traffic;
};

/** The simplest honest memory of what is usual: the longest silence between events, today and the day before. */
export type Traffic = {
  day: number;
  longest: number;
  longestBefore: number;
  busyBeats: number;
  lastAt: number | null;
  /** A failure lay in between, so that the silence says nothing about the source. */
  broken: boolean;
};

export type Connector = {
  id: string;
  tenantId: string;
  name: string;
  domain: string;
  createdAt: number;
  dueAt: number;
  wish: 'run' | 'delete';
  settings: Settings;
  build: Build;
  standing: Standing;
  sight: Sight | null;
};

export type State = Standing['state'] | 'deleting';

/** The state that people see: its owner's wish comes first, then what stops it from being built, then how it stands. */
export function stateOf(connector: Connector): State {
  if (connector.wish === 'delete') return 'deleting';
  return connector.build.problem ? 'error' : connector.standing.state;
}

/** A connector as it is before its first step and beat. */
export function newborn(): Pick<Connector, 'build' | 'standing' | 'sight' | 'wish'> {
  return {
    wish: 'run',
    build: {
      done: [],
      running: null,
      rule: null,
      table: null,
      problem: null,
      attempts: 0,
      finishedAt: null,
      version: 0,
      tableAt: 0,
      late: null,
      removedAt: null,
    },
    sight: null,
    standing: {
      state: 'pending',
      health: 'ok',
      problem: null,
      failing: null,
      lastFailedAt: null,
      caughtUpAt: null,
      firstSeenAt: null,
      unseenSince: null,
      lastBeatAt: null,
      lastEventAt: null,
      lastRefusedAt: null,
      lastCutAt: null,
      lastReread: null,
      behindMs: 0,
      catchUpMs: null,
      traffic: { day: 0, longest: 0, longestBefore: 0, busyBeats: 0, lastAt: null, broken: false },
    },
  };
}

/** The lifecycle: Pending → Connected when rows are visible, → Error by verdict, and back. Pure. */
export function next(connector: Connector, beat: Beat, verdict: Verdict, now: number): Standing {
  const before = connector.standing;
  const firstSeenAt = before.firstSeenAt ?? firstSeen(connector, beat, now);
  return {
    ...before,
    state: verdict.health === 'error' ? 'error' : firstSeenAt === null ? 'pending' : 'connected',
    health: verdict.health,
    problem: verdict.problem,
    failing: verdict.failing,
    lastFailedAt: beat.failure && beat.failure.reason !== 'rate-limited' ? now : before.lastFailedAt,
    caughtUpAt: beat.caughtUp ? now : before.caughtUpAt,
    firstSeenAt,
    unseenSince: unseenSince(connector, beat),
    lastBeatAt: now,
    lastEventAt: beat.newest ?? before.lastEventAt,
    lastRefusedAt: beat.refused > 0 ? now : before.lastRefusedAt,
    lastCutAt: beat.cut > 0 ? now : before.lastCutAt,
    lastReread: beat.rereadFrom === null ? before.lastReread : { at: now, from: beat.rereadFrom },
    behindMs: beat.behindMs,
    catchUpMs: beat.catchUpMs,
    traffic: observe(before.traffic, beat, before.problem?.reason === 'source-quiet', now),
  };
}

/** Clocks of Azure and ours may differ by this much. */
const slackMs = 2 * 60_000;

/** Before the first look. */
export const unseen: Sight = { triedAt: 0, seen: null, problem: null, there: null, gone: null };

/** What somebody has deleted behind the connector's back; null when nothing is known to be gone, or since it was built anew. */
export function goneOf({ sight, build }: Connector): 'table-missing' | 'rule-missing' | null {
  const gone = sight?.gone;
  return gone && gone.at > (build.finishedAt ?? 0) ? gone.reason : null;
}

/** What building anew mends, before which nothing can be sent. */
export const rebuilt = new Set<Reason>(['table-missing', 'rule-missing']);

/** What checking all that the connector has in Azure may mend; where it need not be built anew, its beats go on meanwhile. */
export const mendable = new Set<Reason>([...rebuilt, 'role-missing', 'not-visible', 'no-first-data']);

/** Whether a look into the workspace has seen rows that arrived at or after `since`. */
export function seenSince(sight: Sight | null, since: number): boolean {
  return (sight?.seen?.newestArrival ?? 0) + slackMs >= since;
}

/** The tier of the table as it is, which may not be the one that was asked for. */
export function isLake({ build, settings }: Connector): boolean {
  return (build.table ?? settings.table).plan === 'Auxiliary';
}

/** When rows were first seen in the workspace; null while there are none. In the lake, acceptance is all there is to see. */
export function firstSeen(connector: Connector, beat: Beat, now: number): number | null {
  if (isLake(connector)) return beat.accepted > 0 ? now : null;
  const { sight } = connector;
  return sight?.seen && sight.seen.rows > 0 ? sight.seen.at : null;
}

function unseenSince({ standing, sight }: Connector, beat: Beat): number | null {
  const waiting = standing.unseenSince;
  if (waiting !== null && !seenSince(sight, waiting)) return waiting;
  return beat.accepted > 0 ? beat.startedAt : null;
}

const dayMs = 86_400_000;

function observe(before: Traffic, beat: Beat, alerted: boolean, now: number): Traffic {
  const day = Math.floor(now / dayMs);
  const traffic = day === before.day ? { ...before } : { ...before, day, longest: 0, longestBefore: before.longest };
  // Silence that an outage explains does not count; silence that has been told of goes on.
  if (beat.failure)
    return { ...traffic, lastAt: traffic.lastAt === null || alerted ? traffic.lastAt : now, broken: true };
  if (beat.served === 0) return traffic;
  const silence = traffic.lastAt === null ? 0 : now - traffic.lastAt;
  // A silence that raised an alert, or that a failure cut, is not what is usual.
  const longest = traffic.broken || alerted ? traffic.longest : Math.max(traffic.longest, silence);
  return { ...traffic, longest, busyBeats: traffic.busyBeats + 1, lastAt: now, broken: false };
}
