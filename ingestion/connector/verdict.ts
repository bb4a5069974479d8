import type { Evidence } from '../errors.ts';
import { factsOf, type Reason } from '../reasons.ts';
import { type Connector, firstSeen, type Health, isLake, type Problem, resumedAt, seenSince } from './connector.ts';
import type { PollResult } from './poll-result.ts';

/** What one poll says of its connector: how well it is, what is wrong, and the failure that repeats. */
export type Verdict = { health: Health; problem: Problem | null; failing: Connector['status']['failing'] };

const minute = 60_000;

const warningAfterPolls = 3;
const errorAfterMs = 15 * minute;

/** A new role takes effect within this time, so that a refused upload means waiting. */
export const roleDelayMs = 30 * minute;
/** The first rows appear within this time. */
export const firstDataMs = 30 * minute;
/** Accepted rows are visible within this time. */
export const visibleWithinMs = 15 * minute;
/** A warning about something that has passed stays on the card for this long. */
const noticeMs = 60 * minute;
/** Checks of the workspace may fail for this long before it is said. */
const blindMs = 30 * minute;
/** Silence is a problem after this time, and after this many times the longest usual silence, or the poll interval. */
const quietMs = 10 * minute;
const quietFactor = 3;
/** Polls with events that make a source one whose silence means something: of so many minutes at least. */
const busyPollsToJudge = 30;
/** So long at most between polls while something fails, or the first rows are awaited. */
const tensePaceMs = minute;

/** The verdict of one poll, by the table in product.md section 3: exactly one per poll. Pure. */
export function evaluate(connector: Connector, poll: PollResult, now: number): Verdict {
  if (hasFailed(poll)) return evaluateFailure(connector, poll, now);
  const problem =
    missingRows(connector, poll, now) ?? silence(connector, poll, now) ?? notices(connector, poll, now) ?? null;
  return { health: problem?.health ?? 'ok', problem, failing: null };
}

/**
 * The time from a settled poll that read all there was, or failed, to the next: its owner's interval. Whoever waits for
 * the first rows or the end of a failure waits no longer than a minute for the next attempt, whatever the interval.
 */
export function paceMs({ settings, status }: Connector): number {
  const tense = status.failing !== null || status.state === 'pending';
  return tense ? Math.min(intervalMs(settings), tensePaceMs) : intervalMs(settings);
}

function intervalMs({ intervalSeconds }: Connector['settings']): number {
  return intervalSeconds * 1000;
}

function hasFailed(poll: PollResult): poll is FailedPoll {
  return poll.failure !== null;
}

type FailedPoll = PollResult & { failure: NonNullable<PollResult['failure']> };

function evaluateFailure(connector: Connector, poll: FailedPoll, now: number): Verdict {
  const { evidence } = poll.failure;
  const reason = named(connector, poll.failure);
  const before = connector.status.failing;
  // Faults of one leg take turns: whether Azure throttles or breaks, it is the same trouble.
  const same = before && (before.reason === reason || isSameTrouble(before.reason, reason));
  const failing = same
    ? { ...before, reason, polls: before.polls + 1 }
    : { reason, since: now, polls: 1, ...beginning(connector) };
  const health = gravity(connector, { failing, poll }, now);
  const known = outlived(connector) ? null : connector.status.problem;
  // A poll that failed heals nothing: what was wrong stays until a poll goes well, or something graver takes its place.
  if (known && rank[health] < rank[known.health] && !moves(poll))
    return { health: known.health, failing, problem: known };
  // Events that move prove both legs, and not that they can be seen.
  const unseen = health === 'ok' && moves(poll) ? missingRows(connector, poll, now) : null;
  if (unseen) return { health: unseen.health, failing, problem: unseen };
  const since = failing.beganAt ?? failing.since;
  return { health, failing, problem: health === 'ok' ? null : { reason, health, since, evidence } };
}

/** When the trouble began in which another reason now follows one; nothing where a poll has gone well in between. */
function beginning({ status: { failing, health } }: Connector): { beganAt?: number } {
  // Whoever is at the rate limit, and not behind, has brought events all the same.
  if (!failing || (failing.reason === 'rate-limited' && health === 'ok')) return {};
  return { beganAt: failing.beganAt ?? failing.since };
}

/** Before the first rows, a rule that was made anew is another one: that the last was gone says nothing of it. */
function outlived({ status: { problem, failing, firstSeenAt }, provisioning }: Connector): boolean {
  if (firstSeenAt !== null || problem?.reason !== 'rule-missing') return false;
  return (provisioning.finishedAt ?? 0) > (failing?.since ?? problem.since);
}

/** Faults that pass take turns on a leg: whether Azure throttles or breaks, it is the same trouble. */
function isSameTrouble(one: Reason, other: Reason): boolean {
  const [a, b] = [factsOf(one), factsOf(other)];
  return a.passes && b.passes && a.leg === b.leg;
}

/** A name that resolved before and does not now is a fault of the network, not of the domain or the vault. */
function named({ status }: Connector, { reason, evidence }: NonNullable<PollResult['failure']>): Reason {
  const worked = status.firstSeenAt !== null && evidence.status === undefined;
  return (worked && factsOf(reason).onceWorked) || reason;
}

const rank = { ok: 0, warning: 1, error: 2 } satisfies Record<Health, number>;

