import { writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { createApp } from '../../bot/app.ts';
import type { Config } from '../../bot/config/config.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { everySecond } from '../../ingestion/runtime/ticker.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedRuntime } from '../sims/runtime.ts';
import type { Places } from './places.ts';

/** Its ports first; then, asked by any message, its heaps: of the main thread, and of the others together. */
export type AppSaid = { port: number; healthPort: number } | { heapMb: number; threadHeapMb: number };

// The real app as a process of its own, so that it can be killed. It says its port to the process that started it, and
// stops when that one goes away.
const { config, places } = JSON.parse(process.argv[2] ?? '') as { config: Config; places: Places };
const log = openLog(config.logLevel, { write: (line) => writeSync(2, line) });
const parentGone = new Promise((gone) => process.once('disconnect', gone));
const simulated = simulatedRuntime({ clock: new Clock(places.time), ...places, realDeadlines: true });
const runtime = { ...simulated, everySecond };
const threads = new Set<Worker>();
process.on('worker', (thread: Worker) => threads.add(thread.once('exit', () => threads.delete(thread))));
const app = await createApp(config, runtime, log);
const say = (said: AppSaid) => process.connected && process.send?.(said);
process.on('message', async () => {
  const heaps = await Promise.all([...threads].map((thread) => thread.getHeapStatistics()));
  const used = heaps.reduce((sum, { used_heap_size }) => sum + used_heap_size, 0);
  say({ heapMb: process.memoryUsage().heapUsed / 2 ** 20, threadHeapMb: used / 2 ** 20 });
});
say({ port: app.port, healthPort: app.healthPort });
await parentGone;
await app.close();
process.exit(0);
