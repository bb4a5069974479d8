import type pg from 'pg';
import type { Baseline } from '../connector/baseline.ts';
import { readBaseline } from '../connector/baselines.ts';
import { noteAlive } from '../connector/checkpoint.ts';
import { type Connector, isRunning } from '../connector/connector.ts';
import { getConnector } from '../connector/connectors.ts';
import { connectorLock } from '../connector/locks.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { postponePoll, settle } from '../connector/statuses.ts';
import { ConnectorError } from '../errors.ts';
import { isNewHour, turnHour } from '../judgement/arrivals.ts';
import { next } from '../judgement/next.ts';
import { nextTryAt, paceMs } from '../judgement/pace.ts';
import { evaluate } from '../judgement/verdict.ts';
import { longestPollMs, signEveryMs } from '../monitoring/overdue.ts';
import type { Secrets, Token } from '../secrets/secrets.ts';
import type { Job, JobParts } from './job.ts';

/** Even an exhausted budget is not asked again at once: every refusal is one more event in the org's own log. */
const leastWaitMs = 5_000;

/** One poll of a connector that runs. Its key: the connector's id. */
export const pollJob: Job = {
  queue: 'poll',
  concurrency: 6,
  lockName: connectorLock,
  due: (now, bind) =>
    `select id::text as key from connectors
      where due_at <= ${bind(new Date(now))} and not_before <= ${bind(new Date(now))}
        and desired = 'run' and provisioning->'finishedAt' <> 'null' order by due_at`,
  async run(parts, id) {
    const connector = await getConnector(parts.pool, id);
    if (connector && isRunning(connector) && connector.dueAt <= parts.runtime.now())
      await showingLife(parts, id, () => poll(parts, connector));
  },
  postpone: (db, id, { until }) => postponePoll(db, id, until),
};

/** Does the work of a poll; one that takes long says now and then that it is at work, so that nobody takes it for missed. */
async function showingLife({ pool, runtime }: JobParts, id: string, work: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const signs = async () => {
    for (const end = runtime.now() + longestPollMs; runtime.now() < end; ) {
      await runtime.sleep(signEveryMs, over.signal);
      await noteAlive(pool, id, runtime.now());
    }
  };
  // Without one, the poll counts as missed, which it may be.
  const shown = signs().catch(() => undefined);
  await work().finally(() => over.abort());
  await shown;
}

/** Sync, then one verdict, settled with the incident and the cards that follow. */
async function poll({ runtime, pool, secrets, audience, pollWorker }: JobParts, before: Connector): Promise<void> {
  const begunAt = runtime.now();
  const done = await pollWorker.sync({ connector: before, token: await readToken(secrets, before, begunAt) });
  // Read again: a check of the workspace may have ended meanwhile.
  const found = await getConnector(pool, before.id);
  if (!done || !found) return;
  const now = runtime.now();
  const { connector, baseline } = await inThisHour(pool, found, now);
  const verdict = evaluate(connector, done.poll, now);
  const status = next(connector, { poll: done.poll, verdict }, now);
  if (done.poll.failure?.reason === 'token-refused') secrets.doubt(before.settings.keyId);
  const dueAt = dueAfter(done.poll, { ...connector, status }, { begunAt, now });
  const { version } = done;
  const end = { status, version, baseline, dueAt, wasDueAt: before.dueAt };
  await settle({ pool, audience }, connector, { ...end, now });
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

/** Read on this side, as the poll's thread has neither key nor vault; that it can't be had is the verdict of the poll. */
async function readToken(secrets: Secrets, { settings }: Connector, since: number): Promise<Token> {
  try {
    return { value: await secrets.read(settings.keyId) };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { reason: error.reason, evidence: error.evidence, since };
  }
}
