import { type Closers, readOptions, run, say } from './command.ts';
import { floorAlone } from './floor-alone.ts';
import type { AppFigures } from './measured-app.ts';
import type { Figures } from './meter.ts';
import { Product } from './product.ts';

// The real app, from the first page it asks for to the last event accepted, against the floor: the same pages and the same
// server, and nothing done that can be left out. App, floor and simulators are a process each.

/** The slow Azure: what a far region answers in. */
const answerMs = 150;
const live = { eventsPerSecond: 500, seconds: 60 };

const options = readOptions('bench', { events: 200_000 });

await run(async (closers: Closers, signal) => {
  const { events } = options;
  const floors: Figures[] = [];
  const fast = await phase(async (own) => {
    const product = await Product.open({ closers: own, signal }, { events }, async (opened) => {
      floors.push(await floorAlone(opened));
    });
    const polls = await product.allSent(events);
    const measured = { ...(await product.figures()), polls };
    floors.push(await floorAlone(product.opened));
    return measured;
  }, closers);
  const slow = await phase(async (own) => {
    const some = Math.min(events, 100_000);
    const product = await Product.open({ closers: own, signal }, { events: some, answerMs });
    await product.allSent(some);
    return some / (await product.figures()).seconds;
  }, closers);
  const delays = await phase(async (own) => {
    const product = await Product.open({ closers: own, signal }, { events: 0 });
    return product.sims.live(live.eventsPerSecond, live.seconds);
  }, closers);
  report({ fast, floors, slow, delays });
  return true;
});

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
  fast: AppFigures & { polls: number };
  floors: Figures[];
  slow: number;
  delays: { events: number; msP50: number; msP95: number };
};

function report({ fast, floors, slow, delays }: Run): void {
  const { events } = options;
  const [best] = floors.toSorted((a, b) => a.seconds - b.seconds) as [Figures];
  const rate = ({ seconds }: Pick<Figures, 'seconds'>) => Math.round(events / seconds);
  const cpu = ({ cpuUs }: Pick<Figures, 'cpuUs'>) => Number((cpuUs / events).toFixed(1));
  const line = (cells: unknown[]) => say(cells.map((cell, index) => String(cell).padStart(index && 14)).join(''));
  const row = (name: string, of: Figures) =>
    line([name.padEnd(14), rate(of), cpu(of), Math.round(of.peakRssMb), of.stallMsP99.toFixed(1)]);

  line([''.padEnd(14), 'events/s', 'µs CPU/event', 'peak RSS MB', 'stall p99 ms']);
  row('floor before', floors[0] ?? best);
  row('Patchbay', fast);
  row('floor after', floors[1] ?? best);
  say(`The bot's own event loop beside it: stall p99 ${fast.botStallMsP99.toFixed(1)} ms.`);
  say(`With answers after ${answerMs} ms: ${Math.round(slow)} events/s.`);
  say(
    `Live, ${live.eventsPerSecond} events/s: delay p50 ${delays.msP50} ms, p95 ${delays.msP95} ms (${delays.events} events).`,
  );
  if (fast.polls > 1) say(`${fast.polls} polls; the pauses between them count.`);
  if (!options.json) return;
  const result = {
    events,
    events_per_s: rate(fast),
    floor_events_per_s: rate(best),
    ratio: Number((best.seconds / fast.seconds).toFixed(3)),
    cpu_us_per_event: cpu(fast),
    floor_cpu_us_per_event: cpu(best),
    peak_rss_mb: Math.round(fast.peakRssMb),
    floor_peak_rss_mb: Math.round(best.peakRssMb),
    loop_stall_ms_p99: Number(fast.stallMsP99.toFixed(1)),
    bot_loop_stall_ms_p99: Number(fast.botStallMsP99.toFixed(1)),
    slow_azure_events_per_s: Math.round(slow),
    delay_ms_p50: delays.msP50,
    delay_ms_p95: delays.msP95,
    requests_okta: fast.okta,
    requests_azure: fast.azure,
    beats: fast.polls, // by the name that programs read
    seconds: Number(fast.seconds.toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
