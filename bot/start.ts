import { setGlobalProxyFromEnv } from 'node:http';
import type { Logger } from 'pino';
import { clouds } from '../ingestion/runtime/clouds.ts';
import { openLog } from '../ingestion/runtime/log.ts';
import { openRuntime } from '../ingestion/runtime/open.ts';
import { proxyShown } from '../ingestion/runtime/proxy.ts';
import { type App, createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { realAuthentication } from './teams/adapter.ts';

/** Starts the app in the real world, as `env` says. */
export async function start(env: Record<string, string | undefined>): Promise<{ app: App; log: Logger }> {
  const config = readConfig(env);
  const log = openLog(config.logLevel);
  // For what the SDK fetches by itself, the keys that sign tokens; all else goes through the world's own client.
  setGlobalProxyFromEnv({ ...config.proxies });
  const proxy = proxyShown(config.proxies);
  if (proxy) log.info({ proxy }, 'outbound calls go by a proxy');
  const own = openRuntime(clouds[config.cloud], config.proxies);
  const runtime = { ...own, authentication: realAuthentication(config, own) };
  const app = await createApp(config, runtime, log);
  return { app, log };
}
