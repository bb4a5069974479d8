import { type Arrivals, type Extremes, interrupted, type Quarter, type Usual } from '../connector/arrivals.ts';
import { type Baseline, hourMs, withDay, withHour } from '../connector/baseline.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { limitsOf } from './limits.ts';
import { shiftAfter } from './shift.ts';
import { expectedRates } from './usual.ts';

/** An hour of which the last part was not looked at is no hour to learn from. */
const unlookedMs = 20 * 60_000;
/** "Of late" fades over this time. */
const fadeMs = 0.5 * hourMs;
/** So many events as usual stand beside what came of late, so that a handful says little. */
const prior = 4;
const quarterMs = hourMs / 4;
const keptQuarters = 13;

/** Whether the poll that ends at `now` is the first in another hour than the last. */
export function isNewHour({ hour }: Arrivals, now: number): boolean {
  return Math.floor(now / hourMs) !== hour;
}

/** Ends the hour, and at midnight the day: the baseline learns them, and says what is usual in the hour that begins. Pure. */
export function turnHour(before: Arrivals, known: Baseline, now: number): { arrivals: Arrivals; baseline: Baseline } {
  const hour = Math.floor(now / hourMs);
  const endsAt = (before.hour + 1) * hourMs;
  const events = before.spoiled || endsAt - before.lookedAt > unlookedMs ? null : before.events;
  const newDay = Math.floor(hour / 24) !== Math.floor(before.hour / 24);
  const isFirst = before.hour === 0;
  let baseline = isFirst ? known : withHour(known, before.hour, events);
  if (!isFirst && newDay) baseline = withDay(baseline, before.extremes);
  const usual: Usual = { rates: expectedRates(baseline, hour), limits: limitsOf(baseline) };
  const extremes: Extremes = newDay ? { silence: 0, fall: null, rise: null } : before.extremes;
  // After a failure, what it has held up comes at once.
  const spoiled = hour !== before.hour + 1 || before.quarters.length === 0;
  return { arrivals: { ...before, hour, events: 0, spoiled, extremes, usual }, baseline };
}

/**
 * What a poll adds; `alerted`: its connector's silence has been told of, and ends with this poll if that brought enough. What is
 * silent is only the time between the poll that last brought events and the last that found none: so the polls' own pace is no
 * silence. Pure.
 */
export function arrive(
  before: Arrivals,
  { poll, alerted }: { poll: PollResult; alerted: boolean },
  now: number,
): Arrivals {
  // A failure explains a silence; one that has been told of goes on.
  if (poll.failure) return alerted ? { ...before, spoiled: true, lookedAt: now } : interrupted(before, now);
  const since = before.lookedAt === 0 ? now : Math.max(before.lookedAt, now - hourMs);
  const expected = expectedIn(before.usual, since, now);
  const counted = {
    ...before,
    events: before.events + poll.served,
    spoiled: before.spoiled || !poll.caughtUp,
    lookedAt: now,
    quarters: alerted ? [] : withQuarter(before.quarters, [poll.served, expected], { since, now }),
  };
  const isNewQuarter = Math.floor(since / quarterMs) !== Math.floor(now / quarterMs);
  const back =
    alerted && (before.back || poll.served > 0)
      ? backAfter(before, [poll.served, expected * levelOf(before)], isNewQuarter)
      : null;
  if (back && !isEnough(back)) return { ...counted, back, missed: before.missed + Math.max(0, expected - poll.served) };
  const after =
    poll.served > 0 ? broughtSome(counted, before, { poll, expected, alerted, now }) : missedMore(counted, expected);
  return isNewQuarter && !alerted ? shiftAfter(after, now) : after;
}

const missedMore = (counted: Arrivals, expected: number): Arrivals => ({
  ...counted,
  missed: counted.missed + expected,
});

/**
 * A few drops are no end of a drought: a silence that was told of is over when more than this part of what came before comes again;
 * and where so much is expected that a few may be chance, so many at least.
 */
const enough = { part: 0.5, events: 10, unlessExpected: 1.5 };

function isEnough({ brought, expected }: NonNullable<Arrivals['back']>): boolean {
  return brought > enough.part * expected && (brought >= enough.events || expected < enough.unlessExpected);
}

function backAfter(
  { back }: Arrivals,
  [served, expected]: Quarter,
  isNewQuarter: boolean,
): NonNullable<Arrivals['back']> {
  const { brought, expected: before } = isNewQuarter || !back ? { brought: 0, expected: 0 } : back;
  return { brought: brought + served, expected: before + expected };
}

function broughtSome(
  counted: Arrivals,
  before: Arrivals,
  { poll, expected, alerted, now }: { poll: PollResult; expected: number; alerted: boolean; now: number },
): Arrivals {
  // A silence that has been told of is not what is usual.
  const silence = alerted || before.lastAt === null ? 0 : silenceOf(before);
  const fade = Math.exp(-(now - (before.lastAt ?? now)) / fadeMs);
  return {
    ...counted,
    lastAt: now,
    missed: 0,
    back: null,
    brought: before.brought * fade + poll.served,
    expected: before.expected * fade + before.missed + expected,
    extremes: { ...counted.extremes, silence: Math.max(counted.extremes.silence, silence) },
  };
}

/**
 * How long the silence is: in events that should have come in it, by what is usual at that hour and the part of it that came just
 * before. So a holiday, on which little comes, is not silence.
 */
export function silenceOf(arrivals: Arrivals): number {
  return arrivals.missed * levelOf(arrivals);
}

function levelOf({ brought, expected }: Arrivals): number {
  return Math.min(1, (brought + prior) / (expected + prior));
}

/** The events that are usual between two times about this hour. */
export function expectedIn({ rates }: Usual, from: number, to: number): number {
  return (rateAt(rates, (from + to) / 2) * (to - from)) / hourMs;
}

/** From the middle of an hour to that of one with fewer events its rate goes over into the other; a rise may come any minute. */
function rateAt([before, here, after]: Usual['rates'], time: number): number {
  const part = (time % hourMs) / hourMs - 0.5;
  return here + Math.min(0, (part < 0 ? before : after) - here) * Math.abs(part);
}

function withQuarter(quarters: Quarter[], more: Quarter, { since, now }: { since: number; now: number }): Quarter[] {
  const turned = Math.floor(now / quarterMs) - Math.floor(since / quarterMs);
  if (turned > 1) return [more];
  if (turned === 1) return [...quarters, more].slice(-keptQuarters);
  const [brought, expected] = quarters.at(-1) ?? [0, 0];
  return [...quarters.slice(0, -1), [brought + more[0], expected + more[1]]];
}
