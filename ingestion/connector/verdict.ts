import type { Evidence, Reason } from '../errors.ts';
import type { Beat } from '../sync/poll.ts';
import { type Connector, firstSeen, isLake, seenSince } from './connector.ts';

export type Health = 'ok' | 'warning' | 'error';

/** What is wrong, since when, and what the platforms said of it. The words for people are in `cards/hints.ts`. */
export type Problem = { reason: Reason; health: 'warning' | 'error'; since: number; evidence: Evidence };

export type Verdict = { health: Health; problem: Problem | null; failing: Connector['standing']['failing'] };

const minute = 60_000;

/** Faults that pass, by the leg on which they are: they are borne for a while. What is not listed is an error at once. */
const passing = new Map<Reason, 'Okta' | 'Azure'>([
  ['okta-unreachable', 'Okta'],
  ['okta-answer-unusable', 'Okta'],
  ['identity-failed', 'Azure'],
  ['azure-unreachable', 'Azure'],
  ['azure-throttled', 'Azure'],
  ['vault-unreachable', 'Azure'],
  ['vault-throttled', 'Azure'],
]);
const warningAfterBeats = 3;
const errorAfterMs = 15 * minute;

/** A new role takes effect within this time, so that a refused upload means waiting. */
export const roleDelayMs = 30 * minute;
/** The first rows appear within this time. */
export const firstDataMs = 30 * minute;
/** Accepted rows are visible within this time. */
export const visibleWithinMs = 15 * minute;
/** A warning about something that has passed stays on the card for this long. */
const noticeMs = 60 * minute;
/** Looks into the workspace may fail for this long before it is said. */
const blindMs = 30 * minute;
/** Silence is a problem after this time, and after this many times the longest usual silence, or the poll interval. */
const quietMs = 10 * minute;
const quietFactor = 3;
/** Beats with events that make a source one whose silence means something: of so many minutes at least. */
const busyBeatsToJudge = 30;
/** So long at most between beats while something fails, or the first rows are awaited. */
const tensePaceMs = minute;

/** The verdict of one beat, by the table in product.md section 3: exactly one per beat. Pure. */
export function evaluate(connector: Connector, beat: Beat, now: number): Verdict {
  if (beat.failure) return evaluateFailure(connector, beat.failure, beat, now);
  const problem =
    missingRows(connector, beat, now) ?? silence(connector, beat, now) ?? notices(connector, beat, now) ?? null;
  return { health: problem?.health ?? 'ok', problem, failing: null };
}

/**
 * The time from a settled beat that read all there was, or failed, to the next: its owner's interval. Whoever waits for
 * the first rows or the end of a failure waits no longer than a minute for the next attempt, whatever the interval.
 */
export function paceMs({ settings, standing }: Connector): number {
  const tense = standing.failing !== null || standing.state === 'pending';
  return tense ? Math.min(intervalMs(settings), tensePaceMs) : intervalMs(settings);
}

function intervalMs({ intervalSeconds }: Connector['settings']): number {
  return intervalSeconds * 1000;
}

function evaluateFailure(
  connector: Connector,
  failure: NonNullable<Beat['failure']>,
  beat: Beat,
  now: number,
): Verdict {
  const { evidence } = failure;
  const reason = named(connector, failure);
  const before = connector.standing.failing;
  // Faults of one leg take turns: whether Azure throttles or breaks, it is the same trouble.
  const same =
    before && (before.reason === reason || (passing.has(reason) && passing.get(before.reason) === passing.get(reason)));
  const failing = same ? { ...before, reason, beats: before.beats + 1 } : { reason, since: now, beats: 1 };
  const health = gravity(connector, failing, beat, now);
  const known = outlived(connector) ? null : connector.standing.problem;
  // A beat that failed heals nothing: what was wrong stays until a beat goes well, or something graver takes its place.
  if (known && rank[health] < rank[known.health] && !moves(beat))
    return { health: known.health, failing, problem: known };
  // Events that move prove both legs, and not that they can be seen.
  const unseen = health === 'ok' && moves(beat) ? missingRows(connector, beat, now) : null;
  if (unseen) return { health: unseen.health, failing, problem: unseen };
  return { health, failing, problem: health === 'ok' ? null : { reason, health, since: failing.since, evidence } };
}

/** Before the first rows, a rule that was made anew is another one: that the last was gone says nothing of it. */
function outlived({ standing: { problem, firstSeenAt }, build }: Connector): boolean {
  return firstSeenAt === null && problem?.reason === 'rule-missing' && (build.finishedAt ?? 0) > problem.since;
}

/** A name that resolved before and does not now is a fault of the network, not of the domain or the vault. */
function named({ standing }: Connector, { reason, evidence }: NonNullable<Beat['failure']>): Reason {
  const worked = standing.firstSeenAt !== null && evidence.status === undefined;
  if (reason === 'vault-unknown' && worked) return 'vault-unreachable';
  return reason === 'domain-unknown' && worked ? 'okta-unreachable' : reason;
}

