import { createApp } from '../../bot/app.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { everySecond } from '../../ingestion/runtime/ticker.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedAuthentication } from '../sims/runtime.ts';
import { type Gauge, gauge, measured } from './measured.ts';
import { Stalls } from './meter.ts';
import type { Opened } from './sims.ts';

/** Its port first; then, asked by any message, what was measured. */
export type AppSaid = { port: number } | { figures: AppFigures };
export type AppFigures = Record<keyof typeof gauge | 'botStallMsP99' | 'processCpuUs' | 'rssMb', number>;

// The real app as a process of its own, its polls measured where they run.
const { config, places, sinkUrl, quiet } = JSON.parse(process.argv[2] ?? '') as Opened;
const numbers: Gauge = new Float64Array(new SharedArrayBuffer(8 * Object.keys(gauge).length));
const network = measured({ opened: { places, sinkUrl, quiet }, numbers });
const authentication = simulatedAuthentication(places.teams.openIdMetadataUrl, places.appId, network);
const credential = simulatedIdentity(places.azure);
const runtime = {
  ...network,
  everySecond,
  credential,
  cloud: clouds.public,
  authentication,
};
const app = await createApp(config, runtime, openLog(config.logLevel, process.stderr));
const stalls = new Stalls();
if (!quiet) stalls.begin();

process.once('disconnect', async () => {
  await app.close();
  process.exit(0);
});
process.on('message', () => {
  const read = Object.entries(gauge).map(([name, at]) => [name, numbers[at]]);
  const { user, system } = process.cpuUsage();
  const now = { botStallMsP99: stalls.msP99, processCpuUs: user + system, rssMb: process.memoryUsage.rss() / 2 ** 20 };
  process.send?.({ figures: { ...Object.fromEntries(read), ...now } });
});
process.send?.({ port: app.port });
