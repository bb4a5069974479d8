import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Random } from '../../sims/okta/random.ts';
import { run, say } from '../command.ts';
import { type Fault, planted, readFaults, withholdEvents } from './faults.ts';
import { madeOrgs, type Org, recordedOrgs } from './orgs.ts';
import { play } from './play.ts';
import { rivals } from './rivals.ts';
import { type Played, score } from './score.ts';
import { Truth } from './truth.ts';

// Weeks of many orgs, a poll a minute, through the product's own judgement: what it catches of what was planted, how soon, and what
// it tells of where nothing is. Made orgs, or with --series every `timestamp,value` file of a folder. The same weeks are then
// judged as people do it today. Nothing here is timed: all of it is counted, but the CPU of a poll.

const usage =
  'npm run bench -- --judgement [--orgs 40] [--weeks 6] [--seed 101] [--seeds 1] [--series FOLDER] [--faults FILE] [--scale 1] [--json]';

type Options = {
  orgs: number;
  weeks: number;
  seed: number;
  seeds: number;
  scale: number;
  series: string | null;
  faults: string | null;
};

function readOptions(): Options {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({
      options: {
        judgement: flag,
        json: flag,
        orgs: text,
        weeks: text,
        seed: text,
        seeds: text,
        scale: text,
        series: text,
        faults: text,
      },
    });
    const number = (name: 'orgs' | 'weeks' | 'seed' | 'seeds' | 'scale', otherwise: number) => {
      const value = Number(values[name] ?? otherwise);
      if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not "${values[name]}".`);
      return value;
    };
    return {
      orgs: number('orgs', 40),
      weeks: number('weeks', 6),
      seed: number('seed', 101),
      seeds: number('seeds', 1),
      scale: number('scale', 1),
      series: values.series ?? null,
      faults: values.faults ?? null,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nUsage: ${usage}\n`);
    process.exit(2);
  }
}

const options = readOptions();

await run(async () => {
  const lived: { orgs: Org[]; faults: Fault[]; seed: number }[] = [];
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) lived.push({ ...worldOf(seed), seed });
  const began = process.cpuUsage().user;
  let polls = 0;
  const played: Played[] = [];
  let judged = 0;
  for (const { orgs, faults, seed } of lived)
    for (const [index, org] of orgs.entries()) {
      const truth = new Truth(org);
      const own = faults.filter((fault) => fault.org === org.name);
      withholdEvents(org, own, new Random(seed + 9_000, index));
      const from = process.cpuUsage().user;
      const { alerts, polls: more } = play(org, own);
      judged += process.cpuUsage().user - from;
      polls += more;
      played.push({ org, truth, faults: own, alerts });
    }
  const ours = score(played);
  const others = Object.fromEntries(
    rivals.map(({ name, play: judge }) => {
      const { false_alarms, missed, flapping, ...figures } = score(
        played.map((each) => ({ ...each, alerts: judge(each.org, each.faults) })),
      );
      return [name, figures];
    }),
  );
  say(table({ Patchbay: ours, ...others }));
  for (const { org, at, reason, since } of ours.false_alarms.slice(0, 40))
    say(`False alarm: ${org}, ${at} ${reason}, since ${since}`);
  const seeds = lived.map(({ seed }) => seed);
  const cost = {
    cpu_us_per_poll: Number((judged / polls).toFixed(1)),
    polls,
    cpu_s: Number(((process.cpuUsage().user - began) / 1e6).toFixed(1)),
    processors: availableParallelism(),
  };
  console.log(JSON.stringify({ ...ours, seeds, ...cost, rivals: others }));
  return ours.caught_hard !== null ? ours.caught_hard === 1 && ours.wrong_leg === 0 : true;
});

function worldOf(seed: number): { orgs: Org[]; faults: Fault[] } {
  const { orgs: count, weeks, series, scale, faults: file } = options;
  const orgs = series ? recordedOrgs(series, { scale, seed }) : madeOrgs({ count, weeks, seed });
  return { orgs, faults: file ? readFaults(file) : planted(orgs, { seed, sourceOnly: series !== null }) };
}

type Figures = Omit<ReturnType<typeof score>, 'false_alarms' | 'missed' | 'flapping'>;

function table(rows: Record<string, Figures>): string {
  const columns: (keyof Figures)[] = [
    'caught_hard',
    'caught_quiet',
    'caught_drop',
    'false_alarms_per_connector_month',
    'wrong_leg',
    'flaps',
    'quiet_p95_ratio',
  ];
  const lines = Object.entries(rows).map(([name, figures]) =>
    [name, ...columns.map((column) => `${figures[column] ?? '–'}`)].join(' | '),
  );
  return [['', ...columns].join(' | '), ...lines].join('\n');
}
