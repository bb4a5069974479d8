import { type Connector, firstSeen, seenSince } from './connector.ts';
import type { Evidence, Reason } from './errors.ts';
import type { Beat } from './sync.ts';

export type Health = 'ok' | 'warning' | 'error';

/** What is wrong, since when, and what the platforms said of it. The words for people are in `cards/hints.ts`. */
export type Problem = { reason: Reason; health: 'warning' | 'error'; since: number; evidence: Evidence };

export type Verdict = { health: Health; problem: Problem | null; failing: Connector['standing']['failing'] };

const minute = 60_000;

/** How long each failure is borne; what is not listed is an error at once. */
const patience = new Map<Reason, { warningAfterBeats: number; errorAfterMs: number }>([
  ['okta-unreachable', { warningAfterBeats: 3, errorAfterMs: 15 * minute }],
  ['okta-answer-unusable', { warningAfterBeats: 3, errorAfterMs: 15 * minute }],
  ['identity-failed', { warningAfterBeats: 3, errorAfterMs: 15 * minute }],
  ['azure-unreachable', { warningAfterBeats: 3, errorAfterMs: 15 * minute }],
  ['azure-throttled', { warningAfterBeats: 3, errorAfterMs: 15 * minute }],
]);

/** A new role takes effect within this time, so that a refused upload means waiting. */
export const roleDelayMs = 30 * minute;
/** The first rows appear within this time. */
export const firstDataMs = 30 * minute;
/** Accepted rows are visible within this time. */
export const visibleWithinMs = 15 * minute;
/** A warning about something that has passed stays on the card for this long. */
const noticeMs = 60 * minute;
/** Silence is a problem after this many poll intervals, and after this many times the longest usual silence. */
const quietIntervals = 10;
const quietFactor = 3;
/** Beats with events that make a source one whose silence means something. */
const busyBeatsToJudge = 30;

/** The verdict of one beat, by the table in product.md section 3: exactly one per beat. Pure. */
export function evaluate(connector: Connector, beat: Beat, now: number): Verdict {
  if (beat.failure) return evaluateFailure(connector, beat.failure, beat, now);
  const problem = missingRows(connector, now) ?? silence(connector, beat, now) ?? notices(connector, beat, now) ?? null;
  return { health: problem?.health ?? 'ok', problem, failing: null };
}

function evaluateFailure(
  connector: Connector,
  failure: NonNullable<Beat['failure']>,
  beat: Beat,
  now: number,
): Verdict {
  const { reason, evidence } = failure;
  const before = connector.standing.failing;
  const failing = before?.reason === reason ? { ...before, beats: before.beats + 1 } : { reason, since: now, beats: 1 };
  const health = gravity(connector, failing, beat, now);
  return { health, failing, problem: health === 'ok' ? null : { reason, health, since: failing.since, evidence } };
}

function gravity(connector: Connector, failing: NonNullable<Verdict['failing']>, beat: Beat, now: number): Health {
  if (failing.reason === 'role-missing') {
    return now - (connector.build.finishedAt ?? now) < roleDelayMs ? 'ok' : 'error';
  }
  if (failing.reason === 'rate-limited') {
    return beat.behindMs > 60 * minute ? 'error' : beat.behindMs > 15 * minute ? 'warning' : 'ok';
  }
  const bearable = patience.get(failing.reason);
  if (!bearable || now - failing.since >= bearable.errorAfterMs) return 'error';
  return failing.beats >= bearable.warningAfterBeats ? 'warning' : 'ok';
}

/** Accepted but not visible; and nothing at all in the time a new connector has. */
function missingRows(connector: Connector, now: number): Problem | null {
  const { standing, sight } = connector;
  if (standing.firstSeenAt === null && firstSeen(sight) === null) {
    if (now - standing.pendingSince < firstDataMs) return null;
    const evidence = sight?.problem?.evidence ?? {
      subject: standing.lastEventAt === null ? 'no events' : 'not visible',
    };
    return { reason: 'no-first-data', health: 'error', since: standing.pendingSince, evidence };
  }
  if (standing.unseenSince === null || !sight?.seen || seenSince(sight, standing.unseenSince)) return null;
  if (sight.seen.at - standing.unseenSince < visibleWithinMs) return null;
  return { reason: 'not-visible', health: 'error', since: standing.unseenSince, evidence: {} };
}

/** No events although they are usual: first a warning, an error after twice the time. */
function silence(connector: Connector, beat: Beat, now: number): Problem | null {
  const { traffic } = connector.standing;
  if (beat.served > 0 || traffic.lastAt === null || traffic.busyBeats < busyBeatsToJudge) return null;
  const usual = Math.max(traffic.longest, traffic.longestBefore);
  const limit = Math.max(quietIntervals * connector.settings.intervalSeconds * 1000, quietFactor * usual);
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
  const { lastRefusedAt, lastReread } = connector.standing;
  const reread = beat.rereadFrom === null ? lastReread : { at: now, from: beat.rereadFrom };
  if (reread && now - reread.at < noticeMs) {
    const subject = new Date(reread.from).toISOString();
    return { reason: 'cursor-refused', health: 'warning', since: reread.at, evidence: { subject } };
  }
  const refusedAt = beat.refused > 0 ? now : lastRefusedAt;
  if (refusedAt !== null && now - refusedAt < noticeMs) {
    return { reason: 'events-refused', health: 'warning', since: refusedAt, evidence: {} };
  }
  return null;
}
