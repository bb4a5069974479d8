import { join } from 'node:path';
import { createApp } from '../../bot/app.ts';
import { readConfig } from '../../bot/config/config.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { openDatabase } from '../../ingestion/store/database.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedRuntime } from '../sims/runtime.ts';
import { openEstate } from './estate.ts';
import { makePanel } from './panel.ts';
import { startWeb } from './web.ts';

// The real app among the simulators, with a page that looks like Teams. Nothing leaves this machine.
const dataDir = process.env.SANDBOX_DATA_DIR ?? join(import.meta.dirname, '../../.data/sandbox');
const clock = new Clock({ speed: 15 });

/** The simulators begin anew with each start, so what the store knows of the last ones goes. */
async function emptyStore(): Promise<void> {
  const database = await openDatabase({ databaseUrl: null, dataDir });
  await database.pool.query('drop schema patchbay cascade; drop schema if exists patchbay_jobs cascade');
  await database.close();
}

try {
  await emptyStore();
  const estate = await openEstate(clock);
  const config = readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    HEALTH_PORT: '0',
    MICROSOFT_APP_ID: estate.appId,
    MICROSOFT_APP_TENANT_ID: estate.tenantId,
    MICROSOFT_APP_PASSWORD: 'none',
    TEAMS_SERVICE_HOSTS: new URL(estate.teams.url).host,
    DATA_DIR: dataDir,
  });
  const runtime = simulatedRuntime({
    clock,
    azure: estate.azure,
    okta: estate.okta,
    teams: estate.teams,
    appId: estate.appId,
  });
  const log = openLog(process.env.LOG_LEVEL ?? 'warn', process.stderr);
  const app = await createApp(config, runtime, log);
  estate.teams.connect(`http://127.0.0.1:${app.port}/api/messages`);
  await estate.install();
  const web = await startWeb({
    teams: estate.teams,
    panel: makePanel(estate, clock),
    port: Number(process.env.PORT ?? 4000),
    hostname: process.env.HOST ?? '127.0.0.1',
    note: (user) => estate.notes.get(user) ?? '',
  });
  process.stdout.write(`\nPatchbay sandbox: open ${web.url}\nPress Ctrl+C to stop.\n\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await web.close();
      await app.close();
      await estate.close();
      process.exit(0);
    });
  }
} catch (error) {
  process.stderr.write(`The sandbox can't start: ${(error as Error).message}\n`);
  process.exit(1);
}
