import { type Connector, type Problem, resumedAt } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import type { Evidence } from '../errors.ts';
import { factsOf, type Reason } from '../reasons.ts';
import { newFields } from './new-fields.ts';

const minute = 60_000;

/** A warning about something that has passed stays on the card for this long. */
const noticeMs = 60 * minute;
/** Checks of the workspace may fail for this long before it is said. */
const blindMs = 30 * minute;

/** What a good poll warns of, or what has passed not long ago. */
export function notices(connector: Connector, poll: PollResult, now: number): Problem | null {
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
  return toComeNotice(connector, poll, now) ?? fieldNotice(connector, poll, now);
}

function toComeNotice({ status }: Connector, poll: PollResult, now: number): Problem | null {
  const last = poll.toCome ? { at: now, ...poll.toCome } : status.lastToCome;
  if (!last || now - last.at >= noticeMs) return null;
  const others = last.events > 1 ? ` and ${last.events - 1} more` : '';
  return notice('odd-time', last.at, { subject: `${last.uuid || 'one without an id'}${others}` });
}

/** Each is told once, whatever graver had to be told when it was met. */
function fieldNotice({ status }: Connector, poll: PollResult, now: number): Problem | null {
  const fields = newFields(status, poll).filter(({ toldAt }) => toldAt === null || now - toldAt < noticeMs);
  if (fields.length === 0) return null;
  const since = Math.min(...fields.map(({ toldAt }) => toldAt ?? now));
  return notice('new-field', since, { subject: fields.map(({ name }) => name).join(', ') });
}

function notice(reason: Reason, since: number, evidence: Evidence = {}): Problem {
  const health = factsOf(reason).gravity === 'warning' ? 'warning' : 'error';
  return { reason, health, since, evidence };
}
