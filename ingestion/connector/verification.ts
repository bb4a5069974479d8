import type { Evidence } from '../errors.ts';

/** What of a connector was sent, and what of that is visible in the workspace. Times are ms since the epoch. */
export type Verification = {
  /** From when on both were counted. */
  since: number;
  sent: number;
  /** Of them so many lately that they need not be visible yet. */
  late: number;
  /** Rows that may stand there beside one of the same event, at most. */
  possiblyTwice: number;
  rows: number;
  /** Different events among the rows. */
  events: number;
  /** Of events that do not say that they are of a time to come; `toCome`: so many rows say so. */
  newestEvent: number | null;
  toCome: number;
  newestArrival: number | null;
  /** From Okta's publishing to being visible, of what was published since the connector began. */
  p50Seconds: number | null;
  p95Seconds: number | null;
  /** The newest rows by their outside, the newest first: nobody's name. */
  sample: { published: number | null; type: string; result: string }[];
  /** Why Azure counted a part only, in its own words: then there are at least these rows. Null when it counted all. */
  cut: Evidence | null;
};

/** How many events are missing so far, and how many of them were sent so lately that they may be on their way. Pure. */
export function missingOf({ sent, events, late }: Verification): { missing: number; onTheirWay: number } {
  const missing = Math.max(0, sent - events);
  return { missing, onTheirWay: Math.min(missing, late) };
}
