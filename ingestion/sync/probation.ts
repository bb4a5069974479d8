import type { Probation } from '../connector/checkpoint.ts';
import type { Evidence } from '../errors.ts';
import { retryPolicies, waitMs } from '../retry.ts';

/** So many copies of an event at most are sent in so much time, the one among them that is taken. */
type Bound = { copies: number; withinMs: number };

const minute = 60_000;
const day = 24 * 60 * minute;
const bounds: Bound[] = [
  { copies: 3, withinMs: 60 * minute },
  { copies: 8, withinMs: day },
];
/** While no answer comes, one copy is left for later in the hour. */
const boundsUnanswered: Bound[] = [{ copies: 2, withinMs: 10 * minute }, ...bounds];

type Failure = { since: number; now: number; evidence: Evidence };

/** An upload had no answer; each of its events had been sent in vain `copies` times before. Pure, as all here. */
export function lostWhole(
  before: Probation | null,
  { copies, since, now, evidence }: Failure & { copies: number },
): Probation {
  const sent = before?.copies ?? [];
  const times = recent(copies > sent.length ? copiesOf(before) : sent, now);
  // What was sent in vain as often before, and with others now, is no further copy of these. One that is a copy more than all others
  // have counts for what was sent alone meanwhile too.
  const at = Math.min(copies, times.length);
  const alone = at === times.length ? 0 : (before?.alone ?? 0);
  times[at] = now;
  const failures = (before?.failures ?? 0) + 1;
  return {
    why: 'lost',
    copies: times.sort((a, b) => a - b),
    alone,
    failures,
    since: failures > 1 && before ? before.since : since,
    at: now,
    evidence,
  };
}

/** The event whose turn it was, of so many that are open, was sent alone, and had no answer. */
export function lostAlone(before: Probation, events: number, { now, evidence }: Omit<Failure, 'since'>): Probation {
  const tried: Probation = {
    ...before,
    why: 'lost',
    alone: before.alone + 1,
    failures: before.failures + 1,
    at: now,
    evidence,
  };
  return withTurn(tried, events);
}

/** Every event is refused, one that was sent alone among them if it is on probation for that already. */
export function refusedAll(before: Probation | null, { since, now, evidence }: Failure): Probation {
  const alone = before?.why === 'refused' ? before.alone + 1 : 0;
  const copies = recent(before?.copies ?? [], now);
  return { why: 'refused', copies, alone, failures: (before?.failures ?? 0) + 1, since, at: now, evidence };
}

/** Something was taken, or refused by itself: answers come. What was sent in vain stays known until it is delivered. */
export function answered(before: Probation): Probation | null {
  return copiesOf(before).length > 0 ? { ...before, failures: 0 } : null;
}

/** With the event whose turn it is among so many that are open: after the last it is the first's again. */
export function withTurn(probation: Probation, events: number): Probation {
  if (probation.alone < events) return probation;
  return { ...probation, copies: probation.why === 'lost' ? copiesOf(probation) : probation.copies, alone: 0 };
}

/** When copies were sent of the event of which there may be most. */
export function copiesOf(probation: Probation | null): number[] {
  if (!probation) return [];
  return probation.alone > 0 && probation.why === 'lost' ? [...probation.copies, probation.at] : probation.copies;
}

/** From when on the event whose turn it is may be sent alone. `chance`: 0 to 1. */
export function aloneAt({ why, copies, failures, at }: Probation, chance = Math.random()): number {
  if (why === 'refused') return at;
  const soon = at + waitMs(retryPolicies.alone, Math.max(failures, 1), { chance });
  return Math.max(soon, within(copies, boundsUnanswered));
}

/** From when on events may be sent together, of which so many copies were sent in vain. */
export function wholeAt(probation: Probation | null, copies: number): number {
  const times = copies > (probation?.copies.length ?? 0) ? copiesOf(probation) : (probation?.copies ?? []);
  return copies === 0 ? 0 : within(times.slice(-copies), bounds);
}

function within(times: number[], all: Bound[]): number {
  return Math.max(0, ...all.map(({ copies, withinMs }) => (times.at(-copies) ?? Number.NEGATIVE_INFINITY) + withinMs));
}

function recent(times: number[], now: number): number[] {
  return times.filter((time) => now - time < day);
}
