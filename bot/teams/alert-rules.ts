import { type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import type { Connector, Mute, Problem } from '../../ingestion/connector/connector.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import type { OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { quietUntil } from '../../ingestion/runtime/local-time.ts';

/** Which of all alerts a conversation takes: errors only, and only of connectors that hold `only` in name, domain or workspace. */
export type AlertFilter = { errorsOnly: boolean; only: string };

/** When warnings wait: from one time of day to another, such as "22:00" and "07:00", by the clocks of a zone. */
export type QuietHours = { from: string; to: string; zone: string };

/** What a conversation has asked for; null where it asked for nothing. */
export type AlertRules = {
  id: string;
  /** It takes the alerts of all connectors, not only of those that were set to it. */
  alerts: boolean;
  filter: AlertFilter | null;
  quiet: QuietHours | null;
  muted: Mute | null;
};

/**
 * Whether a conversation takes the alert of such a problem. Those of connectors that were set to it come whatever text it asked
 * for: nobody else may get them. Pure.
 */
export function takesAlert(
  { id, alerts, filter }: AlertRules,
  connector: Connector,
  { health }: Pick<Problem, 'health'>,
): boolean {
  if (filter?.errorsOnly && health !== 'error') return false;
  if (connector.settings.conversationId === id) return true;
  return alerts && (!filter?.only || isAbout(connector, filter.only));
}

/** Whether the text stands in the connector's name, domain or workspace, without regard to case. Pure. */
export function isAbout({ name, domain, settings }: Connector, text: string): boolean {
  const wanted = text.toLowerCase();
  return [name, domain, settings.workspace.name].some((part) => part.toLowerCase().includes(wanted));
}

/**
 * What becomes of a post about an alert in a conversation, by those of its connectors that the conversation is told of: it is made
 * at once (null), as soon as one of them may be told, not before a time (ms since the epoch), or never: what was over before the
 * silence ended is not told. Quiet hours let the end of an incident through that was an error. Pure.
 */
export function holdOf(
  rules: Pick<AlertRules, 'quiet' | 'muted'>,
  { members, subject }: { members: Member[] } & Pick<OutboxCard, 'subject'>,
  now: number,
): number | 'never' | null {
  const open = stillOpen(members);
  if (open.length > 0) {
    const ends = open.map(({ connector, incident: { problem } }) => silentUntil(rules, { connector, problem }, now));
    return ends.includes(null) ? null : Math.min(...ends.map(Number));
  }
  return members.some((member) => isToldOver(rules, member, subject)) ? null : 'never';
}

/** Whether there was no silence about it when it ended. */
function isToldOver(
  rules: Pick<AlertRules, 'quiet' | 'muted'>,
  { connector, incident: { problem, wasError, resolvedAt } }: Member,
  subject: OutboxCard['subject'],
): boolean {
  const ends = subject?.kind === 'recovered' || subject?.kind === 'closed';
  const told = ends && wasError ? ({ health: 'error' } as const) : problem;
  return silentUntil(rules, { connector, problem: told }, resolvedAt ?? 0) === null;
}

/**
 * Until when nothing is posted in a conversation of such a problem, in ms since the epoch: while the connector or the conversation
 * is muted, and for warnings while its quiet hours last. Null when it is told at once. Pure.
 */
export function silentUntil(
  { quiet, muted }: Pick<AlertRules, 'quiet' | 'muted'>,
  { connector, problem }: { connector: Connector; problem: Pick<Problem, 'health'> },
  now: number,
): number | null {
  const ends = [
    muteAt(muted, now)?.until,
    muteAt(connector.muted, now)?.until,
    quiet && problem.health === 'warning' ? quietUntil(quiet, now) : null,
  ];
  const last = Math.max(...ends.map((end) => end ?? 0));
  return last > 0 ? last : null;
}
