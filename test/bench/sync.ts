import { bundleAll } from '../scene/bundled.ts';
import { Authority } from '../scene/proxied/authority.ts';
import { alone } from './alone.ts';
import { type Closers, readOptions, run, say } from './command.ts';
import { eventsBeforeSilence, type Idle, measureIdle } from './idle.ts';
import type { AppFigures } from './measured-app.ts';
import type { Figures } from './meter.ts';
import { Product } from './product.ts';
import type { SimsOptions } from './sims.ts';

// The real app, from the first page it asks for to the last event accepted, against two others that get the same pages and
// post to the same server: the floor, which leaves out all that can be left out, and the limit, which does the rest as cheaply as
// this machine can. App, floor, limit and simulators are a process each, and speak https unless --plain is given. The app is
// bundled, as it is deployed; with --sources it runs as it is written.

/** The slow Azure: what a far region answers in. */
const answerMs = 150;
const live = { eventsPerSecond: 500, seconds: 60 };

const options = readOptions('bench', { events: 200_000 }, ['plain', 'sources']);

await run(async (closers: Closers, signal) => {
  const { events } = options;
  if (!options.sources) await bundleAll();
  const authority = options.plain ? null : await openAuthority(closers);
  const open = (
    own: Closers,
    more: Omit<SimsOptions, 'dataDir' | 'authority'>,
    before?: Parameters<typeof Product.open>[2],
  ) => Product.open({ closers: own, signal }, { authority, ...more }, before);
  const floors: Figures[] = [];
  const limits: Figures[] = [];
  const fast = await phase(async (own) => {
    const product = await open(own, { events }, async (opened) => {
      limits.push(await alone('limit', opened));
      floors.push(await alone('floor', opened));
    });
    const sent = await product.allSent(events);
    const measured = { ...(await product.figures()), ...sent };
    floors.push(await alone('floor', product.opened));
    limits.push(await alone('limit', product.opened));
    return measured;
  }, closers);
  const slow = await phase(async (own) => {
    const some = Math.min(events, 100_000);
    const product = await open(own, { events: some, answerMs });
    await product.allSent(some);
    return some / (await product.figures()).seconds;
  }, closers);
  const delays = await phase(async (own) => {
    const product = await open(own, { events: 0 });
    return product.sims.live(live.eventsPerSecond, live.seconds);
  }, closers);
  const idle = await phase(async (own) => {
    return measureIdle(await open(own, { events: eventsBeforeSilence, quiet: true }), signal);
  }, closers);
  report({ fast, floors, limits, slow, delays, idle });
  return true;
});

/** An authority that every process of this run trusts; the directory where it lies. */
async function openAuthority(closers: Closers): Promise<string> {
  const { directory, file, remove } = await (await Authority.open()).write();
  closers.push(remove);
  process.env.NODE_EXTRA_CA_CERTS = file;
  return directory;
}

/** One part of the run, after which all that it opened is closed. */
async function phase<T>(work: (own: Closers) => Promise<T>, closers: Closers): Promise<T> {
  const own: Closers = [];
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= own.reverse().reduce((before, one) => before.then(one), Promise.resolve());
    return closing;
  };
  closers.push(close);
  try {
    return await work(own);
  } finally {
    await close();
  }
}

type Run = {
  fast: AppFigures & { polls: number; postgresCpuUs: number | null };
  floors: Figures[];
  limits: Figures[];
  slow: number;
  delays: { events: number; msP50: number; msP95: number };
  idle: Idle;
};

function report({ fast, floors, limits, slow, delays, idle }: Run): void {
  const { events } = options;
  const best = (of: Figures[]) => of.toSorted((a, b) => a.seconds - b.seconds)[0] as Figures;
  const [floor, limit] = [best(floors), best(limits)];
  const whole = { ...fast, cpuUs: fast.cpuUs + (fast.postgresCpuUs ?? 0) };
  const rate = ({ seconds }: Pick<Figures, 'seconds'>) => Math.round(events / seconds);
  const cpu = ({ cpuUs }: Pick<Figures, 'cpuUs'>) => rounded(cpuUs / events, 1);
  const line = (cells: unknown[]) => say(cells.map((cell, index) => String(cell).padStart(index && 14)).join(''));
  const row = (name: string, of: Figures) =>
    line([name.padEnd(14), rate(of), cpu(of), Math.round(of.peakRssMb), of.stallMsP99.toFixed(1)]);

  line([''.padEnd(14), 'events/s', 'µs CPU/event', 'peak RSS MB', 'stall p99 ms']);
  for (const [name, of] of [
    ['limit', limits],
    ['floor', floors],
  ] as const)
    row(`${name} before`, of[0] ?? best(of));
  row('Patchbay', whole);
  for (const [name, of] of [
    ['floor', floors],
    ['limit', limits],
  ] as const)
    row(`${name} after`, of[1] ?? best(of));
  if (fast.postgresCpuUs === null) say('Without /proc, the CPU time of PostgreSQL is not counted.');
  else say(`Of it, PostgreSQL: ${rounded(fast.postgresCpuUs / events, 1)} µs of CPU an event.`);
  say(`The bot's own event loop beside it: stall p99 ${fast.botStallMsP99.toFixed(1)} ms.`);
  say(`With answers after ${answerMs} ms: ${Math.round(slow)} events/s.`);
  say(
    `Live, ${live.eventsPerSecond} events/s: delay p50 ${delays.msP50} ms, p95 ${delays.msP95} ms (${delays.events} events).`,
  );
  say(
    `A silent org, polled every 10 s: ${rounded(idle.cpuMsPerPoll, 1)} ms of CPU a poll, ${rounded(idle.corePercent, 2)} % of a core; at rest ${Math.round(idle.restRssMb)} MB.`,
  );
  if (fast.polls > 1) say(`${fast.polls} polls; the pauses between them count.`);
  if (!options.json) return;
  const result = {
    events,
    tls: !options.plain,
    bundled: !options.sources,
    events_per_s: rate(fast),
    floor_events_per_s: rate(floor),
    limit_events_per_s: rate(limit),
    ratio: rounded(floor.seconds / fast.seconds, 3),
    cpu_us_per_event: cpu(whole),
    postgres_cpu_us_per_event: fast.postgresCpuUs === null ? null : rounded(fast.postgresCpuUs / events, 1),
    floor_cpu_us_per_event: cpu(floor),
    limit_cpu_us_per_event: cpu(limit),
    peak_rss_mb: Math.round(fast.peakRssMb),
    floor_peak_rss_mb: Math.round(floor.peakRssMb),
    rest_rss_mb: Math.round(idle.restRssMb),
    idle_cpu_ms_per_poll: rounded(idle.cpuMsPerPoll, 1),
    idle_postgres_cpu_ms_per_poll: idle.postgresCpuMsPerPoll === null ? null : rounded(idle.postgresCpuMsPerPoll, 1),
    idle_core_percent: rounded(idle.corePercent, 2),
    loop_stall_ms_p99: rounded(fast.stallMsP99, 1),
    bot_loop_stall_ms_p99: rounded(fast.botStallMsP99, 1),
    slow_azure_events_per_s: Math.round(slow),
    delay_ms_p50: delays.msP50,
    delay_ms_p95: delays.msP95,
    requests_okta: fast.okta,
    requests_azure: fast.azure,
    beats: fast.polls, // by the name that programs read
    seconds: rounded(fast.seconds, 2),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function rounded(number: number, digits: number): number {
  return Number(number.toFixed(digits));
}
