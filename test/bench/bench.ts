import { type Closers, readOptions, run, say } from './command.ts';
import { DataDir } from './data-dir.ts';
import { floor } from './floor.ts';
import { floorAlone } from './floor-alone.ts';
import type { Figures } from './meter.ts';
import { type Product, product } from './product.ts';
import { Sims } from './sims-process.ts';

// The real app in this process, from the first page it asks for to the last event accepted, against the floor: the same
// pages and the same server, and nothing done that can be left out. The simulators are another process.

const options = readOptions('bench', { events: 200_000 });

await run(async (closers: Closers, signal) => {
  const { events } = options;
  const dataDir = await DataDir.open();
  closers.push(() => dataDir.close());
  const sims = Sims.start({ events, dataDir: dataDir.path });
  closers.push(() => sims.stop());
  const opened = await sims.opened();

  const before = await floor(opened);
  const measured = await product({ events, opened, sims, dataDir, closers, signal });
  const after = await floor(opened);
  report(measured, [before, after], await floorAlone(opened));
  return true;
});

function report(measured: Product, floors: [Figures, Figures], alone: Figures): void {
  const { events } = options;
  const best = floors[0].seconds < floors[1].seconds ? floors[0] : floors[1];
  const rate = ({ seconds }: Figures) => Math.round(events / seconds);
  const cpu = ({ cpuUs }: Figures) => Number((cpuUs / events).toFixed(1));
  const line = (cells: unknown[]) => say(cells.map((cell, index) => String(cell).padStart(index && 14)).join(''));
  const row = (name: string, of: Figures) =>
    line([name.padEnd(14), rate(of), cpu(of), Math.round(of.peakRssMb), of.stallMsP99.toFixed(1)]);

  line([''.padEnd(14), 'events/s', 'µs CPU/event', 'peak RSS MB', 'stall p99 ms']);
  row('floor before', floors[0]);
  row('Patchbay', measured);
  row('floor after', floors[1]);
  row('floor alone', alone);
  if (measured.beats > 1) say(`${measured.beats} beats; the pauses between them count.`);
  if (!options.json) return;
  const result = {
    events,
    events_per_s: rate(measured),
    floor_events_per_s: rate(best),
    ratio: Number((best.seconds / measured.seconds).toFixed(3)),
    cpu_us_per_event: cpu(measured),
    floor_cpu_us_per_event: cpu(best),
    lean_floor_events_per_s: rate(alone),
    lean_floor_cpu_us_per_event: cpu(alone),
    peak_rss_mb: Math.round(measured.peakRssMb),
    loop_stall_ms_p99: Number(measured.stallMsP99.toFixed(1)),
    requests_okta: measured.requestsOkta,
    requests_azure: measured.requestsAzure,
    beats: measured.beats,
    seconds: Number(measured.seconds.toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
