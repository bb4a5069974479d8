import type { Reason } from '../reasons.ts';
import { type Connector, type Problem, unseen } from './connector.ts';
import { visibleWithinMs } from './limits.ts';

/**
 * A stretch of Okta's log, by the times of its events in ms since the epoch, of which events may be missing in the workspace;
 * `to` is null while it goes on. Whoever hunts looks there again.
 */
export type Span = { from: number; to: number | null };

const hourMs = 3_600_000;

type Given = { connector: Connector; problem: Problem; began: number };

/** What each reason that may lose events makes uncertain. All others delay them, or leave them alone. */
const spans = new Map<Reason, (given: Given) => Span | null>([
  // All up to the newest row that was seen is there, and nothing of what came after it.
  ['not-visible', unseenRows],
  ['daily-cap', unseenRows],
  ['ingestion-limit', unseenRows],
  ['transform-failed', unseenRows],
  ['no-first-data', ({ began }) => ({ from: began, to: null })],
  // Nobody knows what Okta did not show; what it showed last has arrived.
  ['source-quiet', ({ connector, problem }) => open(connector.status.lastEventAt ?? problem.since, problem)],
  ['volume-dropped', ({ problem }) => open(problem.since, problem)],
  ['table-missing', lostWithTable],
]);

function unseenRows({ connector, problem, began }: Given): Span {
  return open(connector.observation?.seen?.newestEvent ?? began, problem);
}

/** The stretch that a problem of this connector makes uncertain; null when nothing is lost by it. Pure. */
export function missingSpan(connector: Connector, problem: Problem): Span | null {
  const began = connector.createdAt - connector.settings.backfillHours * hourMs;
  return spans.get(problem.reason)?.({ connector, problem, began }) ?? null;
}

/** Both stretches, and what lies between them. Pure. */
export function joinSpans(one: Span | null, other: Span | null): Span | null {
  if (!one || !other) return one ?? other;
  const to = one.to === null || other.to === null ? null : Math.max(one.to, other.to);
  return { from: Math.min(one.from, other.from), to };
}

function open(from: number, { since }: Problem): Span {
  return { from: Math.min(from, since), to: null };
}

/** Rows went with the table; those that had not been seen there for long are sent again. */
function lostWithTable({ connector, began }: Given): Span | null {
  const { there } = connector.observation ?? unseen;
  const to = there ? there.since - visibleWithinMs : began;
  return to > began ? { from: began, to } : null;
}
