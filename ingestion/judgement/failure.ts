import { type Connector, type Health, resumedAt, type Verdict } from '../connector/connector.ts';
import { idleTokenMs } from '../connector/idle-token.ts';
import type { PollResult } from '../connector/poll-result.ts';
import type { Evidence } from '../errors.ts';
import { factsOf, type Reason } from '../reasons.ts';
import { isOnItsWay } from './on-its-way.ts';
import { intervalMs } from './pace.ts';
import { missingRows } from './rows.ts';

const minute = 60_000;

/**
 * What passes by itself is borne for two minutes without a good answer, then a warning, and after a quarter of an hour an error.
 * It counts from when the first answer that did not come was due, and not from how often was asked: a leg that refuses, cuts
 * off, drips or is silent has failed for as long as it has not answered. Only where so few polls have failed that it may have
 * been well in between does it take one more.
 */
const patience = { warning: { ms: 2 * minute, polls: 2 }, error: { ms: 15 * minute, polls: 3 } };

/** A poll that something has stopped. */
export type FailedPoll = PollResult & { failure: NonNullable<PollResult['failure']> };

/** Whether something has stopped the poll. */
export function hasFailed(poll: PollResult): poll is FailedPoll {
  return poll.failure !== null;
}

/** The verdict of a poll that failed: how grave it is by how long the failure has gone on. */
export function evaluateFailure(connector: Connector, poll: FailedPoll, now: number): Verdict {
  const evidence = said(connector, poll.failure);
  const reason = named(connector, poll.failure);
  const before = connector.status.failing;
  // Faults of one leg take turns: whether Azure throttles or breaks, it is the same trouble.
  const same = before && (before.reason === reason || isSameTrouble(before.reason, reason));
  const failing = same
    ? { ...before, reason, polls: before.polls + 1 }
    : { reason, since: poll.failure.since, polls: 1, ...beginning(connector) };
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

/**
 * Whether a problem is over though the poll failed: nobody polls, of which any poll is the end; and before the first rows, that
 * the rule is gone, where it was made anew: that is another one, and that the last was gone says nothing of it.
 */
function outlived({ status: { problem, failing, firstSeenAt }, provisioning }: Connector): boolean {
  if (problem?.reason === 'scheduler-down') return true;
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

/** Of a refused token Okta says no cause: that it was used lately rules one of three out. */
function said({ status: { caughtUpAt } }: Connector, { reason, evidence, since }: FailedPoll['failure']): Evidence {
  const used = reason === 'token-refused' && caughtUpAt !== null && since - caughtUpAt < idleTokenMs;
  return used ? { ...evidence, subject: new Date(caughtUpAt).toISOString() } : evidence;
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
  if (isOnItsWay(connector, failing.reason, now)) return 'ok';
  if (failing.reason === 'rate-limited') {
    // What its owner asked to read back at the start is not being behind, nor is the time between two checks, or a rest.
    const { caughtUpAt } = connector.status;
    const due = caughtUpAt === null ? null : caughtUpAt + intervalMs(connector.settings);
    const since = Math.max(due ?? connector.provisioning.finishedAt ?? connector.createdAt, resumedAt(connector));
    const behindMs = Math.min(poll.behindMs, now - since);
    return behindMs > 60 * minute ? 'error' : behindMs > 15 * minute ? 'warning' : 'ok';
  }
  if (factsOf(failing.reason).gravity !== 'grows') return 'error';
  const outlasts = ({ ms, polls }: { ms: number; polls: number }) =>
    now - failing.since >= ms && failing.polls >= polls;
  return outlasts(patience.error) ? 'error' : outlasts(patience.warning) ? 'warning' : 'ok';
}
