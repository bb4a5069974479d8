import { unquoted, withoutEnding } from '../teams/message-text.ts';

const minuteMs = 60_000;

const units: [RegExp, number][] = [
  [/^m(in(ute)?s?)?$/i, minuteMs],
  [/^h((ou)?rs?)?$/i, 60 * minuteMs],
  [/^d(ays?)?$/i, 1440 * minuteMs],
  [/^w(eeks?)?$/i, 7 * 1440 * minuteMs],
];

/** The shortest and longest silence that can be asked for. */
export const leastMuteMs = 15 * minuteMs;
export const mostMuteMs = 7 * 1440 * minuteMs;

/**
 * What stands before a length of time at the end of a text, and that length in ms: "Acme 2h", "Acme for 90 minutes", "here 1d".
 * Null `ms` when no length is there. Pure.
 */
export function splitDuration(text: string): { rest: string; ms: number | null } {
  const said = withoutEnding(text);
  const found = /\b(\d{1,5})\s{0,3}([a-z]{1,10})$/i.exec(said);
  const unit = units.find(([name]) => name.test(found?.[2] ?? ''))?.[1];
  if (!found || !unit) return { rest: unquoted(text.trim()), ms: null };
  const before = said.slice(0, found.index).trim();
  return { rest: unquoted(before.replace(/\bfor$/i, '').trim()), ms: Number(found[1]) * unit };
}

/** Whether a silence may be that long. */
export function isMutable(ms: number): boolean {
  return ms >= leastMuteMs && ms <= mostMuteMs;
}

/** The length of time that was chosen on a card, in ms; null when it is none that may be chosen. */
export function minutesIn({ minutes }: Record<string, unknown>): number | null {
  const ms = Number(minutes) * 60_000;
  return isMutable(ms) ? ms : null;
}

/** What the audit says of a silence of so many ms, or of its end. */
export function saidOf(ms: number | null): string {
  return ms === null ? 'ended' : `for ${ms / minuteMs} minutes`;
}
