import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from '@azure/core-rest-pipeline';
import pg from 'pg';
import { createApp } from '../../bot/app.ts';
import { openLog } from '../../ingestion/log.ts';
import { pageSize } from '../../ingestion/okta.ts';
import { Clock } from '../sims/clock.ts';
import { loopback, simulatedWorld } from '../sims/world.ts';
import type { Closers } from './command.ts';
import type { DataDir } from './data-dir.ts';
import { type Figures, Meter } from './meter.ts';
import { domain } from './places.ts';
import type { Opened } from './sims.ts';
import type { Sims } from './sims-process.ts';

export type Product = Figures & { requestsOkta: number; requestsAzure: number; beats: number };

const quietMs = 500;
const patienceMs = 90_000;

type Given = { events: number; opened: Opened; sims: Sims; dataDir: DataDir; closers: Closers; signal: AbortSignal };

/** Runs the real app in this process, connects it by the dialog, and measures it until the store says that all is sent. */
export async function product({ events, opened, sims, dataDir, closers, signal }: Given): Promise<Product> {
  const meter = new Meter();
  const requests = { okta: 0, azure: 0 };
  const world = { ...simulatedWorld({ clock: new Clock(), ...opened.places }), http: metered(opened, meter, requests) };
  const app = await createApp(opened.config, world, openLog(opened.config.logLevel, process.stderr));
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= app.close();
    return closing;
  };
  closers.push(close);
  await sims.connect(app.port);
  const beats = await allSent({ events, meter, dataDir, signal });
  await close();
  return { ...meter.end(), requestsOkta: requests.okta, requestsAzure: requests.azure, beats };
}

/** The simulators' HTTP, with the sink for uploads; the run begins with the first request for a full page. */
function metered({ places, sinkUrl }: Opened, meter: Meter, requests: { okta: number; azure: number }): HttpClient {
  const isUpload = (host: string) => host.endsWith('.ingest.monitor.azure.com');
  const client = loopback((host) => (isUpload(host) ? sinkUrl : host === domain ? places.okta.url : places.azure.url));
  return {
    async sendRequest(request) {
      const { host, searchParams } = new URL(request.url);
      if (!meter.running && host === domain && searchParams.get('limit') === String(pageSize)) meter.begin();
      if (meter.running && host === domain) requests.okta++;
      const response = await client.sendRequest(request);
      if (isUpload(host)) {
        requests.azure++;
        if (response.status === 204) meter.mark();
      }
      return response;
    },
  };
}

/** Waits until the store says that all events are sent; how many beats it took. */
async function allSent(run: { events: number; meter: Meter; dataDir: DataDir; signal: AbortSignal }): Promise<number> {
  const { events, meter, dataDir, signal } = run;
  const store = new pg.Client({ connectionString: (await dataDir.server()).url });
  await store.connect();
  try {
    for (let last = { sent: -1, at: 0 }; ; await delay(100, undefined, { signal })) {
      // Not while events flow: to ask costs time that would be measured.
      if (meter.running && meter.silentMs < quietMs) continue;
      const { rows } = await store.query<{ sent: number; beats: number }>(
        'select sent_events::int as sent, version::int as beats from patchbay.checkpoints',
      );
      const [{ sent, beats } = { sent: 0, beats: 0 }] = rows;
      if (sent >= events) return beats;
      if (sent !== last.sent) last = { sent, at: Date.now() };
      if (Date.now() - last.at > patienceMs) throw new Error(`The sync stands still at ${sent} of ${events} events.`);
    }
  } finally {
    await store.end();
  }
}
