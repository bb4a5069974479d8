import type { SecureContext } from 'node:tls';
import type { Config } from '../../bot/config/config.ts';
import { Authority } from '../scene/proxied/authority.ts';
import { Company } from './company.ts';
import type { Places } from './places.ts';
import { Sink } from './sink.ts';

/**
 * What the simulators' process says once they are open. Uploads go to `sinkUrl`. What is `quiet` is not measured by the app itself,
 * whose timers would be most of what it does.
 */
export type Opened = {
  kind: 'open';
  places: Places;
  config: Config;
  token: string;
  sinkUrl: string;
  quiet: boolean;
};
export type Said = Opened | { kind: 'connected' } | { kind: 'delays'; events: number; msP50: number; msP95: number };
/** What it can be told: to connect the app on a port by the dialog; to publish for a while, and tell the delays. */
export type Told = { kind: 'connect'; port: number } | { kind: 'live'; eventsPerSecond: number; seconds: number };

/**
 * With `authority`, a directory, they speak https under its certificates. In a `quiet` run uploads are taken by Azure's
 * simulator, whose rows are seen; else by the sink.
 */
export type SimsOptions = {
  events: number;
  dataDir: string;
  authority: string | null;
  answerMs?: number;
  quiet?: boolean;
};

// The simulators as a process of their own, so that their work is not measured. It ends with the process that started it.
const options = JSON.parse(process.argv[2] ?? '') as SimsOptions;
const { events, dataDir, authority, answerMs = 0, quiet = false } = options;
process.once('disconnect', () => process.exit(0));
const tls = authority === null ? undefined : certifiedBy(await Authority.read(authority));
const company = await Company.open({ events, mode: quiet ? 'rows' : 'ledger', tls });
const sink = await Sink.open({ answerMs, tls });
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
const sinkUrl = quiet ? company.azure.url : sink.url;
say({ kind: 'open', places, config: company.config(dataDir), token, sinkUrl, quiet });

/** A certificate for whatever host the caller names. */
function certifiedBy(by: Authority) {
  return {
    SNICallback(host: string, done: (error: Error | null, context?: SecureContext) => void) {
      by.certify(host).then((context) => done(null, context), done);
    },
  };
}
