import { once } from 'node:events';
import { setGlobalProxyFromEnv } from 'node:http';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Logger } from 'pino';
import { tracing } from '../ingestion/runtime/calls.ts';
import { clouds } from '../ingestion/runtime/clouds.ts';
import { realDeadline } from '../ingestion/runtime/deadline.ts';
import { openTimeAndNetwork } from '../ingestion/runtime/network.ts';
import { openRuntime } from '../ingestion/runtime/open.ts';
import { proxyShown } from '../ingestion/runtime/proxy.ts';
import { noTraces, type Traces } from '../ingestion/runtime/traces.ts';
import { openGzip } from '../ingestion/sync/gzip.ts';
import { type App, createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { realAuthentication } from './teams/adapter.ts';

/** Whoever stops a process kills it some ten seconds later; by then it has ended by itself, whatever it waits for. */
const stopMs = 9_500;

type Env = Record<string, string | undefined>;
/** `stopping` aborts when the process is asked to end, with the signal as its reason. */
type Process = { log: Logger; stopping: AbortSignal };

/**
 * Runs the app in the real world, as `env` says, until it is asked to stop, in the middle of its start too. Resolves to the exit
 * code: 0 then, 1 where it can't start. `started` is called once it listens.
 */
export async function run(env: Env, { started, ...own }: Process & { started(): void }): Promise<number> {
  const { log, stopping } = own;
  stopping.addEventListener('abort', () => {
    log.info({ signal: stopping.reason }, 'Patchbay is stopping');
    realDeadline(stopMs).signal.addEventListener('abort', () => process.exit(0));
  });
  try {
    const app = await start(env, own);
    started();
    log.info({ port: app.port, healthPort: app.healthPort }, 'Patchbay listens to Teams');
    if (!stopping.aborted) await once(stopping, 'abort');
    await app.close();
    return 0;
  } catch (error) {
    // Whatever went wrong while it was stopping, such as a store that was stopped at the same time, is over with it.
    if (stopping.aborted) return 0;
    refuse(error as Error, log);
    return 1;
  }
}

async function start(env: Env, { log, stopping }: Process): Promise<App> {
  const config = readConfig(env);
  log.level = config.logLevel;
  // For what the SDK fetches by itself, the keys that sign tokens; all else goes through the world's own client.
  setGlobalProxyFromEnv({ ...config.proxies });
  const proxy = proxyShown(config.proxies);
  if (proxy) log.info({ proxy }, 'outbound calls go by a proxy');
  if (config.compression === 'gzip') logGzip(log);
  const network = openTimeAndNetwork(config.proxies);
  const traces = await tracesTo(config.insights, network.http);
  const http = tracing(network.http, traces);
  const own = openRuntime(clouds[config.cloud], config.proxies, { ...network, http });
  return createApp(config, { ...own, authentication: realAuthentication(config, own), stopping, traces }, log);
}

async function tracesTo(connectionString: string | null, http: HttpClient): Promise<Traces> {
  if (!connectionString) return noTraces;
  const { openInsights } = await import('../ingestion/runtime/insights.ts');
  return openInsights(connectionString, http);
}

/** In the log; to a person at a terminal in plain words. */
function refuse(error: Error, log: Logger): void {
  if (process.stderr.isTTY) process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, error.message);
}

function logGzip(log: Logger): void {
  const { name, fault } = openGzip();
  if (fault) log.warn({ err: fault }, 'ISA-L is installed and can’t be used: zlib compresses uploads');
  else log.info({ by: name }, 'uploads are compressed');
}
