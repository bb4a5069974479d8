import { writeSync } from 'node:fs';
import { createApp } from '../../bot/app.ts';
import type { Config } from '../../bot/config/config.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { everySecond } from '../../ingestion/runtime/ticker.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedRuntime } from '../sims/runtime.ts';
import type { Places } from './places.ts';

// The real app as a process of its own, so that it can be killed. It says its port to the process that started it, and
// stops when that one goes away.
const { config, places } = JSON.parse(process.argv[2] ?? '') as { config: Config; places: Places };
const log = openLog(config.logLevel, { write: (line) => writeSync(2, line) });
const parentGone = new Promise((gone) => process.once('disconnect', gone));
const simulated = simulatedRuntime({ clock: new Clock(places.time), ...places, realDeadlines: true });
const runtime = { ...simulated, everySecond };
const app = await createApp(config, runtime, log);
if (process.connected) process.send?.({ port: app.port });
await parentGone;
await app.close();
process.exit(0);
