import type { Usual } from '../connector/arrivals.ts';
import type { Baseline } from '../connector/baseline.ts';

/** What is beyond a limit comes once in so many days of a connector that is well. */
const onceInDays = 1500;
/** Before so many days are known, a silence is improbable from this many missing events on: e^-30 of them with a steady rate. */
const coldDays = 7;
const coldSilence = 30;
/** The silence that a steady rate has once in ten thousand times: -ln(1e-4). Never fewer. */
const leastSilence = 9.21;
/** A volume is compared from so many days on; less than 2.5 times as little, or as much, is never told. */
const shiftDays = 10;
const leastShift = Math.log(2.5);

/** Hours that must be known before any silence is judged: a day, but for some. */
const leastHours = 20;

/**
 * From where on a silence, a fall and a rise are improbable for this connector, by the extremes of its own days. How far the counts
 * of an org spread can't be had from their mean: a limit for steady traffic raises dozens of false alarms in a bursty org. The
 * longest of many silences follows Gumbel's law (E. J. Gumbel, "Statistics of Extremes", 1958): its place and scale are taken from
 * the middle half of the days, so that outages and holidays among them move nothing, and with few days the scale is doubted upwards.
 */
export function limitsOf({ counts, silences, falls, rises }: Baseline): Usual['limits'] {
  const known = counts.filter((events) => events >= 0).length;
  return {
    silence: known < leastHours ? null : silenceLimit(silences),
    fall: shiftLimit(falls),
    rise: shiftLimit(rises),
  };
}

/** In events that are expected meanwhile. With a steady rate the scale is 1. */
function silenceLimit(silences: number[]): number {
  if (silences.length < coldDays) return Math.max(coldSilence, 1.5 * Math.max(0, ...silences));
  return Math.max(leastSilence, beyond(silences, { leastScale: 1, doubted: 2.5 }));
}

function shiftLimit(shifts: number[]): number | null {
  if (shifts.length < shiftDays) return null;
  return Math.max(leastShift, beyond(shifts, { leastScale: 0.03, doubted: 0.12 }));
}

/** The scale is also taken from so many days in which it is as `doubted` says. */
const doubtedDays = 10;

/** The extreme that comes once in `onceInDays`, by those of the days that are known. */
function beyond(extremes: number[], { leastScale, doubted }: { leastScale: number; doubted: number }): number {
  const sorted = extremes.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0;
  // A Gumbel's quartiles lie 1.573 scales apart, its median 0.3665 above its mode.
  const seen = Math.max(leastScale, (at(0.75) - at(0.25)) / 1.573);
  const scale = (sorted.length * seen + doubtedDays * doubted) / (sorted.length + doubtedDays);
  return at(0.5) - 0.3665 * scale + scale * Math.log(onceInDays);
}
