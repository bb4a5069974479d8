import { writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { type AppRuntime, createApp } from '../../bot/app.ts';
import type { Config } from '../../bot/config/config.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { everySecond } from '../../ingestion/runtime/ticker.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedRuntime } from '../sims/runtime.ts';
import type { Places } from './places.ts';

/** What it is told: to say its heaps, or that so much of the simulated time has gone by. */
export type AppTold = 'heaps' | { advanceMs: number };

/** Its ports first; then, asked for them, its heaps: of the main thread, and of the others together. */
export type AppSaid = { port: number; healthPort: number } | { heapMb: number; threadHeapMb: number };

// The real app as a process of its own, so that it can be killed. It says its port to the process that started it, and
// stops when that one goes away, or by SIGTERM.
const { config, places } = JSON.parse(process.argv[2] ?? '') as { config: Config; places: Places };
const log = openLog(config.logLevel, { write: (line) => writeSync(2, line) });
const toEnd = new Promise((end) => process.once('disconnect', end).once('SIGTERM', end));
const { at = 0, start = 0, speed = 1 } = places.time ?? {};
const clock = new Clock(places.time ? { start: start + (Date.now() - at) * speed, speed } : {});
const simulated = simulatedRuntime({ clock, ...places, realDeadlines: true });
// The ticker rests by the machine's clock.
const runtime: AppRuntime = {
  ...simulated,
  everySecond: ({ tick, restMs }, log) => everySecond({ tick, restMs: async () => (await restMs()) / speed }, log),
};
const threads = new Set<Worker>();
process.on('worker', (thread: Worker) => threads.add(thread.once('exit', () => threads.delete(thread))));
const app = await createApp(config, runtime, log);
const say = (said: AppSaid) => process.connected && process.send?.(said);
process.on('message', async (told: AppTold) => {
  if (told !== 'heaps') return clock.advance(told.advanceMs);
  const heaps = await Promise.all([...threads].map((thread) => thread.getHeapStatistics()));
  const used = heaps.reduce((sum, { used_heap_size }) => sum + used_heap_size, 0);
  say({ heapMb: process.memoryUsage().heapUsed / 2 ** 20, threadHeapMb: used / 2 ** 20 });
});
say({ port: app.port, healthPort: app.healthPort });
await toEnd;
await app.close();
process.exit(0);
