import { type Fault, hard, near } from './faults.ts';
import type { Org } from './orgs.ts';
import type { Alert } from './play.ts';
import type { Truth } from './truth.ts';

/** One org with what was planted, what is true of it, and what was told. */
export type Played = { org: Org; truth: Truth; faults: Fault[]; alerts: Alert[] };

/** What was told, or should have been, by its name and times. */
export type Named = { org: string; at: string; reason: string; since: string };

const mostNamed = 200;
const pollSeconds = 60;
const graceSeconds = 5;
/** A silence of fewer minutes is told by no poll: two must have found nothing. */
const leastSilence = 2;
const dropMinutes = 60;
const dropEvents = 60;
/** An alert may follow its fault by this long: an hour is what a drop is seen by. */
const afterMinutes = 75;
const flapMinutes = 60;

/** Of all orgs together; times in seconds from the beginning of the fault, rates in parts of those that can be caught. */
export function score(played: Played[]) {
  const hits = played.flatMap(hitsOf);
  const sorted = (kinds: (kind: string) => boolean) =>
    hits
      .filter(({ fault, after }) => kinds(fault.kind) && after !== null)
      .map(({ after }) => after as number)
      .sort((one, other) => one - other);
  const isHard = (kind: string) => kind in hard;
  const part = (of: Hit[], good: (hit: Hit) => boolean) =>
    of.length === 0 ? null : round(of.filter(good).length / of.length, 4);
  const hardHits = hits.filter(({ fault, reference }) => isHard(fault.kind) && reference !== null);
  const due = hits.filter(({ fault, reference }) => fault.kind === 'silence' && reference !== null);
  const drops = hits.filter(({ fault, reference }) => fault.kind === 'drop' && reference !== null);
  const falseAlarms = played.flatMap(falseAlarmsOf);
  const months = played.reduce((sum, { org }) => sum + org.counts.length / 1440 / 30, 0);
  const kinds = [...new Set(hits.map(({ fault }) => fault.kind))].filter((kind) => !(kind in near)).sort();
  const per = (at: number) =>
    Object.fromEntries(
      kinds.map((kind) => [
        kind,
        quantile(
          sorted((each) => each === kind),
          at,
        ),
      ]),
    );
  const ratios = due
    .flatMap(({ after, reference }) => (after === null ? [] : [after / 60 / (reference ?? 1)]))
    .sort((one, other) => one - other);
  return {
    caught_hard: part(hardHits, (hit) => hit.after !== null && !isLate(hit)),
    told_hard: part(hardHits, ({ told }) => told !== null),
    caught_quiet: part(due, ({ after }) => after !== null),
    caught_drop: part(drops, ({ after }) => after !== null),
    false_alarms_per_connector_month: round(falseAlarms.length / months, 4),
    wrong_leg: hits.filter(({ fault, told }) => told && fault.kind in hard && told.leg !== hard[fault.kind]?.leg)
      .length,
    flaps: played.flatMap(flapsOf).length,
    quiet_p50_ratio: quantile(ratios, 0.5),
    quiet_p95_ratio: quantile(ratios, 0.95),
    time_to_alert_p50_s: per(0.5),
    time_to_alert_p95_s: per(0.95),
    hard: hardHits.length,
    quiet: due.length,
    quiet_planted: hits.filter(({ fault }) => fault.kind === 'silence').length,
    drops: drops.length,
    drops_planted: hits.filter(({ fault }) => fault.kind === 'drop').length,
    near_faults: played.reduce((sum, { faults }) => sum + faults.filter(({ kind }) => kind in near).length, 0),
    connector_months: round(months, 2),
    false_alarms: falseAlarms,
    missed: hits
      .filter((hit) => hit.reference !== null && (hit.after === null || isLate(hit)))
      .map(({ fault }) => missedOf(fault))
      .slice(0, mostNamed),
    flapping: played.flatMap(flapsOf).slice(0, mostNamed),
  };
}

/** Later than one poll after it was certain. */
function isLate({ fault, after }: Hit): boolean {
  const certainAfter = hard[fault.kind]?.certainAfter;
  return certainAfter !== undefined && (after ?? 0) > certainAfter * 60 + pollSeconds + graceSeconds;
}

type Hit = { fault: Fault; told: Alert | null; after: number | null; reference: number | null };

/** Each fault with the first alert that tells of it while it lasts. `reference`: null where it can't be caught by anybody. */
function hitsOf({ org, faults, alerts, truth }: Played): Hit[] {
  return faults
    .filter(({ kind }) => !(kind in near))
    .map((fault) => {
      const told = alerts.find(({ at, over }) => at > fault.from && at <= fault.to + 1 && over > fault.from) ?? null;
      const begins = beginningOf(fault, org);
      const after = told && begins !== null ? (told.at - begins) * 60 : null;
      return { fault, told, after, reference: begins === null ? null : referenceOf(fault, truth) };
    });
}

/** What holds events up begins with the first that it meets, and is not there where it meets none in time. */
function beginningOf({ kind, from, to }: Fault, { start, counts }: Org): number | null {
  const known = hard[kind];
  if (!known?.needsEvents) return from;
  for (let minute = from; minute + known.certainAfter < to; minute++)
    if ((counts[minute - start] ?? 0) > 0) return minute;
  return null;
}

/**
 * A silence can be caught when it lasts for twice the time after which it is improbable at 1e-4 for that org at that hour, and a
 * poll; a drop when it lasts an hour in which sixty events are usual.
 */
function referenceOf({ kind, from, to }: Fault, truth: Truth): number | null {
  if (kind === 'silence') {
    const minutes = truth.improbableAfter(from, leastSilence);
    return to - from >= 2 * minutes + 1 ? minutes : null;
  }
  if (kind === 'drop') return to - from >= dropMinutes && truth.expected(from, to) >= dropEvents ? dropMinutes : null;
  return 0;
}

/** Alerts that tell of nothing that was planted. */
function falseAlarmsOf({ org, faults, alerts }: Played): Named[] {
  const all = [...faults.filter(({ kind }) => !(kind in near)), ...org.outages];
  const isTold = ({ at, since }: Alert) =>
    all.some(({ from, to }) => since < to && at > from && at <= to + afterMinutes);
  return alerts.filter((alert) => !isTold(alert)).map((alert) => nameOf(alert, org));
}

/** Alerts of one connector that come again within an hour, though nothing new was planted in between. */
function flapsOf({ org, faults, alerts }: Played): Named[] {
  const again = alerts.filter((alert, index) => {
    const before = alerts[index - 1];
    if (!before || alert.at - before.over > flapMinutes) return false;
    return ![...faults, ...org.outages].some(({ from }) => from >= before.at && from <= alert.at);
  });
  return again.map((alert) => nameOf(alert, org));
}

const timeOf = (minute: number) => new Date(minute * 60_000).toISOString().slice(0, 16);
const nameOf = ({ at, since, reason }: Alert, { name }: Org): Named => ({
  org: name,
  at: timeOf(at),
  reason,
  since: timeOf(since),
});
const missedOf = ({ org, kind, from, to }: Fault): Named => ({
  org,
  at: timeOf(to),
  reason: kind,
  since: timeOf(from),
});

function quantile(sorted: number[], at: number): number | null {
  return sorted.length === 0
    ? null
    : round(sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0, 2);
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
