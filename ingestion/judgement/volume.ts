import type { Arrivals } from '../connector/arrivals.ts';
import type { Connector, Problem } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { arrive, silenceOf } from './arrivals.ts';
import { intervalMs } from './pace.ts';
import { lastHour } from './shift.ts';

/** So many polls at least have found nothing, and for so long, before it is called silence. */
const leastPolls = 2;
const leastMs = 2 * 60_000;

/** What is wrong with how much comes: nothing at all although that is improbable, or much less, or more, than just before. Pure. */
export function volume(connector: Connector, poll: PollResult, now: number): Problem | null {
  const arrivals = arrive(connector.status.arrivals, { poll, alerted: isToldOfSilence(connector) }, now);
  return silence(connector, arrivals, now) ?? shifted(connector, arrivals);
}

/** Whether people have been told of the silence that goes on. */
export function isToldOfSilence({ status }: Pick<Connector, 'status'>): boolean {
  return status.problem?.reason === 'source-quiet';
}

/** First a warning; an error when twice as many events are missing. */
function silence({ settings }: Connector, arrivals: Arrivals, now: number): Problem | null {
  const { lastAt, usual } = arrivals;
  const limit = usual.limits.silence;
  if (lastAt === null || limit === null) return null;
  const missing = silenceOf(arrivals);
  if (missing < limit || now - lastAt < Math.max(leastMs, leastPolls * intervalMs(settings))) return null;
  return {
    reason: 'source-quiet',
    health: missing < 2 * limit ? 'warning' : 'error',
    since: lastAt,
    evidence: { volume: { seen: arrivals.back?.brought ?? 0, usual: Math.round(missing), from: lastAt, to: now } },
  };
}

/** A surge is told of only where its owner wants that: more than usual is seldom a fault of the connector. */
function shifted({ settings }: Connector, { shift, quarters, lookedAt }: Arrivals): Problem | null {
  if (!shift || (shift.kind === 'surge' && !settings.tellsSurges)) return null;
  const { brought, usual } = lastHour(quarters, shift.level);
  const volume = { seen: brought, usual: Math.round(usual), from: lookedAt - 3_600_000, to: lookedAt };
  const reason = shift.kind === 'drop' ? 'volume-dropped' : 'volume-surged';
  return { reason, health: 'warning', since: shift.since, evidence: { volume } };
}
