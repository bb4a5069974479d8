import { type Fault, hard, near } from './faults.ts';
import type { Org } from './orgs.ts';
import type { Alert } from './play.ts';

/** What people use today, as an org's rows in the workspace show it: an alert each, and what it is raised by. */
export type Rival = { name: string; play(org: Org, faults: Fault[]): Alert[] };

const alert = (org: Org, at: number, since: number): Alert => ({
  org: org.name,
  at,
  since,
  reason: 'source-quiet',
  leg: 'Okta',
  over: at,
});

/** The rows of each minute: none arrive while a poll fails or Azure shows none; what Okta held back comes afterwards. */
function rowsOf({ start, counts }: Org, faults: Fault[]): Int32Array {
  const rows = counts.slice();
  for (const { kind, from, to } of faults) {
    if (!hard[kind] && !near[kind]?.reason) continue;
    let held = 0;
    for (let minute = Math.max(0, from - start); minute < Math.min(rows.length, to - start); minute++) {
      held += rows[minute] ?? 0;
      rows[minute] = 0;
    }
    const after = to - start;
    if (after < rows.length && kind !== 'not visible') rows[after] = (rows[after] ?? 0) + held;
  }
  return rows;
}

const quietHours = 4;

/** "No rows for four hours", asked each 15 minutes, as the data connector's own queries do. */
const fixed: Rival = {
  name: 'no rows for 4 hours',
  play(org, faults) {
    const rows = rowsOf(org, faults);
    const alerts: Alert[] = [];
    let last = 0;
    let told = false;
    for (let minute = 0; minute < rows.length; minute++) {
      if ((rows[minute] ?? 0) > 0) {
        last = minute;
        told = false;
      }
      if (told || minute % 15 !== 0 || minute - last < quietHours * 60) continue;
      told = true;
      alerts.push(alert(org, org.start + minute, org.start + last));
    }
    return alerts;
  },
};

const day = 1440;

/** A series by the day with a score of three deviations against the two weeks before, looked at once a day. */
const daily: Rival = {
  name: 'daily series, 3 deviations',
  play(org, faults) {
    const rows = rowsOf(org, faults);
    const days = Array.from({ length: Math.floor(rows.length / day) }, (_, index) =>
      rows.subarray(index * day, (index + 1) * day).reduce((sum, count) => sum + count, 0),
    );
    return days.flatMap((events, index) => {
      const before = days.slice(Math.max(0, index - 14), index);
      if (before.length < 14) return [];
      const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
      const deviation = Math.sqrt(before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / before.length);
      const at = org.start + (index + 1) * day;
      return events < mean - 3 * deviation ? [alert(org, at, at - day)] : [];
    });
  },
};

/** A health record each hour, and one when a failure has gone on for sixty minutes: it knows of failed polls, and not of rows. */
const health: Rival = {
  name: 'hourly health record, 60 minutes',
  play(org, faults) {
    return faults.flatMap(({ kind, from, to }) => {
      const known = hard[kind];
      if (!known || kind === 'not visible') return [];
      const at = Math.ceil((from + 60) / 60) * 60;
      return at < to ? [{ ...alert(org, at, from), reason: known.reason, leg: known.leg }] : [];
    });
  },
};

/** The three of them. */
export const rivals: readonly Rival[] = [fixed, daily, health];
