import type { Logger } from 'pino';
import { clouds } from '../ingestion/clouds.ts';
import { openLog } from '../ingestion/log.ts';
import { openWorld } from '../ingestion/world.ts';
import { realAuthentication } from './adapter.ts';
import { type App, createApp } from './app.ts';
import { readConfig } from './config.ts';

/** Starts the app in the real world, as `env` says. */
export async function start(env: Record<string, string | undefined>): Promise<{ app: App; log: Logger }> {
  const config = readConfig(env);
  const log = openLog(config.logLevel);
  const world = { ...openWorld(clouds[config.cloud]), authentication: realAuthentication(config) };
  const app = await createApp(config, world, log);
  return { app, log };
}
