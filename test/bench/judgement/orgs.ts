import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../sims/okta/random.ts';

/** The events of an org, by the minute from `start` (minutes since the epoch) on. */
export type Org = {
  name: string;
  start: number;
  counts: Int32Array;
  /** Where the record itself shows that the source was silent, or was not recorded: minutes since the epoch. */
  outages: { from: number; to: number }[];
};

const minutesADay = 1440;
/** A Monday, in minutes since the epoch. */
const monday = Date.UTC(2026, 2, 2) / 60_000;

type Kind = {
  name: string;
  perDay: number;
  /** Which part of its busiest a minute of the day has, from 0 to 1, on a working day and on a day off. */
  work(hour: number): number;
  off(hour: number): number;
  /** How far an hour spreads about what is usual, as the deviation of its logarithm. */
  spread: number;
  growth: number;
  bursts: number;
};

const office = (floor: number) => (hour: number) =>
  hour < 7 || hour >= 19
    ? floor
    : hour < 9
      ? floor + ((1 - floor) * (hour - 7)) / 2
      : hour < 17
        ? 1
        : floor + ((1 - floor) * (19 - hour)) / 2;
const flat = (part: number) => () => part;
const round = (low: number) => (hour: number) =>
  low + ((1 - low) * (1 + Math.sin(((hour - 8) / 24) * 2 * Math.PI))) / 2;

const kinds: Kind[] = [
  { name: 'small office', perDay: 20, work: office(0.03), off: flat(0.02), spread: 0.2, growth: 0, bursts: 0 },
  { name: 'office', perDay: 2_000, work: office(0.05), off: flat(0.04), spread: 0.2, growth: 0, bursts: 0.1 },
  {
    name: 'large office',
    perDay: 60_000,
    work: office(0.08),
    off: flat(0.06),
    spread: 0.25,
    growth: 0.004,
    bursts: 0.1,
  },
  { name: 'global', perDay: 40_000, work: round(0.5), off: round(0.3), spread: 0.2, growth: 0, bursts: 0.1 },
  { name: 'growing', perDay: 5_000, work: office(0.1), off: flat(0.08), spread: 0.2, growth: 0.02, bursts: 0.1 },
  { name: 'bursty', perDay: 8_000, work: round(0.4), off: round(0.3), spread: 0.6, growth: 0, bursts: 1 },
  { name: 'machines', perDay: 3_000, work: flat(1), off: flat(1), spread: 0.05, growth: 0, bursts: 0 },
  { name: 'school', perDay: 400, work: office(0.02), off: flat(0.01), spread: 0.3, growth: 0, bursts: 0.2 },
];

/** So many orgs of all kinds, for so many weeks: nights, weekends, two holidays, growth, bursts. */
export function madeOrgs({ count, weeks, seed }: { count: number; weeks: number; seed: number }): Org[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length] as Kind;
    return madeOrg(kind, { weeks, random: new Random(seed, index), name: `${kind.name} ${index + 1}` });
  });
}

function madeOrg(kind: Kind, { weeks, random, name }: { weeks: number; random: Random; name: string }): Org {
  const days = weeks * 7;
  const counts = new Int32Array(days * minutesADay);
  const holidays = new Set([7 * 2 + random.below(5), 7 * 4 + random.below(5)]);
  const zone = random.below(24);
  const shape = Array.from({ length: 24 }, (_, hour) => kind.work(hour));
  const busiest = (kind.perDay / shape.reduce((sum, part) => sum + part, 0) / 60) * (0.5 + random.next());
  let drift = 0;
  let burst = 0;
  for (let minute = 0; minute < counts.length; minute++) {
    const local = minute + zone * 60;
    const day = Math.floor(local / minutesADay);
    const hour = (local % minutesADay) / 60;
    const isOff = day % 7 >= 5;
    if (minute % 60 === 0) drift = 0.7 * drift + kind.spread * Math.sqrt(1 - 0.49) * gauss(random);
    if (burst > 0) burst--;
    else if (random.chance(kind.bursts / minutesADay)) burst = 10 + random.below(60);
    const part = isOff
      ? kind.off(hour)
      : holidays.has(day)
        ? Math.max(kind.off(hour), 0.15 * kind.work(hour))
        : kind.work(hour);
    const mean = busiest * part * Math.exp(drift) * (1 + kind.growth) ** day * (burst > 0 ? 6 : 1);
    counts[minute] = poisson(random, mean);
  }
  return { name, start: monday, counts, outages: [] };
}

/** Every `timestamp,value` file of a folder as one org: the counts of each interval, divided by `scale`, spread at random over it. */
export function recordedOrgs(folder: string, { scale, seed }: { scale: number; seed: number }): Org[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.csv'))
    .sort();
  return files.map((file, index) =>
    recordedOrg(file, readSeries(join(folder, file)), { scale, random: new Random(seed, index) }),
  );
}

type Point = { at: number; value: number };

/** Throws a sentence for a line that is neither a time and a number nor the heading. */
function readSeries(path: string): Point[] {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean);
  return lines.flatMap((line, index) => {
    const [time = '', value = ''] = line.split(',');
    const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(time) ? time : `${time.trim().replace(' ', 'T')}Z`);
    if (Number.isFinite(at) && value.trim() !== '' && Number(value) >= 0)
      return [{ at: at / 60_000, value: Number(value) }];
    if (index === 0) return [];
    throw new Error(`${path}, line ${index + 1}: not a time and a number: ${line.slice(0, 80)}`);
  });
}

function recordedOrg(file: string, points: Point[], { scale, random }: { scale: number; random: Random }): Org {
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? 0));
  const step = gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? 5;
  const start = Math.floor(points[0]?.at ?? 0);
  const counts = new Int32Array(Math.ceil((points.at(-1)?.at ?? 0) + step) - start);
  for (const { at, value } of points) {
    const events = Math.floor(value / scale) + (random.chance((value / scale) % 1) ? 1 : 0);
    for (let event = 0; event < events; event++) {
      const minute = Math.floor(at + random.next() * step) - start;
      counts[minute] = (counts[minute] ?? 0) + 1;
    }
  }
  return { name: file.replace(/\.csv$/, ''), start, counts, outages: outagesIn(points, step) };
}

/** So many events, as recorded, are usual in a stretch without any: then it is no chance. */
const surelyMissing = 50;

/** Stretches in which the record, before it is thinned, has nothing though much is usual at that hour of the week. */
function outagesIn(points: Point[], step: number): Org['outages'] {
  const cells = new Map<number, number[]>();
  const cellOf = (at: number) => Math.floor(at / 60) % 168;
  for (const { at, value } of points) cells.set(cellOf(at), [...(cells.get(cellOf(at)) ?? []), value]);
  const usual = new Map(
    [...cells].map(([cell, values]) => [
      cell,
      values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0,
    ]),
  );
  const outages: (Org['outages'][number] & { missing: number })[] = [];
  for (const { at, value } of points) {
    if (value > 0) continue;
    const missing = usual.get(cellOf(at)) ?? 0;
    const last = outages.at(-1);
    if (last && at - last.to < step) Object.assign(last, { to: at + step, missing: last.missing + missing });
    else outages.push({ from: at, to: at + step, missing });
  }
  return outages.filter(({ missing }) => missing >= surelyMissing).map(({ from, to }) => ({ from, to }));
}

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(random.next() + 1e-12)) * Math.cos(2 * Math.PI * random.next());
}

function poisson(random: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss(random)));
  const floor = Math.exp(-mean);
  let events = 0;
  for (let product = random.next(); product > floor; product *= random.next()) events++;
  return events;
}