const rank = { ok: 0, warning: 1, error: 2 } satisfies Record<Health, number>;

/** A beat that ends at the rate limit has brought events all the same. */
function moves(beat: Beat): boolean {
  return beat.failure?.reason === 'rate-limited' && beat.accepted > 0;
}

function gravity(connector: Connector, failing: NonNullable<Verdict['failing']>, beat: Beat, now: number): Health {
  if (failing.reason === 'role-missing') {
    return now - (connector.build.finishedAt ?? now) < roleDelayMs ? 'ok' : 'error';
  }
  if (failing.reason === 'rate-limited') {
    // What its owner asked to read back at the start is not being behind, nor is the time between two checks.
    const { caughtUpAt } = connector.standing;
    const due = caughtUpAt === null ? null : caughtUpAt + intervalMs(connector.settings);
    const behindMs = Math.min(beat.behindMs, now - (due ?? connector.build.finishedAt ?? connector.createdAt));
    return behindMs > 60 * minute ? 'error' : behindMs > 15 * minute ? 'warning' : 'ok';
  }
  if (!passing.has(failing.reason)) return 'error';
  // Where checks are far apart, two failures do not show that it failed all the time between them.
  const often = failing.beats >= warningAfterBeats;
  const long = now - failing.since >= errorAfterMs;
  return often && long ? 'error' : often || long ? 'warning' : 'ok';
}

/** Accepted but not visible; and nothing at all in the time a new connector has. The lake tier can't be looked into. */
function missingRows(connector: Connector, beat: Beat, now: number): Problem | null {
  const { standing, sight } = connector;
  if (standing.firstSeenAt === null && firstSeen(connector, beat, now) === null) {
    const since = waitingSince(connector, beat);
    if (now - since < firstDataMs) return null;
    if (beat.newest === null) return { reason: 'no-first-events', health: 'error', since, evidence: {} };
    if (sight?.problem) return { reason: 'look-failed', health: 'error', since, evidence: sight.problem.evidence };
    return { reason: 'no-first-data', health: 'error', since, evidence: {} };
  }
  if (isLake(connector)) return null;
  if (standing.unseenSince === null || !sight?.seen || seenSince(sight, standing.unseenSince)) return null;
  if (sight.seen.at - standing.unseenSince < visibleWithinMs) return null;
  return { reason: 'not-visible', health: 'error', since: standing.unseenSince, evidence: {} };
}

/** Since when the first rows could be there: since the first that Azure took, or, where nothing was sent, since it was built. */
function waitingSince({ createdAt, build, standing }: Connector, beat: Beat): number {
  const sentAt = standing.unseenSince ?? (beat.accepted > 0 ? beat.startedAt : 0);
  return Math.max(createdAt, build.finishedAt ?? 0, standing.lastFailedAt ?? 0, sentAt);
}

/** No events although they are usual: first a warning, an error after twice the time. */
function silence(connector: Connector, beat: Beat, now: number): Problem | null {
  const { traffic } = connector.standing;
  const interval = intervalMs(connector.settings);
  const enough = busyBeatsToJudge * Math.max(1, minute / interval);
  if (beat.served > 0 || traffic.lastAt === null || traffic.busyBeats < enough) return null;
  const usual = Math.max(interval, traffic.longest, traffic.longestBefore);
  const limit = Math.max(quietMs, quietFactor * usual);
  const silentMs = now - traffic.lastAt;
  if (silentMs < limit) return null;
  return {
    reason: 'source-quiet',
    health: silentMs < 2 * limit ? 'warning' : 'error',
    since: traffic.lastAt,
    evidence: {},
  };
}

function notices(connector: Connector, beat: Beat, now: number): Problem | null {
  const { sight } = connector;
  const seenAt = sight?.seen?.at ?? now;
  if (sight?.problem && now - seenAt > blindMs) {
    return { reason: 'look-failed', health: 'warning', since: seenAt, evidence: sight.problem.evidence };
  }
  const { late } = connector.build;
  // The first failure may be two connectors of a workspace that bring the same table up to date.
  if (late && late.attempts > 1)
    return { reason: 'update-failed', health: 'warning', since: late.since, evidence: late.evidence };
  const { lastRefusedAt, lastCutAt, lastReread } = connector.standing;
  const reread = beat.rereadFrom === null ? lastReread : { at: now, from: beat.rereadFrom };
  if (reread && now - reread.at < noticeMs) {
    const subject = new Date(reread.from).toISOString();
    return { reason: 'cursor-refused', health: 'warning', since: reread.at, evidence: { subject } };
  }
  const refusedAt = beat.refused > 0 ? now : lastRefusedAt;
  if (refusedAt !== null && now - refusedAt < noticeMs) {
    return { reason: 'events-refused', health: 'warning', since: refusedAt, evidence: {} };
  }
  const cutAt = beat.cut > 0 ? now : lastCutAt;
  if (cutAt !== null && now - cutAt < noticeMs) {
    return { reason: 'values-cut', health: 'warning', since: cutAt, evidence: {} };
  }
  return null;
}
