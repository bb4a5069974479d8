import type { Config } from '../../bot/config/config.ts';
import { Company } from './company.ts';
import type { Places } from './places.ts';
import { Sink } from './sink.ts';

/** What the simulators' process says once they are open. */
export type Opened = { kind: 'open'; places: Places; config: Config; token: string; sinkUrl: string };
export type Said = Opened | { kind: 'connected' } | { kind: 'delays'; events: number; msP50: number; msP95: number };
/** What it can be told: to connect the app on a port by the dialog; to publish for a while, and tell the delays. */
export type Told = { kind: 'connect'; port: number } | { kind: 'live'; eventsPerSecond: number; seconds: number };

export type SimsOptions = { events: number; dataDir: string; answerMs?: number };

// The simulators as a process of their own, so that their work is not measured. It ends with the process that started it.
const { events, dataDir, answerMs = 0 } = JSON.parse(process.argv[2] ?? '') as SimsOptions;
process.once('disconnect', () => process.exit(0));
const company = await Company.open({ events, mode: 'ledger' });
const sink = await Sink.open({ answerMs });
const { places, token } = company;
const say = (said: Said) => process.send?.(said);

process.on('message', async (told: Told) => {
  if (told.kind === 'connect') {
    await company.connect(told.port);
    return say({ kind: 'connected' });
  }
  const { eventsPerSecond, seconds } = told;
  sink.note();
  company.org.generate({ perMinute: 60 * eventsPerSecond });
  setTimeout(() => say({ kind: 'delays', ...sink.delays }), seconds * 1000);
});
say({ kind: 'open', places, config: company.config(dataDir), token, sinkUrl: sink.url });
