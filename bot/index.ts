import { openLog } from '../ingestion/log.ts';
import { openWorld } from '../ingestion/world.ts';
import { realAuthentication } from './adapter.ts';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';

try {
  const config = readConfig(process.env);
  const log = openLog(config.logLevel);
  const app = await createApp(config, { ...openWorld(), authentication: realAuthentication(config.bot) }, log);
  log.info({ port: app.port }, 'Patchbay listens to Teams');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      log.info({ signal }, 'Patchbay is stopping');
      await app.close();
      process.exit(0);
    });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
