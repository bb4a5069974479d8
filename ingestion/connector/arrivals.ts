/** How the events of a connector come in against what is usual: counted at each poll, a part of its status. Times in ms since the epoch. */
export type Arrivals = {
  /** The hour since the epoch that is being counted, its events so far, and whether it says nothing of what is usual. */
  hour: number;
  events: number;
  spoiled: boolean;
  /** When a poll last brought events; null before the first. */
  lastAt: number | null;
  /** Up to when polls have looked since, and how many events were expected in that time. */
  lookedAt: number;
  missed: number;
  /** What has come in this quarter of an hour since a silence that was told of broke, and what should have; null before. */
  back: { brought: number; expected: number } | null;
  /** Brought and expected of late up to `lastAt`: what is older counts less. */
  brought: number;
  expected: number;
  /** The last quarters of an hour, the oldest first, the last one unfinished. */
  quarters: Quarter[];
  /** The extremes of this day (UTC): the longest silence in events expected, the deepest fall and the steepest rise as ln. */
  extremes: Extremes;
  /** What has become of the volume, since when, and which part of what is usual came before. */
  shift: { kind: 'drop' | 'surge'; since: number; level: number } | null;
  usual: Usual;
};

/** What came in a quarter of an hour, and what was expected. */
export type Quarter = [brought: number, expected: number];

/** Of a day; null where nothing could be compared. */
export type Extremes = { silence: number; fall: number | null; rise: number | null };

/** What is usual in the hour that is being counted, worked out at its beginning. */
export type Usual = {
  /** Events an hour in the hour before, this one and the next. */
  rates: [before: number, here: number, after: number];
  /** From here on a silence, a fall and a rise are improbable; null while too little is known. */
  limits: { silence: number | null; fall: number | null; rise: number | null };
};

/** Before the first poll. */
export const noArrivals: Arrivals = {
  hour: 0,
  events: 0,
  spoiled: true,
  lastAt: null,
  lookedAt: 0,
  missed: 0,
  back: null,
  brought: 0,
  expected: 0,
  quarters: [],
  extremes: { silence: 0, fall: null, rise: null },
  shift: null,
  usual: { rates: [0, 0, 0], limits: { silence: null, fall: null, rise: null } },
};

/** After a time in which nobody looked, or in which a failure explains silence: it says nothing of the source. Pure. */
export function interrupted(before: Arrivals, now: number): Arrivals {
  const lastAt = before.lastAt === null ? null : now;
  return { ...before, spoiled: true, lastAt, lookedAt: now, missed: 0, back: null, quarters: [], shift: null };
}
