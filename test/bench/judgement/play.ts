import { noArrivals } from '../../../ingestion/connector/arrivals.ts';
import { type Baseline, emptyBaseline } from '../../../ingestion/connector/baseline.ts';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { alarming } from '../../../ingestion/connector/incidents.ts';
import type { PollResult } from '../../../ingestion/connector/poll-result.ts';
import { isNewHour, turnHour } from '../../../ingestion/judgement/arrivals.ts';
import { next } from '../../../ingestion/judgement/next.ts';
import { evaluate } from '../../../ingestion/judgement/verdict.ts';
import { factsOf, type Leg, type Reason } from '../../../ingestion/reasons.ts';
import { pollResult, record } from '../../unit/record.ts';
import { type Fault, hard, near } from './faults.ts';
import type { Org } from './orgs.ts';

/** An alert as people are told of it: when (minutes since the epoch), why, since when, and when it was over. */
export type Alert = { org: string; at: number; since: number; reason: Reason; leg: Leg; over: number };

const minuteMs = 60_000;
const lookMinutes = 5;

/** Lives an org's weeks with a poll a minute through the product's own judgement; all that people are told. */
export function play({ name, start, counts }: Org, faults: Fault[]): { alerts: Alert[]; polls: number } {
  const made = start * minuteMs;
  let connector = record({
    createdAt: made,
    provisioning: { finishedAt: made },
    status: { firstSeenAt: made, caughtUpAt: made, arrivals: noArrivals },
  });
  let baseline: Baseline = emptyBaseline();
  let waiting = 0;
  let waitsSince = made;
  let newestArrival = made;
  const alerts: Alert[] = [];
  let open: Alert | null = null;
  const sorted = faults.toSorted((one, other) => one.from - other.from);
  for (let minute = 0; minute < counts.length; minute++) {
    const now = (start + minute + 1) * minuteMs;
    while (sorted[0] && sorted[0].to <= start + minute) sorted.shift();
    const fault = sorted[0] && sorted[0].from <= start + minute ? sorted[0] : null;
    const reason = fault ? (hard[fault.kind]?.reason ?? near[fault.kind]?.reason ?? null) : null;
    if (waiting === 0) waitsSince = now;
    waiting += counts[minute] ?? 0;
    const poll = polled(reason, { waiting, waitsSince, now });
    if (poll.accepted > 0) waiting = 0;
    if (poll.accepted > 0 && reason !== 'not-visible') newestArrival = now;
    if (minute % lookMinutes === 0) connector.observation = looked(connector, { now, newestArrival });
    if (isNewHour(connector.status.arrivals, now)) {
      const turned = turnHour(connector.status.arrivals, baseline, now);
      baseline = turned.baseline;
      connector = { ...connector, status: { ...connector.status, arrivals: turned.arrivals } };
    }
    const verdict = evaluate(connector, poll, now);
    connector = { ...connector, status: next(connector, { poll, verdict }, now) };
    const problem = alarming(connector.status.problem);
    if (problem && !open) {
      const { reason: why } = problem;
      open = {
        org: name,
        at: now / minuteMs,
        since: problem.since / minuteMs,
        reason: why,
        leg: factsOf(why).leg,
        over: Number.POSITIVE_INFINITY,
      };
      alerts.push(open);
    } else if (!problem && open) {
      open.over = now / minuteMs;
      open = null;
    }
  }
  return { alerts, polls: counts.length };
}

/** What a poll comes to: all that waits, or a failure. */
function polled(
  reason: Reason | null,
  { waiting, waitsSince, now }: { waiting: number; waitsSince: number; now: number },
): PollResult {
  const startedAt = now - 1_000;
  if (reason === null || reason === 'not-visible')
    return pollResult({
      startedAt,
      served: waiting,
      accepted: waiting,
      newest: waiting > 0 ? now : null,
      caughtUp: true,
    });
  const behindMs = now - waitsSince;
  return pollResult({
    startedAt,
    caughtUp: false,
    behindMs,
    failure: { reason, evidence: { status: 500 }, since: startedAt },
  });
}

function looked(
  { status }: Connector,
  { now, newestArrival }: { now: number; newestArrival: number },
): Connector['observation'] {
  const seen = { at: now, rows: 5, newestEvent: newestArrival, newestArrival };
  return { triedAt: now, seen, problem: null, there: { at: now, since: status.lastPollAt ?? now }, gone: null };
}
