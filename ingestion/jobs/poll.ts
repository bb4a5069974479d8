import type pg from 'pg';
import type { Baseline } from '../connector/baseline.ts';
import { readBaseline } from '../connector/baselines.ts';
import type { DuePoll } from '../connector/checkpoints.ts';
import type { Connector } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { postponePoll, settle } from '../connector/statuses.ts';
import { ConnectorError } from '../errors.ts';
import { isNewHour, turnHour } from '../judgement/arrivals.ts';
import { next } from '../judgement/next.ts';
import { nextTryAt, paceMs } from '../judgement/pace.ts';
import { evaluate } from '../judgement/verdict.ts';
import type { Reason } from '../reasons.ts';
import type { Authorizations, Caller } from '../secrets/authorizations.ts';
import type { Allowed } from '../sync/poll.ts';
import type { JobParts, Kind } from './job.ts';

/** Even an exhausted budget is not asked again at once: every refusal is one more event in the org's own log. */
const leastWaitMs = 5_000;

/** Polls of connectors. As many at a time as latencies ask for: what they hold in memory has its own bound. */
export const polls: Kind = {
  kind: 'poll',
  concurrency: 256,
  postpone: (db, id, { until }) => postponePoll(db, id, until),
};

/** One poll that was taken: sync, then one verdict, settled with the incident and the cards that follow. */
export async function poll(parts: JobParts, { connector: before, checkpoint }: DuePoll): Promise<void> {
  const { runtime, pool } = parts;
  const begunAt = runtime.now();
  const done = await syncAllowed(parts, { connector: before, checkpoint });
  if (!done) return;
  runtime.metrics.polls.observe({ outcome: done.failure?.reason ?? 'good' }, (begunAt - before.dueAt) / 1000);
  // Read again: a check of the workspace may have ended meanwhile.
  const found = await parts.connectors.do(before.id);
  if (!found) return;
  const now = runtime.now();
  const { connector, baseline } = await inThisHour(pool, found, now);
  const verdict = evaluate(connector, done, now);
  const status = next(connector, { poll: done, verdict }, now);
  const dueAt = dueAfter(done, { ...connector, status }, { begunAt, now });
  const { version } = checkpoint;
  const end = { status, version, baseline, dueAt, wasDueAt: before.dueAt };
  await settle(parts, connector, { ...end, now });
}

/** The connector with what is usual in this hour, and with what the last one has taught; null when that has been learned already. */
async function inThisHour(
  pool: pg.Pool,
  connector: Connector,
  now: number,
): Promise<{ connector: Connector; baseline: Baseline | null }> {
  const { status, id } = connector;
  if (!isNewHour(status.arrivals, now)) return { connector, baseline: null };
  const { arrivals, baseline } = turnHour(status.arrivals, await readBaseline(pool, id), now);
  return { connector: { ...connector, status: { ...status, arrivals } }, baseline };
}

/**
 * When the next poll is due: when Okta's budget lets it, a little spread; at once while there is more to read; else by the
 * connector's pace.
 */
function dueAfter(
  { caughtUp, failure, waitMs }: PollResult,
  connector: Connector,
  times: { begunAt: number; now: number },
): number {
  const { now } = times;
  if (waitMs !== null) return now + Math.max(waitMs, leastWaitMs) * (1 + Math.random() / 10);
  if (failure) return nextTryAt(connector, times);
  return caughtUp ? now + paceMs(connector) : now;
}

/** Reasons that may be those of an access token that was withdrawn, or given before the app had its rights. */
const ofCredential = new Set<Reason>(['token-refused', 'app-refused', 'app-not-permitted']);

/**
 * The poll by what its calls are allowed; null where it ended as an access token was refused that was in hand from before: another
 * one may be good, so nothing is judged, and the poll is still due.
 */
async function syncAllowed(
  { runtime, authorizations, pollWorker }: JobParts,
  { connector, checkpoint }: Pick<DuePoll, 'connector' | 'checkpoint'>,
): Promise<PollResult | null> {
  const since = runtime.now();
  const caller = { ...connector.settings, domain: connector.domain };
  const allowed = await allowedBy(authorizations, { caller, since });
  const done = await pollWorker.sync({ connector, checkpoint, allowed });
  const refused = 'by' in allowed && done.failure !== null && ofCredential.has(done.failure.reason);
  return refused && authorizations.refused(caller, since) ? null : done;
}

/** Asked for on this side, as the poll's thread has neither key nor vault; that nothing can be had is the verdict of the poll. */
async function allowedBy(
  authorizations: Authorizations,
  { caller, since }: { caller: Caller; since: number },
): Promise<Allowed> {
  try {
    return { by: await authorizations.get(caller) };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { reason: error.reason, evidence: error.evidence, since };
  }
}