/** A poll that ends at the rate limit has brought events all the same. */
function moves(poll: PollResult): boolean {
  return poll.failure?.reason === 'rate-limited' && poll.accepted > 0;
}

function gravity(
  connector: Connector,
  { failing, poll }: { failing: NonNullable<Verdict['failing']>; poll: PollResult },
  now: number,
): Health {
  if (failing.reason === 'role-missing') {
    return now - (connector.provisioning.finishedAt ?? now) < roleDelayMs ? 'ok' : 'error';
  }
  if (failing.reason === 'rate-limited') {
    // What its owner asked to read back at the start is not being behind, nor is the time between two checks, or a rest.
    const { caughtUpAt } = connector.status;
    const due = caughtUpAt === null ? null : caughtUpAt + intervalMs(connector.settings);
    const since = Math.max(due ?? connector.provisioning.finishedAt ?? connector.createdAt, resumedAt(connector));
    const behindMs = Math.min(poll.behindMs, now - since);
    return behindMs > 60 * minute ? 'error' : behindMs > 15 * minute ? 'warning' : 'ok';
  }
  if (factsOf(failing.reason).gravity !== 'grows') return 'error';
  // Where checks are far apart, two failures do not show that it failed all the time between them.
  const often = failing.polls >= warningAfterPolls;
  const long = now - failing.since >= errorAfterMs;
  return often && long ? 'error' : often || long ? 'warning' : 'ok';
}

/** Accepted but not visible; and nothing at all in the time a new connector has. The lake tier can't be looked into. */
function missingRows(connector: Connector, poll: PollResult, now: number): Problem | null {
  const { status, observation } = connector;
  if (status.firstSeenAt === null && firstSeen(connector, poll, now) === null) {
    const since = waitingSince(connector, poll);
    if (now - since < firstDataMs) return null;
    if (poll.newest === null) return { reason: 'no-first-events', health: 'error', since, evidence: {} };
    if (observation?.problem)
      return { reason: 'look-failed', health: 'error', since, evidence: observation.problem.evidence };
    return { reason: 'no-first-data', health: 'error', since, evidence: {} };
  }
  if (isLake(connector)) return null;
  if (status.unseenSince === null || !observation?.seen || seenSince(observation, status.unseenSince)) return null;
  if (observation.seen.at - status.unseenSince < visibleWithinMs) return null;
  return { reason: 'not-visible', health: 'error', since: status.unseenSince, evidence: {} };
}

/** Since when the first rows could be there: since the first that Azure took, or, where nothing was sent, since it was built. */
function waitingSince(connector: Connector, poll: PollResult): number {
  const { createdAt, provisioning, status } = connector;
  const sentAt = status.unseenSince ?? (poll.accepted > 0 ? poll.startedAt : 0);
  return Math.max(createdAt, provisioning.finishedAt ?? 0, status.lastFailedAt ?? 0, sentAt, resumedAt(connector));
}

/** No events although they are usual: first a warning, an error after twice the time. */
function silence(connector: Connector, poll: PollResult, now: number): Problem | null {
  const { usualSilence } = connector.status;
  const interval = intervalMs(connector.settings);
  const enough = busyPollsToJudge * Math.max(1, minute / interval);
  if (poll.served > 0 || usualSilence.lastAt === null || usualSilence.busyPolls < enough) return null;
  const usual = Math.max(interval, usualSilence.longest, usualSilence.longestBefore);
  const limit = Math.max(quietMs, quietFactor * usual);
  const silentMs = now - usualSilence.lastAt;
  if (silentMs < limit) return null;
  return {
    reason: 'source-quiet',
    health: silentMs < 2 * limit ? 'warning' : 'error',
    since: usualSilence.lastAt,
    evidence: {},
  };
}

function notices(connector: Connector, poll: PollResult, now: number): Problem | null {
  const { observation } = connector;
  const seenAt = Math.max(observation?.seen?.at ?? now, resumedAt(connector));
  if (observation?.problem && now - seenAt > blindMs) {
    return notice('look-failed', seenAt, observation.problem.evidence);
  }
  const { failedUpgrade } = connector.provisioning;
  // The first failure may be two connectors of a workspace that bring the same table up to date.
  if (failedUpgrade && failedUpgrade.attempts > 1)
    return notice('update-failed', failedUpgrade.since, failedUpgrade.evidence);
  const { lastRefusedAt, lastCutAt, lastReread } = connector.status;
  const reread = poll.rereadFrom === null ? lastReread : { at: now, from: poll.rereadFrom };
  if (reread && now - reread.at < noticeMs) {
    const subject = new Date(reread.from).toISOString();
    return notice('cursor-refused', reread.at, { subject });
  }
  const refusedAt = poll.refused > 0 ? now : lastRefusedAt;
  if (refusedAt !== null && now - refusedAt < noticeMs) {
    return notice('events-refused', refusedAt);
  }
  const cutAt = poll.cut > 0 ? now : lastCutAt;
  if (cutAt !== null && now - cutAt < noticeMs) {
    return notice('values-cut', cutAt);
  }
  return null;
}

function notice(reason: Reason, since: number, evidence: Evidence = {}): Problem {
  const health = factsOf(reason).gravity === 'warning' ? 'warning' : 'error';
  return { reason, health, since, evidence };
}
