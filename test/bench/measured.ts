import type { HttpClient } from '@azure/core-rest-pipeline';
import { pageSize } from '../../ingestion/okta.ts';
import type { World } from '../../ingestion/world.ts';
import { Clock } from '../sims/clock.ts';
import { loopback, outside } from '../sims/outside.ts';
import { Meter } from './meter.ts';
import { domain } from './places.ts';
import type { Opened } from './sims.ts';

/** What the thread of the beats writes, and the process around it reads. Indexes of a shared Float64Array. */
export const gauge = { seconds: 0, cpuUs: 1, peakRssMb: 2, stallMsP99: 3, okta: 4, azure: 5, silentSince: 6 } as const;
export type Gauge = Float64Array<SharedArrayBuffer>;

type Data = { opened: Pick<Opened, 'places' | 'sinkUrl'>; numbers: Gauge };

/** The simulators' world for the app; its beats find theirs by `openWorld`, measured into `numbers`. */
export function measured(data: Data): World {
  return { ...outside(new Clock(), data.opened.places), elsewhere: { module: import.meta.url, data } };
}

/** The world of the beats, with the sink for uploads. The run begins with the first request for a full page. */
export function openWorld({ opened, numbers }: Data): World {
  const meter = new Meter();
  return { ...outside(new Clock(), opened.places), http: metered(opened, meter, numbers) };
}

function metered({ places, sinkUrl }: Data['opened'], meter: Meter, numbers: Gauge): HttpClient {
  const isUpload = (host: string) => host.endsWith('.ingest.monitor.azure.com');
  const client = loopback((host) => (isUpload(host) ? sinkUrl : host === domain ? places.okta.url : places.azure.url));
  const count = (what: number) => {
    numbers[what] = (numbers[what] as number) + 1;
  };
  return {
    async sendRequest(request) {
      const { host, searchParams } = new URL(request.url);
      if (!meter.running && host === domain && searchParams.get('limit') === String(pageSize)) meter.begin();
      if (host === domain) count(gauge.okta);
      const response = await client.sendRequest(request);
      if (isUpload(host)) {
        count(gauge.azure);
        if (response.status === 204) meter.mark();
        const { seconds, cpuUs, peakRssMb, stallMsP99 } = meter.figures;
        numbers.set([seconds, cpuUs, peakRssMb, stallMsP99]);
        numbers[gauge.silentSince] = Date.now();
      }
      return response;
    },
  };
}
